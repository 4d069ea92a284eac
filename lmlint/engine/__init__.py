"""The proof: symbolic execution of C functions against a rule's ledger."""

"""The list bot: follows mailing lists and answers the patches that miscount; its state is one SQLite file."""

"""From the bytes of a patch mail to the tree before and after it."""

"""A static patch-review bot for Linux kernel page-table code."""

__version__ = "0.1.0"

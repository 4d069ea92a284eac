"""Suggestions: edits of a file that make a finding go away, written as the file writes, each of them proved."""

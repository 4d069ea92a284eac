"""Mails that go out: the answer to a patch, its quotes and their proof, and the rules that every mail is held to."""

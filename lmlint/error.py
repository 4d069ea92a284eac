"""The one error that a user's input can cause."""


class InputError(Exception):
    """What is wrong with the input, in one line that names the file, the place and what to do."""

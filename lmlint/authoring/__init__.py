"""What the author of a rule is given: a list of the rules there are, a look at a new one, a file to start from."""

"""The result folder: what is kept of an experiment, so that a number can be defended and a run resumed."""

"""What can be said of an experiment before it runs."""

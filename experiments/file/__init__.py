"""The experiment file: read, checked with line and column, resolved, written."""

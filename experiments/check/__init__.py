"""Thresholds for continuous integration: what was asked for, what was found, and formats that build servers read."""

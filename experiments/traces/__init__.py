"""Recorded traces, read and placed."""

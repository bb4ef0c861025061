"""Failure modes, one file each: how things break."""

"""Advice that was tried: mends of what costs downtime, each simulated on the same luck, and ranked."""

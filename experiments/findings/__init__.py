"""Findings: the tables of an experiment, and every estimate drawn from them."""

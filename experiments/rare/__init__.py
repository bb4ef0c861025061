"""Rare outages of an experiment: begun on purpose, replication by replication, and weighed (see `simulator.rare`)."""

"""Benchmarks: how fast the simulator, the scheduler and the traffic are."""

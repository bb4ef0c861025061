"""Runs a recorded scenario on the simulator, and observes it in the recording's format."""

from simulator.replay.scenario import replay

__all__ = ["replay"]

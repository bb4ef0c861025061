"""How long managers and agents take to tell each other something, and agents to do it.

Source: swarmkit manager/dispatcher (batches of 0.1 s), manager/scheduler (50 ms after the last commit), moby
daemon/cluster/executor/container; what is marked so was measured with docker.io 20.10.24, one manager and two workers.
"""

SCHEDULING = 0.05
"""Seconds from a new task to its node."""
ASSIGNMENT = 0.15
"""Seconds from a manager's decision to what the agent does about it (measured: 0.1 to 0.2)."""
END = 0.2
"""Seconds from the end of a container to its manager's knowing, its endpoint being gone as well (measured)."""
ENDPOINT_WAIT = 2.0
"""Seconds from when the endpoint of a task is taken away to the stop signal, for the gossip to spread."""
STOP_OVERHEAD = 1.0
"""Seconds that the stop signal takes longer than that (measured, cause unknown)."""
LONGEST_WAIT = 60.0
"""Seconds that a new task waits at most for the one that it replaces to stop (manager/orchestrator/restart)."""

"""Stories: what failure modes and operations may do to a cluster, and the records of it."""

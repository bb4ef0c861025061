"""The state of the cluster: the only thing in a run that changes, and the records it is made of."""

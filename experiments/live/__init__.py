"""A live cluster as `kubectl get -o yaml` and `kubectl cluster-info dump` write it, and the experiment about it.

A dump holds what people asked for, what controllers made of it, and the state of a moment. `sorting` tells them apart,
`cleaning` leaves of an object what a simulation needs and no secret, `pools` makes node pools of the nodes, and
`importing` writes manifests and an experiment. Files are read; a cluster is never asked.
"""

"""How large a cluster may be: bounds that keep a slip of the finger from taking all memory."""

import os

MOST_NODES = int(os.environ.get("KUBENINES_MOST_NODES", "20000"))
"""Nodes of a pool; Kubernetes itself is made for 5,000 (kubernetes.io, Considerations for large clusters)."""
MOST_PODS = int(os.environ.get("KUBENINES_MOST_PODS", "500000"))
"""Pods of a workload; Kubernetes itself is made for 150,000 in a cluster."""


def too_many_nodes(count: int) -> str:
    """What is wrong with so many nodes of a pool; empty if nothing is."""
    if count <= MOST_NODES:
        return ""
    return f"{count} nodes are more than the {MOST_NODES} of which a pool may consist; KUBENINES_MOST_NODES raises that"


def too_many_pods(count: int) -> str:
    """What is wrong with so many pods of a workload; empty if nothing is."""
    if count <= MOST_PODS:
        return ""
    return f"{count} pods are more than the {MOST_PODS} that a workload may have; KUBENINES_MOST_PODS raises that"

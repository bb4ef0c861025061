"""How large a cluster and its traffic may be: bounds that keep a slip of the finger from taking all memory or time."""

import os

MOST_NODES = int(os.environ.get("KUBENINES_MOST_NODES", "20000"))
"""Nodes of a pool; Kubernetes itself is made for 5,000 (kubernetes.io, Considerations for large clusters)."""
MOST_PODS = int(os.environ.get("KUBENINES_MOST_PODS", "500000"))
"""Pods of a workload; Kubernetes itself is made for 150,000 in a cluster."""

MOST_RATE_CHANGES = int(os.environ.get("KUBENINES_MOST_RATE_CHANGES", "1000000"))
"""How often the rate of requests to a Service may change in a run: each change is kept."""
MOST_REQUESTS = int(os.environ.get("KUBENINES_MOST_REQUESTS", "100000000000"))
"""Requests of a Service, followed one by one, in a run: to follow so many takes a day."""


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


def too_many_rate_changes(count: float) -> str:
    """What is wrong with a rate of requests that changes so often in a run; empty if nothing is."""
    if count <= MOST_RATE_CHANGES:
        return ""
    most = f"{MOST_RATE_CHANGES:,}"
    return f"it changes {count:,.0f} times in a run: expected at most {most}; KUBENINES_MOST_RATE_CHANGES raises that"


def too_many_requests(count: float) -> str:
    """What is wrong with following so many requests in a run; empty if nothing is."""
    if count <= MOST_REQUESTS:
        return ""
    return (
        f"up to {count:.3g} requests and bursts would be followed one by one in a run, and {MOST_REQUESTS:.3g} are the "
        "most; KUBENINES_MOST_REQUESTS raises that"
    )

"""What network partitions leave out: requests that come from within what is cut off, and none that could meet a cut."""

from collections.abc import Iterator

from experiments.design.scenario import Scenario
from simulator.failures.network_partition import NetworkPartition, Peer


def cut_inside(scenario: Scenario) -> Iterator[str]:
    """A sentence on each partition that cuts off users where some of these may be inside of it."""
    places = {clients.at.partition("/")[0] for traffic in scenario.traffic for clients in traffic.clients}
    inside = ["calls between Services"] if scenario.calls else []
    inside += [f"clients in a {place}" for place in ("zone", "node") if place in places]
    for mode in scenario.failures if inside else ():
        if isinstance(mode, NetworkPartition) and mode.cuts_off_users:
            yield (
                f"{mode.name} (networkPartition) cuts off whoever sends requests: {' and '.join(inside)} do not get "
                "through to pods that are cut off together with them either"
            )


def met_by_nobody(scenario: Scenario) -> Iterator[str]:
    """A sentence on each partition between pods if all requests come from outside of the cluster, and meet none."""
    if any(clients.at != "outside" for traffic in scenario.traffic for clients in traffic.clients):
        return
    for mode in scenario.failures if scenario.traffic else ():
        if isinstance(mode, NetworkPartition) and Peer.PODS in mode.cut_from:
            yield (
                f"{mode.name} (networkPartition) cuts off pods from pods: all clients are outside of the cluster, and "
                "reach both sides (say by `clients` where else requests come from)"
            )

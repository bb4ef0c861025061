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
        if isinstance(mode, NetworkPartition) and Peer.USERS in mode.cuts_off:
            yield (
                f"{mode.name} (networkPartition) cuts off whoever sends requests: {' and '.join(inside)} do not get "
                "through to pods that are cut off together with them either"
            )


def met_by_nobody(scenario: Scenario) -> Iterator[str]:
    """A sentence on each partition that is between pods too, if all requests come from outside and do not meet that.

    One between pods alone is among those that only requests see (`only_requests_see`).
    """
    if scenario.has_clients_inside or not scenario.traffic:
        return
    for mode in scenario.failures:
        if isinstance(mode, NetworkPartition) and {Peer.PODS} < mode.cuts_off:
            yield (
                f"{mode.name} (networkPartition) cuts off pods from pods: all clients are outside of the cluster, and "
                "reach both sides (say by `clients` where else requests come from)"
            )

"""What network partitions leave out: requests that come from within what is cut off."""

from collections.abc import Iterator

from experiments.design.scenario import Scenario
from simulator.failures.network_partition import NetworkPartition


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

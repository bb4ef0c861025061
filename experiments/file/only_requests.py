"""Failure modes that only requests see: what to expect of them in an experiment."""

from collections.abc import Iterator

from experiments.design.scenario import Scenario


def only_requests_see(scenario: Scenario) -> Iterator[str]:
    """A sentence on every failure mode of the scenario that can change no availability by answering endpoints.

    Such a mode says so itself, by `seen_by`: "requests", or "requests from nodes" if clients outside do not meet it.
    """
    by_name = {mode.name: getattr(mode, "seen_by", "") for mode in scenario.failures}
    inside = any(clients.at != "outside" for traffic in scenario.traffic for clients in traffic.clients)
    for name, seen_by in sorted(by_name.items()):
        if not seen_by.startswith("requests"):
            continue
        if not scenario.traffic:
            where = "no Service has traffic, so nothing sees it"
        elif seen_by == "requests from nodes" and not inside:
            where = "all clients are outside of the cluster, so nothing sees it"
        else:
            where = "it shows in the requests of Services with traffic"
        yield f"failure mode {name!r} changes no availability by answering endpoints: {where}"

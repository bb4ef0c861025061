"""Failure modes that only requests see: what to expect of them in an experiment."""

from collections.abc import Iterator

from experiments.design.scenario import Scenario


def only_requests_see(scenario: Scenario) -> Iterator[str]:
    """A sentence on every failure mode of the scenario that can change no availability by answering endpoints.

    Such a mode says so itself, by `seen_by`.
    """
    names = {f"{mode.name!r}" for mode in scenario.failures if getattr(mode, "seen_by", "") == "requests"}
    for name in sorted(names):
        where = (
            "it shows in the requests of Services with traffic"
            if scenario.traffic
            else "no Service has traffic, so nothing sees it"
        )
        yield f"failure mode {name} changes no availability by answering endpoints: {where}"

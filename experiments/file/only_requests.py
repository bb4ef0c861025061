"""Failure modes that only requests see: what to expect of them in an experiment."""

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.design.scenario import Scenario
from experiments.file.described import file_model
from simulator.registry import classes


def is_seen_by_requests_only(mode: Any) -> bool:
    """Whether a failure mode can change no availability by answering endpoints, as it says itself by `seen_by`."""
    return getattr(mode, "seen_by", "").startswith("requests")


def is_written_for_requests_only(written: Mapping[str, Any]) -> bool:
    """Whether only requests see a failure mode, as a resolved experiment has it; False of what is of no known type."""
    kind = written.get("type", "")
    described = classes("failure").get(kind)
    return described is not None and is_seen_by_requests_only(
        file_model(described, kind).model_validate(written).value()
    )


def only_requests_see(scenario: Scenario) -> Iterator[str]:
    """A sentence on every failure mode of the scenario that can change no availability by answering endpoints.

    `seen_by` is "requests", or "requests from nodes" of a mode that clients outside do not meet.
    """
    for mode in sorted(filter(is_seen_by_requests_only, scenario.failures), key=lambda mode: mode.name):
        if not scenario.traffic:
            where = "no Service has traffic, so nothing sees it"
        elif getattr(mode, "seen_by", "") == "requests from nodes" and not scenario.has_clients_inside:
            where = "all clients are outside of the cluster, so nothing sees it"
        else:
            where = "it shows in the requests of Services with traffic"
        yield f"failure mode {mode.name!r} changes no availability by answering endpoints: {where}"

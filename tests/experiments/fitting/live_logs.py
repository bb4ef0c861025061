"""Logs of a live cluster with laws that are known: Events, answers of Prometheus."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from models.distributions import Distribution

START = 1_767_225_600.0
"""2026-01-01."""
DAY = 86_400.0


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(round(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def event(reason: str, kind: str, name: str, at: float, number: int, **more: Any) -> dict[str, Any]:
    """An Event of v1, of something that happened once; `more`: message, container, count, last, component."""
    of = {"kind": kind, "name": name, "namespace": "default", "uid": f"uid-{name}"}
    if "container" in more:
        of["fieldPath"] = f"spec.containers{{{more['container']}}}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name}.{number}", "namespace": "default", "uid": more.get("uid", f"event-{number}")},
        "involvedObject": of,
        "reason": reason,
        "message": more.get("message", ""),
        "firstTimestamp": stamp(at),
        "lastTimestamp": stamp(more.get("last", at)),
        "count": more.get("count", 1),
        "source": {"component": more.get("component", "node-controller")},
    }


def outages(
    up: Distribution, down: Distribution, nodes: int, days: float, rng: np.random.Generator
) -> Iterator[tuple[str, float, float]]:
    """(node, from, to) of each outage; all are new at the start."""
    for node in range(nodes):
        now = START
        while (now := now + up.sample(rng)) < START + days * DAY:
            end = now + down.sample(rng)
            yield f"n{node}", now, end
            now = end


def of_nodes(told: Sequence[tuple[str, float, float]], days: float) -> list[dict[str, Any]]:
    """Events of outages, up to the end."""
    events: list[dict[str, Any]] = [event("Scheduled", "Pod", "first", START, 0)]
    for node, start, end in told:
        events.append(event("NodeNotReady", "Node", node, start, len(events)))
        if end < START + days * DAY:
            events.append(event("NodeReady", "Node", node, end, len(events), component="kubelet"))
    return [*events, event("Scheduled", "Pod", "last", START + days * DAY, len(events))]


def answer(metric: dict[str, str], values: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """A range query's answer of one series."""
    written = [[time, f"{value:g}"] for time, value in values]
    return {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": metric, "values": written}]}}


def sampled(told: Sequence[tuple[str, float, float]], nodes: int, days: float, step: float) -> dict[str, Any]:
    """kube_node_status_condition of the outages, all nodes in one answer."""
    times = np.arange(START, START + days * DAY, step)
    result = []
    for node in range(nodes):
        up = np.ones(len(times))
        for name, start, end in told:
            if name == f"n{node}":
                up[(times >= start) & (times < end)] = 0
        metric = {"__name__": "kube_node_status_condition", "condition": "Ready", "status": "true", "node": f"n{node}"}
        result.append({"metric": metric, "values": [[t, f"{v:g}"] for t, v in zip(times, up, strict=True)]})
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def as_list(objects: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": list(objects)}

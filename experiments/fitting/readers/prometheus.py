"""Answers of Prometheus to range queries (/api/v1/query_range) for metrics of kube-state-metrics.

What happened is known to the step of the query only: between the last sample before it and the first after it. Samples
that are missing for more than a step and a half are a gap: nothing is known of it, and what lasted then is censored.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from experiments.fitting.observations import (
    CONTAINER_UP,
    NODE_DOWN,
    NODE_UP,
    STARTUP,
    Change,
    Observations,
    Spell,
    literal,
    problem,
)
from experiments.fitting.readers.reader import Record, reads
from models.input.problems import InputError

NODES = "kube_node_status_condition"
RESTARTS = "kube_pod_container_status_restarts_total"
READY = "kube_pod_status_ready"
FORM = 'expected [[seconds, "value"], ...] as values, in seconds since 1970, and texts as labels in metric'
LATEST = 253_402_300_800.0
"""The year 10000: later times are in other units."""
Samples = list[tuple[float, float]]


def _is_answer(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("data"), dict) and "resultType" in value["data"]


@reads("prometheus", _is_answer)
def read_answers(records: Sequence[Record], found: Observations) -> None:
    """The series of the metrics that are known."""
    problems = []
    for record in records:
        data = record.value["data"]
        if record.value.get("status") not in (None, "success"):
            problems.append(record.problem(f"the query failed: {record.value.get('error', '')}", "status"))
            continue
        if data["resultType"] != "matrix":
            message = f'expected a range query, whose resultType is "matrix" (got "{data["resultType"]}")'
            problems.append(record.problem(message, "data", "resultType"))
            continue
        result = data.get("result") or []
        if not isinstance(result, list):
            problems.append(record.problem("expected a list", "data", "result"))
            continue
        every: list[tuple[Mapping[str, str], Samples]] = []
        for i, one in enumerate(result):
            try:
                labels, samples = _labels(one), _samples(one)
            except ValueError as error:
                problems.append(record.problem(str(error), "data", "result", i))
                continue
            finite = [(time, value) for time, value in samples if math.isfinite(value)]
            found.remarks["{} samples left out: their value is no finite number"] += len(samples) - len(finite)
            if finite:
                every.append((labels, finite))
        gaps = [b[0] - a[0] for _, samples in every for a, b in itertools.pairwise(samples)]
        step = float(np.median(gaps)) if gaps else 0.0
        for labels, samples in every:
            _read_series(labels, samples, step, found)
    if problems:
        raise InputError(problems)


def _labels(series: Any) -> Mapping[str, str]:
    labels = (series.get("metric") or {}) if isinstance(series, dict) else None
    if not isinstance(labels, dict) or not all(isinstance(label, str) for label in labels.values()):
        raise ValueError(FORM)
    return labels


def _samples(series: Mapping[str, Any]) -> Samples:
    try:
        samples = sorted((float(time), float(value)) for time, value in series.get("values") or ())
    except (TypeError, ValueError, OverflowError):
        raise ValueError(FORM) from None
    if not all(0 <= time < LATEST for time, _ in samples):
        raise ValueError(FORM)
    return samples


def _read_series(labels: Mapping[str, str], samples: Samples, step: float, found: Observations) -> None:
    metric = labels.get("__name__") or _guessed(labels)
    pieces = list(_pieces(samples, 1.5 * step))
    found.resolution = max(found.resolution, step)
    if metric == NODES and labels.get("condition") == "Ready":
        if labels.get("status", "true") == "true":
            _read_states(NODE_UP, NODE_DOWN, labels.get("node", ""), pieces, False, found)
    elif metric == NODES:
        if labels.get("status", "true") == "true":
            name = labels.get("condition", "")
            _read_states(problem(name), problem(name, repair=True), labels.get("node", ""), pieces, True, found)
    elif metric == RESTARTS:
        entity = "/".join(labels.get(name, "") for name in ("namespace", "pod", "container"))
        for piece in pieces:
            _read_restarts(entity, piece, found)
    elif metric == READY:
        if labels.get("condition", "true") == "true":
            _read_ready("/".join(labels.get(name, "") for name in ("namespace", "pod")), samples, found)
    else:
        found.remarks[f"{{}} series of {literal(metric) or 'no known metric'} left out: no reader knows them"] += 1
        return
    found.saw(samples[0][0], samples[-1][0])


def _guessed(labels: Mapping[str, str]) -> str:
    """The metric, where a function has taken its name away."""
    if {"node", "condition"} <= labels.keys():
        return NODES
    return RESTARTS if "container" in labels else READY if {"pod", "condition"} <= labels.keys() else ""


def _pieces(samples: Samples, most: float) -> Iterator[Samples]:
    """The samples without a gap."""
    begin = 0
    for i in range(1, len(samples) + 1):
        if i == len(samples) or (most > 0 and samples[i][0] - samples[i - 1][0] > most):
            yield samples[begin:i]
            begin = i


def _read_states(up: Any, down: Any, entity: str, pieces: Sequence[Samples], bad: bool, found: Observations) -> None:
    """A series of 0 and 1, in which `bad` is the value of what is down."""
    for piece in pieces:
        states = [(time, (value > 0.5) is bad) for time, value in piece]
        changes = [
            Change((before[0], after[0]), after[1])
            for before, after in itertools.pairwise(states)
            if before[1] != after[1]
        ]
        seen = piece[0][0], piece[-1][0]
        if not changes and not states[0][1]:
            found.spells.append(Spell(up, entity, (seen[0], seen[0]), None, seen[1]))
        found.add_changes(up, down, entity, changes, (), seen)
    if len(pieces) > 1:
        found.remarks["{} gaps in series: what lasted then is censored"] += len(pieces) - 1


def _read_restarts(entity: str, samples: Samples, found: Observations) -> None:
    """A counter: where it rises, the container has ended once, or several times within the step."""
    began, last = (samples[0][0], samples[0][0]), samples[0]
    for time, value in samples[1:]:
        rise = value - last[1]
        if rise < 0:  # another pod of this name
            found.spells.append(Spell(CONTAINER_UP, entity, began, None, last[0]))
            began = last[0], time
        elif rise >= 1:
            here = last[0], time
            if rise > max(time - last[0], 1.0):  # faster than any kubelet: of many containers, or of something else
                found.remarks["{} rises of a counter left out: more than a restart each second is none"] += 1
                found.spells.append(Spell(CONTAINER_UP, entity, began, None, last[0]))
                began, last = here, (time, value)
                continue
            found.spells.append(Spell(CONTAINER_UP, entity, began, here))
            found.spells += [Spell(CONTAINER_UP, entity, here, here)] * (round(rise) - 1)
            began = here
        last = time, value
    found.spells.append(Spell(CONTAINER_UP, entity, began, None, last[0]))


def _read_ready(entity: str, samples: Samples, found: Observations) -> None:
    """From the first sample of a pod, not ready yet, to the first that is: its scheduling and pulls are part of it."""
    if samples[0][1] > 0.5:
        return
    began = samples[0][0], samples[0][0]
    ready = next((i for i, (_, value) in enumerate(samples) if value > 0.5), None)
    if ready is None:
        found.spells.append(Spell(STARTUP, entity, began, None, samples[-1][0]))
    else:
        found.spells.append(Spell(STARTUP, entity, began, (samples[ready - 1][0], samples[ready][0])))
    found.remarks["{} start-up times are of kube_pod_status_ready: scheduling and pulls are part of them"] += 1

"""Operations: what people asked for in one run, how much of it was done, and what held it up."""

import math
from collections.abc import Iterable
from typing import Any

from experiments.metrics.column import Column, columns
from simulator.stories.attempts import Attempt

COLUMNS = columns(
    Column("operation", str, "Name of the operation."),
    Column("subject", str, "What it was to be done to: a node, or a workload, ConfigMap or Secret as Kind/name."),
    Column("asked_s", float, "When it was due, in seconds since the start of the measured window; negative if before."),
    Column(
        "start_s",
        float,
        "When it began, in the same seconds; NaN if it did not, because the operation was busy with what was asked "
        "before.",
    ),
    Column(
        "emptied_s", float, "When a drain's last pod had left the node; NaN if that did not happen, or it is no drain."
    ),
    Column("end_s", float, "When it was over: a node back in use, a rollout complete; NaN if it was not over."),
    Column("outcome", str, "done, given up, replaced (a rollout by the next), rolled back, unfinished or not begun."),
    Column("evicted", int, "Evictions that were allowed."),
    Column("refused", int, "Evictions that were not, each try counted."),
    Column("last_refusal", str, "Why the last of them was not, in Kubernetes' words; empty without any."),
)
"""Columns of `operations`, beside policy and replication: a row for each time that an operation was asked for."""


def operations(attempts: Iterable[Attempt], start: float) -> list[dict[str, Any]]:
    """What was asked for in the window that begins at `start`, or was not over then; a row each, in order of time."""
    return [
        {
            "operation": of.operation,
            "subject": of.subject,
            "asked_s": of.asked - start,
            "start_s": _since(of.begun, start),
            "emptied_s": _since(of.emptied, start),
            "end_s": _since(of.ended, start),
            "outcome": of.outcome.value,
            "evicted": of.evicted,
            "refused": of.refused,
            "last_refusal": of.last_refusal,
        }
        for of in attempts
        if of.asked >= start or of.ended is None or of.ended >= start
    ]


def _since(time: float | None, start: float) -> float:
    return math.nan if time is None else time - start

"""Rollout health, on logs written by hand."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from experiments.metrics.availability import ReadyEndpoints
from experiments.metrics.observation import Observation
from experiments.metrics.rollouts import COLUMNS, rollouts
from simulator.log import Kind, TransitionLog
from simulator.step_function import StepFunction

END = 10_000.0


@dataclass(frozen=True)
class History:
    answering: StepFunction
    ready: StepFunction
    desired: StepFunction


def step(*pieces: tuple[float, float]) -> StepFunction:
    times, values = zip(*pieces, strict=True)
    return StepFunction(np.array(times, dtype=float), np.array(values, dtype=float), END)


def begins(time: float, revision: int = 2, deployment: int = 0) -> list[tuple[float, ...]]:
    return [
        (time, Kind.DEPLOYMENT_REVISION, deployment, revision - 1, revision, 1),
        (time, Kind.DEPLOYMENT_GENERATION, deployment, revision - 1, revision, 1),
        (time, Kind.DEPLOYMENT_COMPLETE, deployment, 1, 0, 1),
    ]


def completes(time: float, deployment: int = 0) -> list[tuple[float, ...]]:
    return [(time, Kind.DEPLOYMENT_COMPLETE, deployment, 0, 1, 1)]


def found(*rows: tuple[float, ...], answering: StepFunction | None = None, start: float = 0.0) -> list[dict[str, Any]]:
    log = TransitionLog()
    for row in rows:
        log.append(row)
    log.causes = ["", "release/2"]
    log.names = {"SERVICE": ["web", "other"], "DEPLOYMENT": ["web", "else"]}
    log.in_front_of = [(0,), ()]
    answers = answering or step((0, 3))
    history = History(answers, answers, step((0, 3)))
    return rollouts(log, {"web": Observation.of(history, ReadyEndpoints(1), start, END)})


def test_a_rollout_lasts_until_the_deployment_is_complete() -> None:
    answers = step((0, 3), (110, 2), (130, 1), (140, 3))
    (row,) = found(*begins(100), *completes(150), answering=answers)
    assert row == {
        "service": "web",
        "deployment": "web",
        "cause": "release/2",
        "start_s": 100.0,
        "end_s": 150.0,
        "outcome": "complete",
        "min_answering": 1,
        "lost_pod_s": 20 * 1 + 10 * 2,
    }
    assert set(row) == {"service", *COLUMNS}


def test_scaling_alone_is_no_rollout() -> None:
    scaled = (100, Kind.DEPLOYMENT_GENERATION, 0, 1, 2, 1), (100, Kind.DEPLOYMENT_COMPLETE, 0, 1, 0, 1)
    assert found(*scaled, *completes(150)) == []


def test_a_rollout_that_another_one_replaces_ends_with_it() -> None:
    rows = found(*begins(100), *begins(120, 3)[:2], *completes(160))
    assert [(row["start_s"], row["end_s"], row["outcome"]) for row in rows] == [
        (100.0, 120.0, "replaced"),
        (120.0, 160.0, "complete"),
    ]


@pytest.mark.parametrize(("last", "outcome"), [(END - 601, "stuck"), (END - 599, "unfinished")])
def test_a_rollout_without_progress_for_ten_minutes_is_stuck(last: float, outcome: str) -> None:
    (row,) = found(*begins(100), answering=step((0, 3), (last, 2)))
    assert (row["end_s"], row["outcome"]) == (END, outcome)


def test_times_are_those_of_the_window_and_earlier_rollouts_are_left_out() -> None:
    rows = found(*begins(100), *completes(150), *begins(700, 3), *completes(720), start=500.0)
    assert [(row["start_s"], row["end_s"]) for row in rows] == [(200.0, 220.0)]


def test_a_deployment_behind_no_measured_service_has_no_row() -> None:
    assert found(*begins(100, deployment=1), *completes(150, deployment=1)) == []

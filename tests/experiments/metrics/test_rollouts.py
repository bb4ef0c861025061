"""Rollout health, on logs written by hand and in whole experiments."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.design.goal import ReadyEndpoints
from experiments.experiment import Experiment
from experiments.metrics.observation import Observation
from experiments.metrics.rollouts import COLUMNS, rollouts
from experiments.report.rollouts import sentence
from simulator.log import Kind, TransitionLog
from simulator.step_function import StepFunction

END = 10_000.0
Row = tuple[float, Kind, int, int, int, int]
"""Time, kind, subject, old, new, cause."""
CASES = Path(__file__).parents[2] / "data/cases/progress-deadline"


@dataclass(frozen=True)
class History:
    answering: StepFunction
    ready: StepFunction
    desired: StepFunction


def step(*pieces: tuple[float, float]) -> StepFunction:
    times, values = zip(*pieces, strict=True)
    return StepFunction(np.array(times, dtype=float), np.array(values, dtype=float), END)


def begins(time: float, revision: int = 2, deployment: int = 0) -> list[Row]:
    return [
        (time, Kind.DEPLOYMENT_REVISION, deployment, revision - 1, revision, 1),
        (time, Kind.DEPLOYMENT_GENERATION, deployment, revision - 1, revision, 1),
        (time, Kind.DEPLOYMENT_COMPLETE, deployment, 1, 0, 1),
    ]


def completes(time: float, deployment: int = 0) -> list[Row]:
    return [(time, Kind.DEPLOYMENT_COMPLETE, deployment, 0, 1, 1)]


def found(*rows: Row, answering: StepFunction | None = None, start: float = 0.0) -> list[dict[str, Any]]:
    log = TransitionLog.of_columns(np.array(rows, dtype=float).reshape(-1, 6))
    log.causes = ["", "release/2"]
    log.names = {"SERVICE": ["web", "other"], "DEPLOYMENT": ["web", "else"]}
    log.in_front_of = {"DEPLOYMENT": [(0,), ()]}
    answers = answering or step((0, 3))
    history = History(answers, answers, step((0, 3)))
    return rollouts(log, {"web": Observation.of(history, ReadyEndpoints(1), start, END)})


def test_a_rollout_lasts_until_the_deployment_is_complete() -> None:
    answers = step((0, 3), (110, 2), (130, 1), (140, 3))
    (row,) = found(*begins(100), *completes(150), answering=answers)
    assert row == {
        "service": "web",
        "workload": "Deployment/web",
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


def late(time: float, deployment: int = 0) -> Row:
    return (time, Kind.DEPLOYMENT_PROGRESSING, deployment, 1, 0, 1)


def on_time(time: float, deployment: int = 0) -> Row:
    return (time, Kind.DEPLOYMENT_PROGRESSING, deployment, 0, 1, 1)


def outcomes(*rows: Row) -> list[tuple[float, str]]:
    return [(row["end_s"], row["outcome"]) for row in found(*rows)]


def test_a_rollout_is_stuck_if_its_deployment_says_so_at_the_end() -> None:
    assert outcomes(*begins(100)) == [(END, "unfinished")]
    assert outcomes(*begins(100), late(161)) == [(END, "stuck")]
    assert outcomes(*begins(100), late(161), *begins(200, 3)[:2], on_time(201), *completes(210)) == [
        (200.0, "stuck"),
        (210.0, "complete"),
    ]


def test_a_stuck_rollout_that_gets_on_is_not_stuck_any_more() -> None:
    assert outcomes(*begins(100), late(161), on_time(170)) == [(END, "unfinished")]
    assert outcomes(*begins(100), late(161), on_time(170), late(300)) == [(END, "stuck")]
    assert outcomes(*begins(100), late(161), on_time(170), *completes(170)) == [(170.0, "complete")]
    assert outcomes(*begins(100), late(161), on_time(170), *begins(200, 3)[:2]) == [
        (200.0, "replaced"),
        (END, "unfinished"),
    ]


def test_what_another_deployment_says_does_not_matter() -> None:
    assert outcomes(*begins(100), late(161, deployment=1)) == [(END, "unfinished")]


def test_times_are_those_of_the_window_and_earlier_rollouts_are_left_out() -> None:
    rows = found(*begins(100), *completes(150), *begins(700, 3), *completes(720), start=500.0)
    assert [(row["start_s"], row["end_s"]) for row in rows] == [(200.0, 220.0)]


def test_a_deployment_behind_no_measured_service_has_no_row() -> None:
    assert found(*begins(100, deployment=1), *completes(150, deployment=1)) == []


@pytest.mark.parametrize(("deadline", "outcome"), [(60, "stuck"), (7200, "unfinished")])
def test_the_deadline_is_that_of_the_manifest(deadline: int, outcome: str) -> None:
    """No room for the new pod: for 5 minutes with a deadline of 60 s, for 30 with one of two hours."""
    results = Experiment.from_yaml(CASES / f"e-{deadline}.yaml").run(workers=1)
    assert set(results.rollouts["outcome"]) == {outcome}
    assert ("stuck: 2 of 2" if outcome == "stuck" else "none stuck") in sentence(results, "web")

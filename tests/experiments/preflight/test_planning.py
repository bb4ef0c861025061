"""What a plan counts, by a clock that moves only while work is done."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from experiments.experiment import Experiment
from experiments.preflight import planning
from experiments.runner.replication import CellSpec, run_cell
from experiments.store.cell import Cell
from models.units import DAY
from tests.experiments.small_results import APPLICATION
from tests.experiments.small_sweep import small_sweep

MAKING, TELLING, STARTING = 3.0, 5.0, 0.25


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A cell takes `STARTING` seconds and one a day, a point `MAKING` and its row `TELLING`; what was done."""
    now, done = 0.0, list[str]()

    def slow(name: str, function: Callable[..., Any], seconds: float) -> Callable[..., Any]:
        def timed(*given: Any) -> Any:
            nonlocal now
            now += seconds
            done.append(name)
            return function(*given)

        return timed

    def cell(spec: CellSpec) -> Cell:
        nonlocal now
        now += STARTING + (spec.scenario.warmup + spec.scenario.duration) / DAY
        return run_cell(spec)

    monkeypatch.setattr(planning, "run_cell", cell)
    monkeypatch.setattr(planning, "made", slow("made", planning.made, MAKING))
    monkeypatch.setattr(planning, "row", slow("row", planning.row, TELLING))
    monkeypatch.setattr(time, "process_time", lambda: now)
    return done


def test_the_time_of_a_replication_is_that_of_all_of_its_cell(clock: list[str], tmp_path: Path) -> None:
    for wanted, days in (("5d", 6), ("1y", 366)):
        one = small_sweep(tmp_path).set("sweep", None).set("duration", wanted)
        for policy in planning.plan(one):
            assert policy.seconds == pytest.approx(STARTING + days, rel=1e-3)
    assert not clock


def test_the_time_of_a_short_replication_is_not_that_of_a_stretch_without_outages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = 0.0

    def cell(spec: CellSpec) -> Cell:
        nonlocal now
        made = run_cell(spec)
        now += 0.001 + 0.1 * any(len(spans) for spans in made.outages.values())
        return made

    monkeypatch.setattr(planning, "run_cell", cell)
    monkeypatch.setattr(time, "process_time", lambda: now)
    rare = small_sweep(tmp_path).set("sweep", None).set("duration", "5y")
    rare = rare.set("failures[crash].timeToFailure", {"kind": "fixed", "value": "100d"})
    assert planning.plan(rare)[0].seconds == pytest.approx(0.101)


def test_a_sweep_takes_the_making_of_its_points_and_their_rows_too(clock: list[str], tmp_path: Path) -> None:
    swept = small_sweep(tmp_path)
    assert swept.sweep is not None
    planned = planning.plan_sweep(swept, swept.sweep, 2)
    assert planned.around == MAKING + TELLING
    assert [policy.seconds for policy in planned.policies] == pytest.approx([STARTING + 6] * 2)
    assert {"made", "row"} == set(clock)
    told = planning.plain(swept, planned.policies, 2, [], None, planned)
    assert told["pointsTime"] == 4 * (MAKING + TELLING)


def test_a_point_that_cannot_be_made_leaves_the_others_to_tell_what_a_point_takes(
    clock: list[str], tmp_path: Path
) -> None:
    axes = """\
  sweep:
    axes: [{name: files, path: manifests, values: [[app.yaml], [other.yaml], [gone.yaml]]}]
"""
    for name in ("other.yaml", "gone.yaml"):
        (tmp_path / name).write_text(APPLICATION)
    swept = small_sweep(tmp_path, axes)
    (tmp_path / "gone.yaml").unlink()
    assert swept.sweep is not None
    planned = planning.plan_sweep(swept, swept.sweep, 1)
    assert planned.around == MAKING + TELLING
    assert len(planned.refused) == 1
    assert "no such file" in planned.refused[0]


def test_a_pilot_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails(spec: CellSpec) -> Cell:
        return replace(run_cell(spec), status="failed", error="ValueError: no luck")

    monkeypatch.setattr(planning, "run_cell", fails)
    with pytest.raises(RuntimeError, match="a pilot of one fails: ValueError: no luck"):
        planning.plan(small_sweep(tmp_path).set("sweep", None))


def test_what_a_plan_tries_is_what_a_run_does(tmp_path: Path) -> None:
    one: Experiment = small_sweep(tmp_path).set("sweep", None)
    counts = [int(run_cell(CellSpec(scenario, "", 0)).transitions) for scenario in one.scenarios()]
    assert [policy.transitions for policy in planning.plan(one)] == pytest.approx(counts)

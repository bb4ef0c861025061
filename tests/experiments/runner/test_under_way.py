"""What a folder says of work that an error ended: never that it runs; and the next run goes on where it was."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from experiments.runner import point_tasks
from experiments.runner.endings import BrokenOff, Interrupted, NothingRan, ending
from experiments.runner.engines import EngineLost
from experiments.runner.run import run
from experiments.runner.sensitivity import run_sensitivity
from experiments.runner.sweep import run_sweep
from experiments.store.folder import ResultFolder
from tests.experiments import fakes
from tests.experiments.runner.test_sensitivity import RUNS, Calls
from tests.experiments.runner.test_sweep import Counting
from tests.experiments.small_sweep import small_sweep, without_pictures
from tests.experiments.uncertain_unit import experiment as uncertain_unit

ENDS = [(KeyboardInterrupt(), "interrupted"), (RuntimeError("a mistake of ours"), "failed")]


@pytest.fixture(autouse=True)
def _no_pictures() -> Iterator[None]:
    with without_pictures():
        yield


def status(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text())["status"]


def ends_with(error: BaseException, after: int = 1) -> Callable[..., Any]:
    """Whatever it is called with; the first calls change nothing."""
    left = iter(range(after))

    def ends(*given: Any, **named: Any) -> None:
        if next(left, None) is None:
            raise error

    return ends


@pytest.mark.parametrize(
    ("error", "said"),
    [
        *ENDS,
        (SystemExit(), "interrupted"),
        (Interrupted(1, 2, ""), "interrupted"),
        (BrokenOff(1, 2, "", "the scheduler is gone"), "interrupted"),
        (EngineLost("the scheduler is gone"), "interrupted"),
        (NothingRan(2, "KeyError: 'x'"), "failed"),
    ],
)
def test_what_ended_for_want_of_time_is_interrupted_and_all_else_failed(error: BaseException, said: str) -> None:
    assert ending(error) == said


@pytest.mark.parametrize(("error", "said"), ENDS)
def test_a_run(error: BaseException, said: str, tmp_path: Path) -> None:
    counted: list[int] = []

    def simulate(cluster: fakes.Unit, **named: Any) -> Any:
        counted.append(named["replication"])
        return fakes.simulate(cluster, **named)

    with pytest.raises(type(error)):
        run(fakes.two_policies(), out=tmp_path, replications=4, simulate=simulate, progress=ends_with(error, 4))
    assert status(tmp_path) == said
    run(fakes.two_policies(), out=tmp_path, replications=4, simulate=simulate)
    assert (status(tmp_path), len(counted)) == ("done", 8)


def test_a_run_whose_inputs_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(28, "No space left on device", "resolved.yaml")
    monkeypatch.setattr(ResultFolder, "write_inputs", ends_with(full, 0))
    with pytest.raises(OSError, match="No space left"):
        run(fakes.two_policies(), out=tmp_path, replications=2, simulate=fakes.simulate)
    assert status(tmp_path) == "failed"


@pytest.mark.parametrize(("error", "said"), ENDS)
def test_a_sweep_of_which_a_point_cannot_be_estimated(
    error: BaseException, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Counting(), Counting()
    with monkeypatch.context() as patch:
        patch.setattr(point_tasks, "row", ends_with(error, 0))
        with pytest.raises(type(error)):
            run_sweep(small_sweep(tmp_path), out=tmp_path / "results", simulate=first)
    assert status(tmp_path / "results") == said
    run_sweep(small_sweep(tmp_path), out=tmp_path / "results", simulate=second)
    assert (status(tmp_path / "results"), first.runs + second.runs) == ("done", 16)


@pytest.mark.parametrize(("error", "said"), ENDS)
def test_a_study_of_uncertain_inputs(error: BaseException, said: str, tmp_path: Path) -> None:
    unit, calls = uncertain_unit(tmp_path), Calls()
    with pytest.raises(type(error)):
        run_sensitivity(unit, out=tmp_path / "r", runs=RUNS, simulate=calls, progress=ends_with(error, 20))
    assert status(tmp_path / "r") == said
    run_sensitivity(unit, out=tmp_path / "r", runs=RUNS, simulate=calls)
    assert (status(tmp_path / "r"), calls.count) == ("done", 5 * 10 + RUNS)

"""Studies of uncertain inputs: what they run, keep and find, by a unit whose exact answers are known."""

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.experiment import Experiment
from experiments.findings.sensitivity import Influence
from experiments.inference.intervals import Interval
from experiments.runner.endings import BrokenOff, Interrupted, NothingRan
from experiments.runner.progress import Progress
from experiments.runner.run import ChangedExperiment
from experiments.runner.sensitivity import run_sensitivity
from experiments.sensitivity_results import SensitivityResults
from experiments.store.folder import NotAResultFolder
from models.input.problems import InputError, Refusal
from simulator.step_function import StepFunction
from tests.experiments.fakes import History, LosesItself, Run
from tests.experiments.uncertain_unit import Truth, experiment

RUNS = 4 * 64
"""Twice the least for two inputs."""
T95 = 2.13145
"""Student's factor of 16 blocks."""


def renewals(*, failures: Any, behaviour: Any, replication: int, duration: float, warmup: float, **other: Any) -> Run:
    """The unit without a cluster: the same luck for the same replication, whatever the means."""
    rng = np.random.default_rng(replication)
    mttf, mttr = failures[0].time_to_failure.mean, behaviour.pods.restart.mean
    lengths = rng.standard_exponential((1000, 2)) * (mttf, mttr)
    changes = np.concatenate(([0.0], np.cumsum(lengths.ravel())))
    kept = changes < warmup + duration
    states = (np.arange(len(changes))[kept] % 2 == 0).astype(float)
    up = StepFunction(changes[kept], states, warmup + duration).clip(warmup, warmup + duration)
    whole = StepFunction(np.array([warmup]), np.array([1.0]), warmup + duration)
    history = History(up, up, whole)
    return Run(warmup, warmup + duration, {"web": history}, len(changes), {}, {})


class Calls:
    """Counts what is simulated, and stops after so many, if asked to; some may raise."""

    def __init__(self, raises: int | None = None) -> None:
        self.count, self.raises = 0, raises

    def __call__(self, **given: Any) -> Run:
        self.count += 1
        if self.raises is not None and given["replication"] == self.raises:
            raise RuntimeError("the model broke")
        return renewals(**given)


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    return experiment(tmp_path_factory.mktemp("unit"))


TOLD: list[float] = []
"""The progress of the study."""


@pytest.fixture(scope="module")
def studied(unit: Experiment, tmp_path_factory: pytest.TempPathFactory) -> SensitivityResults:
    def tell(progress: Progress) -> None:
        TOLD.append(progress.share)

    out = tmp_path_factory.mktemp("study") / "r"
    return run_sensitivity(unit, out=out, runs=RUNS, simulate=renewals, progress=tell)


def off(of: Interval, exact: float) -> float:
    """Standard errors between a value and the truth."""
    return abs(of.value - exact) / max((of.high - of.low) / 2 / T95, 1e-12)


def is_right(of: Influence, truth: Truth) -> None:
    """Indices, variances and mean are within four standard errors of the exact ones."""
    known = of.indices
    assert known.known
    for interval, exact in zip((*known.first, *known.total), (*truth.first, *truth.total), strict=True):
        assert off(interval, exact) < 4
    assert off(of.split.answer, truth.moments["mean"]) < 4
    for interval, exact in (
        (of.split.input, truth.moments["variance"]),
        (of.split.sampling, truth.moments["luck"] / of.replications),
    ):
        squared = Interval(interval.value**2, interval.low**2, interval.high**2, "")
        assert off(squared, exact) < 4


def files(folder: Path) -> dict[str, bytes]:
    """What is in a result folder, but for what tells of when and where."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("manifest.json", ".lock") and ".state" not in path.parts
    }


def said(folder: Path) -> dict[str, Any]:
    """The manifest of a study."""
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


# --- what is found ----------------------------------------------------------------------------------------------------


def test_a_unit_with_uncertain_times_has_the_indices_and_variances_of_the_formula(studied: SensitivityResults) -> None:
    is_right(studied.of(), Truth())


def test_the_tornado_is_that_of_the_formula(studied: SensitivityResults) -> None:
    truth, tornado = Truth(), studied.of().tornado
    assert [bar.name for bar in tornado.bars] == ["mttf", "mttr"]
    assert tornado.bars[0].effect > tornado.bars[1].effect > 0
    shares = {"mttf": ([0.1, 0.5], [0.9, 0.5]), "mttr": ([0.5, 0.1], [0.5, 0.9])}
    for bar in tornado.bars:
        for side, at in zip((bar.low, bar.high), shares[bar.name], strict=True):
            exact = float(truth.downtime(np.array(at)))
            assert side.downtime.low < exact < side.downtime.high
            assert side.against is not None
            middle = float(truth.downtime(np.array([0.5, 0.5])))
            assert side.against.difference.low < exact - middle < side.against.difference.high
            assert side.against.correlation > 0


def test_frames_say_what_the_values_say(studied: SensitivityResults) -> None:
    of = studied.of()
    indices, uncertainty = studied.indices(), studied.uncertainty()
    assert indices["input"].tolist() == ["mttf", "mttr"]
    assert indices["total"].tolist() == [index.value for index in of.indices.total]
    assert uncertainty["share"].tolist() == [of.split.share.value]
    assert len(studied.answers()) == RUNS
    assert {"mttf", "mttr", "place", "block"} <= set(studied.answers())
    assert len(studied.tornado()) == 7


def test_an_unknown_service_or_policy_is_told_with_what_there_is(studied: SensitivityResults) -> None:
    with pytest.raises(KeyError, match="did you mean 'web'"):
        studied.of("wep")
    with pytest.raises(KeyError, match="as-shipped"):
        studied.of(policy="other")


def test_progress_goes_from_nothing_to_all(studied: SensitivityResults) -> None:
    assert (TOLD[0], TOLD[-1]) == (0.0, 1.0)
    assert sorted(TOLD) == TOLD


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_a_folder_is_read_as_it_was_written(studied: SensitivityResults) -> None:
    assert studied.path is not None
    again = SensitivityResults.open(studied.path)
    assert again.of().tornado == studied.of().tornado
    assert again.of().indices == studied.of().indices
    assert (again.of().answers == studied.of().answers).all()


@pytest.mark.slow
def test_a_finished_study_is_not_run_again_and_more_runs_add_to_it(
    unit: Experiment, studied: SensitivityResults, tmp_path: Path
) -> None:
    out, calls = tmp_path / "r", Calls()
    first = run_sensitivity(unit, out=out, runs=RUNS, simulate=calls)
    assert studied.path is not None
    assert files(out) == files(studied.path)
    assert calls.count == 5 * 10 + RUNS
    run_sensitivity(unit, out=out, runs=RUNS, simulate=calls)
    assert calls.count == 5 * 10 + RUNS
    more = run_sensitivity(unit, out=out, runs=2 * RUNS, simulate=calls)
    assert more.rows * more.per_point == 2 * first.rows * first.per_point
    assert calls.count == 5 * 10 + 2 * RUNS


@pytest.mark.slow
def test_an_interrupted_study_goes_on_where_it_stopped_and_comes_to_the_same(
    unit: Experiment, studied: SensitivityResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, calls = tmp_path / "r", Calls()

    def stop(progress: Progress) -> None:
        if sum(progress.done.values()) == 100 and calls.count == 100:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted) as caught:
        run_sensitivity(unit, out=out, runs=RUNS, simulate=calls, progress=stop)
    assert caught.value.total == 5 * 10 + RUNS
    done = calls.count
    assert done < 110
    with pytest.raises(NotAResultFolder, match="resume"):
        SensitivityResults.open(out)
    run_sensitivity(unit, out=out, runs=RUNS, simulate=calls)
    assert calls.count == 5 * 10 + RUNS
    assert studied.path is not None
    assert files(out) == files(studied.path)


def test_a_study_that_is_interrupted_says_so_and_how_far_it_came(unit: Experiment, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if sum(progress.done.values()) == 20:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted):
        run_sensitivity(unit, out=tmp_path / "r", runs=RUNS, simulate=renewals, progress=stop)
    manifest = said(tmp_path / "r")
    assert (manifest["status"], manifest["counts"]) == ("interrupted", {"cells": 20, "failed": 0})


def test_a_study_whose_engine_is_lost_keeps_what_came_back_and_goes_on(
    unit: Experiment, studied: SensitivityResults, tmp_path: Path
) -> None:
    calls = Calls()
    with pytest.raises(BrokenOff, match=rf"^the scheduler is gone after 70 of {5 * 10 + RUNS} replications$"):
        run_sensitivity(unit, out=tmp_path / "r", runs=RUNS, simulate=calls, engine=LosesItself(70))
    assert (said(tmp_path / "r")["status"], said(tmp_path / "r")["counts"]["cells"]) == ("interrupted", 70)
    run_sensitivity(unit, out=tmp_path / "r", runs=RUNS, simulate=calls)
    assert calls.count == 5 * 10 + RUNS
    assert studied.path is not None
    assert files(tmp_path / "r") == files(studied.path)


@pytest.mark.slow
def test_rows_with_a_failed_run_are_left_out_and_counted(unit: Experiment, tmp_path: Path) -> None:
    found = run_sensitivity(unit, out=tmp_path / "r", runs=RUNS, simulate=Calls(raises=3))
    assert found.failed > 0
    columns, blocks, rows, _ = found.of().answers.shape
    assert (columns, blocks) == (4, 16)
    assert rows == found.rows // 16 - 1
    assert not np.isnan(found.of().answers).any()


def test_a_study_of_which_every_run_fails_has_no_numbers(unit: Experiment, tmp_path: Path) -> None:
    def broken(**given: Any) -> Run:
        raise RuntimeError("the model broke")

    with pytest.raises(NothingRan, match="the model broke"):
        run_sensitivity(unit, out=tmp_path / "r", runs=RUNS, simulate=broken)
    assert said(tmp_path / "r")["status"] == "failed"


@pytest.mark.slow
def test_another_experiment_is_not_mixed_in_and_other_bounds_are(unit: Experiment, tmp_path: Path) -> None:
    calls = Calls()
    small = unit.set("replications", 2)
    run_sensitivity(small, out=tmp_path / "r", runs=RUNS, simulate=calls)
    with pytest.raises(ChangedExperiment, match="duration"):
        run_sensitivity(small.set("duration", "50d"), out=tmp_path / "r", runs=RUNS, simulate=calls)
    before = calls.count
    run_sensitivity(small.set("uncertain[mttr].between", ["1h", "3h"]), out=tmp_path / "r", runs=RUNS, simulate=calls)
    assert 0 < calls.count - before <= 5 * 2 + RUNS


def test_values_that_cannot_be_run_are_said_before_anything_is(unit: Experiment, tmp_path: Path) -> None:
    out = tmp_path / "r"
    wrong = unit.set("uncertain[mttr]", {"name": "mttr", "path": "manifests", "values": [["no.yaml"], ["nor.yaml"]]})
    with pytest.raises(InputError, match="no such file"):
        run_sensitivity(wrong, out=out, runs=RUNS, simulate=Calls())
    assert not (out / "manifest.json").exists()


def test_an_experiment_without_uncertain_inputs_is_refused(unit: Experiment) -> None:
    with pytest.raises(Refusal, match=r"spec\.uncertain"):
        unit.set("spec.uncertain", None).run_sensitivity()


@pytest.mark.slow
def test_one_worker_finds_the_same_bytes_as_two(unit: Experiment, tmp_path: Path) -> None:
    for workers in (1, 2):
        run_sensitivity(unit, out=tmp_path / str(workers), runs=RUNS // 2, simulate=renewals, workers=workers)
    assert files(tmp_path / "1") == files(tmp_path / "2")
    manifests = [json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("1", "2")]
    assert manifests[0]["sensitivity"] == manifests[1]["sensitivity"]


@pytest.mark.slow
def test_the_simulator_finds_what_the_formula_says(unit: Experiment) -> None:
    is_right(unit.run_sensitivity(runs=RUNS).of(), Truth())

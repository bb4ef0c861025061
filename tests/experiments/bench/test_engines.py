"""The benchmark of engines."""

import json
import signal
from typing import Any

import pytest
from click.testing import CliRunner

from experiments.cli import cli, main
from experiments.runner import job
from experiments.runner.endings import BrokenOff, NothingRan
from experiments.runner.engines import EngineLost

SMALL = ["bench", "engines", "--cells", "2", "--nodes", "2", "--pods", "2", "--years", "0.01", "--rounds", "1"]


@pytest.mark.slow
def test_every_engine_is_compared_with_one_process() -> None:
    rows = json.loads(CliRunner().invoke(cli, [*SMALL, "--format", "json"], catch_exceptions=False).stdout)
    assert [(row["engine"], row["workers"]) for row in rows] == [("local", 1), ("local", 2), ("dask", 1), ("dask", 2)]
    assert rows[0]["gain"] == 1.0
    assert all(row["cells_per_second"] > 0 for row in rows)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_one_that_is_ended_says_that_it_was_interrupted(
    ending: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even where it comes in the last replication of a run, here the only one of the first."""
    run_cell = job.run_cell

    def ended(spec: Any) -> Any:
        signal.raise_signal(ending)
        return run_cell(spec)

    monkeypatch.setattr(job, "run_cell", ended)
    assert main(SMALL) == 130
    assert capsys.readouterr() == ("", "interrupted after 0 of 2 replications\n")


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (EngineLost("the scheduler is gone"), "the scheduler is gone"),
        (BrokenOff(1, 2, "", "the scheduler is gone"), "the scheduler is gone after 1 of 2 replications"),
        (NothingRan(2, "KeyError: 'x'"), "all 2 replications failed, the first by KeyError: 'x'"),
    ],
)
def test_one_that_comes_to_nothing_says_why(
    ending: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends(*given: Any, **named: Any) -> None:
        raise ending

    monkeypatch.setattr("experiments.bench.engines.run", ends)
    assert main(SMALL) == 3
    assert capsys.readouterr() == ("", f"kubenines: {said}\n")

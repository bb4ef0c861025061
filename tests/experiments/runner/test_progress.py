"""Progress: said now and then where there is no terminal, drawn where there is one, never in the results."""

import time

import pytest

from experiments.runner import progress
from experiments.runner.progress import Progress


def test_the_share_is_that_of_all_policies_together() -> None:
    assert Progress({"a": 3, "b": 1}, {"a": 4, "b": 4}).share == 0.5
    assert Progress({}, {}).share == 0


def test_without_a_terminal_a_line_is_written_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = time.monotonic()
    clock = iter([now + 1, now + 11, now + 11, now + 12, now + 30, now + 30])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress.reporter("auto") as tell:
        for done in range(1, 5):
            tell(Progress({"a": done}, {"a": 9}))
    out, err = capsys.readouterr()
    assert (out, err) == ("", "2/9 replications\n4/9 replications\n")


@pytest.mark.parametrize("mode", ["none", "rich"])
def test_nothing_goes_to_where_results_go(mode: progress.Mode, capsys: pytest.CaptureFixture[str]) -> None:
    with progress.reporter(mode) as tell:
        tell(Progress({"a": 1, "b": 0}, {"a": 2, "b": 2}))
        tell(Progress({"a": 2, "b": 2}, {"a": 2, "b": 2}))
    assert capsys.readouterr().out == ""

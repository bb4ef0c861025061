"""What Ctrl-C and SIGTERM stop: the run that is under way, and the command that it is a part of."""

import signal
import threading
from typing import Any

import pytest

from experiments.runner import run as runner
from experiments.runner.endings import Interrupted
from experiments.runner.interrupts import interrupts_set
from tests.experiments import fakes
from tests.experiments.fakes import Unit

LAST = 2


def interrupted_at_last(cluster: Unit, **kwargs: Any) -> Any:
    """Ctrl-C when the last replication of three is under way."""
    if kwargs["replication"] == LAST:
        signal.raise_signal(signal.SIGINT)
    return fakes.simulate(cluster, **kwargs)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_that_it_is_within_and_then_is_what_it_was(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    outer, inner = threading.Event(), threading.Event()
    with interrupts_set(outer), interrupts_set(inner):
        assert signal.getsignal(number) is not before
        signal.raise_signal(number)
        assert outer.is_set()
        assert inner.is_set()
        assert signal.getsignal(number) is before
    assert signal.getsignal(number) is before


def test_what_is_begun_after_the_signal_is_stopped_from_the_start_and_what_comes_later_is_not() -> None:
    begun, later = threading.Event(), threading.Event()
    with interrupts_set():
        signal.raise_signal(signal.SIGINT)
        with interrupts_set(begun):
            assert begun.is_set()
    with interrupts_set(later):
        assert not later.is_set()


def test_an_error_within_leaves_nothing_behind() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="inner"), interrupts_set(), interrupts_set():
        raise ValueError("inner")
    assert signal.getsignal(signal.SIGINT) is before
    stop = threading.Event()
    with interrupts_set(stop):
        signal.raise_signal(signal.SIGTERM)
    assert stop.is_set()


def test_a_command_of_several_runs_ends_though_the_signal_came_in_the_last_replication_of_one() -> None:
    plan, done = fakes.plan({"good": Unit(1e6, 60.0)}), []

    @interrupts_set()
    def command() -> None:
        for simulate in (interrupted_at_last, fakes.simulate):
            done.append(runner.run(plan, replications=LAST + 1, simulate=simulate))

    with pytest.raises(Interrupted):
        command()
    assert [len(results.cells) for results in done] == [LAST + 1]

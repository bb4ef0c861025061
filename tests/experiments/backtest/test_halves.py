"""A log cut in two."""

import numpy as np
import pytest

from experiments.backtest.halves import Halves, halves
from experiments.file.outages import Outage, OutageLog
from models.input.problems import InputError, Refusal


def log(*outages: tuple[str, float, float | None]) -> OutageLog:
    return OutageLog("log.csv", tuple(Outage(*outage, line) for line, outage in enumerate(outages, start=2)))


LOG = log(("a", 10.0, 20.0), ("b", 40.0, 60.0), ("a", 70.0, 90.0), ("c", 80.0, None))


def cut(**named: float | int) -> Halves:
    return halves(LOG, observed_from=0.0, observed_until=100.0, **named)  # type: ignore[arg-type]


def test_what_is_known_at_the_cut() -> None:
    first = cut().first
    assert (first.end, first.failures, first.nodes) == (50.0, 2, 3)
    assert first.up.sample().observed.tolist() == [10.0, 40.0]
    assert first.up.sample().censored.tolist() == [30.0, 50.0]  # a since its repair, c ever since
    assert first.down.sample().observed.tolist() == [10.0]
    assert first.down.sample().censored.tolist() == [10.0]  # of b nobody knew at the cut how long it would last
    assert first.age.tolist() == [30.0, 10.0, 50.0]
    assert first.is_down.tolist() == [False, True, False]
    assert first.availability == pytest.approx(1 - 20 / 150)


def test_what_happened_after_it() -> None:
    happened = cut().happened
    assert happened.counts(1).tolist() == [2.0]  # that of b began before
    assert happened.availabilities(1, 3, 50.0).tolist() == pytest.approx([1 - (10 + 20 + 20) / 150])


def test_nodes_that_never_failed_are_known_to_have_been_up() -> None:
    first = cut(nodes=5).first
    assert first.nodes == 5
    assert first.up.sample().censored.tolist() == [30.0, 50.0, 50.0, 50.0]


def test_the_cut_may_be_an_instant_or_another_share() -> None:
    assert cut(share=0.25).first.end == 25.0
    assert cut(at=75.0).first.failures == 3


def test_an_outage_at_the_cut_is_of_the_second_half() -> None:
    found = cut(at=70.0)
    assert found.first.failures == 2
    assert found.happened.counts(1).tolist() == [2.0]


def test_outages_that_touch_are_one() -> None:
    found = halves(log(("a", 0.0, 10.0), ("a", 10.0, 20.0), ("a", 90.0, 100.0)))
    assert (found.first.failures, found.united) == (1, 1)


def test_nothing_before_the_cut_to_fit_is_refused() -> None:
    late = log(("a", 70.0, 90.0))
    with pytest.raises(Refusal, match="no outage began before the split"):
        halves(late, observed_from=0.0, observed_until=100.0)
    with pytest.raises(Refusal, match="no node was up before the split"):
        halves(log(("a", 0.0, 90.0)))


@pytest.mark.parametrize(
    ("named", "error", "said"),
    [
        ({"at": 100.0}, Refusal, "the split must be within"),
        ({"at": -1.0}, Refusal, "the split must be within"),
        ({"nodes": 2}, Refusal, "it names 3 nodes, more than the 2"),
    ],
)
def test_what_cannot_be_cut_is_refused(named: dict[str, float], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        cut(**named)


def test_outages_outside_the_observation_are_problems_with_their_lines() -> None:
    with pytest.raises(InputError, match=r"log.csv:2:1: the outage starts before the observation"):
        halves(LOG, observed_from=11.0)
    with pytest.raises(InputError, match=r"log.csv:4:1: the outage is not over"):
        halves(LOG, observed_until=85.0)
    with pytest.raises(InputError, match="at one instant"):
        halves(log(("a", 5.0, 5.0)))


def test_an_instant_at_which_two_nodes_go_down_is_two_outages() -> None:
    found = halves(log(("a", 0.0, 10.0), ("b", 0.0, 10.0), ("a", 90.0, 100.0)))
    assert found.first.failures == 2
    assert np.array_equal(found.first.up.sample().observed, [])

import math

import pytest

from experiments.file.outages import Outage, OutageLog
from experiments.fitting.lifetimes import Lifetimes, last_instant, lifetimes
from models.input.problems import InputError


def log(*outages: tuple[str, float, float | None]) -> OutageLog:
    return OutageLog("log.csv", tuple(Outage(*outage, line) for line, outage in enumerate(outages, start=2)))


def times(found: Lifetimes) -> tuple[list[float], list[float], list[float], list[float]]:
    up, repair = found.up, found.repair
    return list(up.observed), list(up.censored), list(repair.observed), list(repair.censored)


TWO = log(("a", 10, 12), ("b", 3, 4), ("a", 20, 25), ("a", 60, 61))


def test_up_times_are_the_gaps_between_outages_of_one_entity_and_the_rest_is_censored() -> None:
    assert times(lifetimes(TWO, None, 100.0)) == ([8.0, 35.0], [39.0, 96.0], [1.0, 1.0, 2.0, 5.0], [])


def test_the_time_before_the_first_outage_counts_from_the_start_of_observation_on() -> None:
    assert times(lifetimes(TWO, 1.0, 100.0))[0] == [2.0, 8.0, 9.0, 35.0]


def test_without_an_end_of_observation_nothing_is_censored() -> None:
    assert times(lifetimes(TWO, None, None)) == ([8.0, 35.0], [], [1.0, 1.0, 2.0, 5.0], [])


def test_outages_that_overlap_or_touch_are_one() -> None:
    found = lifetimes(log(("a", 0, 10), ("a", 2, 5), ("a", 10, 12), ("a", 20, 21), ("b", 1, 2)), None, None)
    assert times(found) == ([8.0], [], [1.0, 1.0, 12.0], [])
    assert (found.united, found.entities) == (2, 2)


def test_an_outage_that_is_not_over_is_a_censored_repair() -> None:
    assert times(lifetimes(log(("a", 0, 1), ("a", 5, None)), None, 9.0)) == ([4.0], [], [1.0], [4.0])
    assert times(lifetimes(log(("a", 0, 1), ("a", 5, None)), None, None)) == ([4.0], [], [1.0], [])


def test_times_of_length_zero_are_counted_not_fitted() -> None:
    found = lifetimes(log(("a", 5, 5), ("a", 7, 8)), 5.0, 8.0)
    assert times(found) == ([2.0], [], [1.0], [])
    assert (found.up.zeros, found.repair.zeros) == (1, 1)


@pytest.mark.parametrize(("since", "until", "line"), [(4.0, None, 3), (None, 50.0, 5)])
def test_outages_outside_the_observation_are_problems(since: float | None, until: float | None, line: int) -> None:
    with pytest.raises(InputError) as error:
        lifetimes(TWO, since, until)
    assert [problem.location.line for problem in error.value.problems] == [line]


def test_the_last_instant_of_a_log_is_an_end_or_a_start() -> None:
    assert last_instant(TWO) == 61.0
    assert last_instant(log(("a", 5, None), ("b", 0, 0.0))) == 5.0
    assert math.isfinite(last_instant(TWO))

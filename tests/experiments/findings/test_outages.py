"""The outages of an experiment by number."""

import pytest

from experiments.findings.outages import Outage, longest_first, outages, typical, worst
from experiments.results import Results
from experiments.runner.run import run
from tests.experiments import fakes


@pytest.fixture(scope="module")
def results() -> Results:
    return run(fakes.two_policies(replications=2), simulate=fakes.simulate)


def outage(number: int, length: float) -> Outage:
    return Outage(number, "web", "one", 0, 100.0, 100.0 + length, "crash")


def test_they_are_numbered_in_the_order_of_the_table(results: Results) -> None:
    every = outages(results)
    assert [each.number for each in every] == list(range(1, len(results.outages) + 1))
    row = results.outages.iloc[4]
    assert every[4] == Outage(
        5, row["service"], row["policy"], row["replication"], row["start_s"], row["end_s"], row["cause"]
    )
    assert every[4].length == row["end_s"] - row["start_s"]


def test_a_number_is_the_same_whatever_is_asked_for(results: Results) -> None:
    some = outages(results.only("cart", "better"))
    assert 0 < len(some) < len(results.outages)
    assert {(each.service, each.policy) for each in some} == {("cart", "better")}
    every = {each.number: each for each in outages(results)}
    assert all(every[each.number] == each for each in some)


def test_chains_of_calls_are_no_services_of_their_own(results: Results) -> None:
    table = results.outages.replace({"service": {"cart": "frontend+calls"}})
    of = Results(results.manifest, {**results.tables, "outages": table}, results.resolved)
    of.services = ["frontend", "frontend+calls"]
    assert {each.service for each in outages(of)} == {"frontend"}


@pytest.mark.parametrize(
    ("lengths", "longest", "median"),
    [([5], 1, 1), ([3, 9], 2, 1), ([3, 9, 4], 2, 3), ([7, 7, 1, 2], 1, 4)],
)
def test_the_worst_is_the_longest_and_the_typical_of_median_length(
    lengths: list[float], longest: int, median: int
) -> None:
    some = [outage(number, length) for number, length in enumerate(lengths, 1)]
    assert worst(some).number == longest
    assert typical(some).number == median
    assert [each.length for each in longest_first(some)] == sorted(lengths, reverse=True)

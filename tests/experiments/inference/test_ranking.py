"""Rankings: an order, and letters and words for what is noise in it."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.findings.findings import Findings
from experiments.findings.merging import merged
from experiments.inference.estimate import Estimate
from experiments.inference.ranking import Ranking
from experiments.results import Results
from experiments.runner import run as runner
from models.input.problems import InputError
from tests.experiments import fakes
from tests.experiments.fakes import Unit

SHIPPED, GOOD, NEVER = Unit(864000.0, 1800.0), Unit(2e8, 600.0), Unit(1e14, 60.0)


def ranking(*apart: str, policies: str = "ABCD") -> Ranking:
    """Policies of one letter in their order; "AB" are told apart."""
    downtimes = {policy: Estimate(float(i), 0.0, 10.0, 0.95, 9, "", "downtime") for i, policy in enumerate(policies)}
    return Ranking("shop", downtimes, dict.fromkeys(policies, 5), frozenset(map(frozenset, apart)))


def results(units: dict[str, Unit], replications: int = 30) -> Results:
    return runner.run(fakes.plan(units), replications=replications, simulate=fakes.simulate)


@pytest.mark.parametrize(
    ("apart", "letters"),
    [
        ((), "a a a a"),
        (("AB", "AC", "AD", "BC", "BD", "CD"), "a b c d"),
        (("AC", "AD", "BD"), "a ab bc c"),
        (("AD",), "a ab ab b"),
        (("AB",), "a b ab ab"),
        (("AB", "CD"), "ab cd ac bd"),
    ],
)
def test_letters_say_who_cannot_be_told_from_whom(apart: tuple[str, ...], letters: str) -> None:
    assert " ".join(ranking(*apart).letters.values()) == letters


@given(st.sets(st.sampled_from([a + b for a, b in combinations("ABCDEF", 2)])))
def test_two_policies_share_a_letter_if_and_only_if_they_cannot_be_told_apart(apart: set[str]) -> None:
    found = ranking(*apart, policies="ABCDEF")
    for pair in combinations("ABCDEF", 2):
        share = any(set(pair) <= set(group) for group in found.groups)
        assert share == (frozenset(pair) not in found.apart)
    sets = [set(group) for group in found.groups]
    assert not any(one < other for one in sets for other in sets)


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        ((), ["A, B, C and D cannot be told apart"]),
        (
            ("AB", "AC", "AD", "BC", "BD", "CD"),
            ["A has the least downtime", "D has the most downtime"],
        ),
        (("AB", "AC", "AD"), ["B, C and D cannot be told apart", "A has the least downtime"]),
        (("AC", "BC", "AD", "BD"), ["A and B cannot be told apart", "C and D cannot be told apart"]),
    ],
)
def test_words_say_the_same_as_letters(apart: tuple[str, ...], said: list[str]) -> None:
    assert list(ranking(*apart).sentences()) == said


@pytest.mark.parametrize("policies", ["", "A"])
def test_nothing_is_said_of_one_policy_or_none(policies: str) -> None:
    assert list(ranking(policies=policies).sentences()) == []


def test_results_rank_the_policies_of_a_service() -> None:
    of = results({"as-shipped": SHIPPED, "good": GOOD, "never": NEVER, "rarer": Unit(1728000.0, 1800.0)})
    table = of.ranking("frontend")
    assert table["policy"].tolist() == ["never", "good", "rarer", "as-shipped"]
    assert table["group"].tolist() == ["a", "a", "b", "c"]
    assert table["outages"].tolist()[0] == 0
    assert list(of.ranked("frontend").sentences()) == [
        "never and good cannot be told apart",
        "as-shipped has the most downtime",
    ]


def test_policies_without_an_outage_are_said_to_be_so() -> None:
    of = results({"never": NEVER, "ever": Unit(2e14, 60.0)}, 3)
    assert list(of.ranked("cart").sentences()) == [
        "never and ever cannot be told apart (no outage seen under any of them)"
    ]


def test_a_policy_without_a_replication_is_left_out() -> None:
    of = results({"a": SHIPPED, "broken": Unit(864000.0, 1800.0, raises=(0, 1))}, 2)
    assert of.ranking("cart")["policy"].tolist() == ["a"]


def test_the_order_of_comparisons_does_not_change_verdicts() -> None:
    units = {"as-shipped": SHIPPED, "good": GOOD, "rarer": Unit(1728000.0, 1800.0)}
    forward, backward = results(units), results(dict(reversed(units.items())))
    assert forward.ranked("cart").letters == backward.ranked("cart").letters


def test_results_are_merged_with_the_luck_of_their_replications() -> None:
    here, there = results({"as-shipped": SHIPPED}), results({"as-shipped": SHIPPED, "good": GOOD})
    both = merged({"here": here, "there": there})
    assert both.policies == ["here/as-shipped", "there/as-shipped", "there/good"]
    same = both.comparison("frontend", "there/as-shipped")
    assert same is not None
    assert str(same) == "the same"
    assert both.ranked("frontend").letters == {
        "there/good": "a",
        "here/as-shipped": "b",
        "there/as-shipped": "b",
    }


def test_results_that_cannot_be_compared_are_refused_with_every_reason() -> None:
    here = results({"a": SHIPPED}, 2)
    there = Findings(replace(here.manifest, confidence=0.9, services=["other"]), here.tables)
    with pytest.raises(InputError) as caught:
        merged({"here": here, "there": there})
    assert "no Service in common" in str(caught.value)
    assert "there: intervals at 90% where those of here are at 95%" in str(caught.value)

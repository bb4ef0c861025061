"""Comparisons: paired, adjusted for their number, and resolved only when enough was seen."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.inference import significance
from experiments.inference.comparison import Comparison, Versus, compare
from experiments.inference.sample import Sample
from models.units import YEAR
from tests.experiments.inference.paired_studies import Outages, Study, compared, fixed, lognormal, student

Spans = Sequence[tuple[int, float, float]]


def sample(spans: Spans, replications: int = 100) -> Sample:
    """Outages of (replication, start, end)."""
    owners = np.array([r for r, _, _ in spans], dtype=np.int64)
    times = np.array([(start, end) for _, start, end in spans], dtype=float).reshape(-1, 2)
    downtimes = np.bincount(owners, times[:, 1] - times[:, 0], replications).astype(float)
    counts = np.bincount(owners, minlength=replications).astype(float)
    return Sample(np.arange(replications), np.full(replications, YEAR), downtimes, counts, owners, times)


def against(mine: Spans, other: Spans, replications: int = 100) -> Comparison:
    return compare({"": Versus(sample(mine, replications), sample(other, replications))}, 0.95)[""]


LUCK = [(r, 1000.0 * r, 1000.0 * r + 60.0 * (1 + r % 7)) for r in range(100)]


def test_common_luck_makes_a_small_difference_visible() -> None:
    found = against([(r, start, end - 10.0 - r % 3) for r, start, end in LUCK], LUCK)
    assert found.correlation > 0.99
    assert found.stars == "***"
    assert found.difference.value == pytest.approx(-10.99)
    assert -14 < found.difference.low < found.difference.high < -3


def test_the_same_policy_twice_is_the_same() -> None:
    assert str(against(LUCK, LUCK)) == "the same"


def test_differences_that_cancel_are_not_called_the_same() -> None:
    found = against([*LUCK, (0, 1e6, 1e6 + 60)], [*LUCK, (1, 1e6, 1e6 + 60)])
    assert (found.difference.value, found.differing, found.p) == (0.0, 2, 1.0)
    assert str(found).endswith("not resolved")


def test_two_policies_without_an_outage_are_not_called_the_same() -> None:
    assert str(against([], [])) == "no outage in either"
    assert against([], []).difference.high > 0


def test_a_clear_difference_from_few_outages_is_not_resolved() -> None:
    found = against([], LUCK[:15])
    assert (found.p < 0.001, found.resolved, found.stars) == (True, False, "")
    assert str(found).endswith("not resolved (few outages)")


def test_four_outages_of_one_side_say_no_more_than_four_coins() -> None:
    assert against(LUCK[:4], []).p == pytest.approx(1 / 8)


def test_what_is_lost_at_the_same_moments_cancels() -> None:
    """Moved to where the other is up, the same outages leave the difference uncertain; at the same moments not."""
    extra = [(r, 500_000.0, 500_060.0) for r in range(30)]
    together = against([*LUCK, *extra], LUCK).difference
    moved = [(r, start + 200_000.0, end + 200_000.0) for r, start, end in LUCK]
    apart = against([*moved, *extra], LUCK).difference
    assert together.value == pytest.approx(apart.value)
    assert 1.5 * (together.high - together.low) < apart.high - apart.low


def test_of_several_policies_each_needs_more_to_be_resolved() -> None:
    rng = np.random.default_rng(8)
    samples = Study(Outages(0), (Outages(60), *(Outages(60) for _ in range(8)))).samples(rng)
    family = {policy: Versus(samples[policy], samples["0"]) for policy in list(samples)[1:]}
    together = compare(family, 0.95)
    alone = [compare({policy: versus}, 0.95)[policy] for policy, versus in family.items()]
    assert [one.p for one in together.values()] == pytest.approx([one.adjusted for one in alone], abs=0.03)
    assert all(one.adjusted >= one.p for one in together.values())
    assert max(one.adjusted / one.p for one in together.values()) > 1.5


def test_only_replications_that_both_have_are_compared() -> None:
    mine, other = sample(LUCK), sample([(r, start, end + 100.0) for r, start, end in LUCK])
    kept = np.arange(100) % 2 == 0
    half = Sample(
        mine.replications[kept], mine.windows[kept], mine.downtimes[kept], mine.counts[kept], mine.owners, mine.spans
    )
    half = replace(half, owners=mine.owners[kept], spans=mine.spans[kept])
    found = compare({"forth": Versus(half, other), "back": Versus(other, half)}, 0.95)
    assert found["forth"].difference.n == 50
    assert found["forth"].outages == 100
    assert found["forth"].difference.value == pytest.approx(-100.0)
    assert found["back"].difference.value == pytest.approx(100.0)
    assert not compare({"none": Versus(half, Sample.empty())}, 0.95)


edges = st.lists(st.integers(0, 60), unique=True, max_size=12).map(sorted)


@given(edges, edges, st.integers(2, 4))
def test_the_difference_is_that_of_the_downtimes_and_mirrors(first: list[int], second: list[int], count: int) -> None:
    def spans(of: list[int]) -> Spans:
        pairs = list(zip(of[::2], of[1::2], strict=False))
        return [(n % count, float(start), float(end)) for n, (start, end) in enumerate(pairs)]

    lost = [sum(end - start for _, start, end in spans(of)) for of in (first, second)]
    one, other = (against(spans(a), spans(b), count) for a, b in ((first, second), (second, first)))
    assert one.difference.value == pytest.approx((lost[0] - lost[1]) / count, abs=1e-6)
    assert (one.difference.low, one.difference.high) == pytest.approx(
        (-other.difference.high, -other.difference.low), abs=1e-6
    )
    assert one.difference.low <= one.difference.value <= one.difference.high
    assert one.p == other.p


@pytest.mark.parametrize(
    ("study", "at_least"),
    [
        (Study(Outages(0), (Outages(10), Outages(0))), 0.93),
        (Study(Outages(7, lognormal), (Outages(13, lognormal), Outages(0))), 0.90),
        (Study(Outages(45), (Outages(5), Outages(0))), 0.93),
        (Study(Outages(0), (Outages(200), Outages(100))), 0.93),
    ],
)
def test_the_interval_of_a_difference_holds_it_where_students_does_not(
    study: Study, at_least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(significance, "FLIPS", 1)
    rng, held, students = np.random.default_rng(5), 0, 0
    for _ in range(300):
        samples, (found,) = compared(study, rng)
        low, high = student(samples)[0]
        students += low <= study.difference(1) <= high
        held += found.difference.low <= study.difference(1) <= found.difference.high
    assert held / 300 >= at_least - 0.02
    assert held > students


@pytest.mark.parametrize(
    "study",
    [
        Study(Outages(0), (Outages(10), Outages(10))),
        Study(Outages(10, lognormal), (Outages(10, lognormal), Outages(10, lognormal))),
        Study(Outages(0), (Outages(20), Outages(5, fixed, 2400.0))),
    ],
)
def test_without_a_difference_hardly_any_verdict_is_reached(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(significance, "FLIPS", 399)
    rng = np.random.default_rng(6)
    reached = sum(compared(study, rng)[1][0].resolved for _ in range(300))
    assert reached / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)

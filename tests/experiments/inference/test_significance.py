"""Sign flips: exact when few replications differ, and no more false verdicts in a family than promised."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.inference import significance
from experiments.inference.significance import sign_flips
from tests.experiments.inference.paired_studies import Outages, Study, familywise, lognormal

TABLES = arrays(float, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=st.integers(-3, 3).map(float))


@pytest.fixture(autouse=True)
def fewer_flips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(significance, "FLIPS", 999)


@pytest.mark.parametrize("differing", range(1, 14))
def test_differences_of_one_sign_are_as_unlikely_as_coins(differing: int) -> None:
    column = np.zeros((100, 1))
    column[:differing] = 5.0
    assert sign_flips(column).p == pytest.approx([2 / 2**differing])


def test_random_flips_agree_with_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(3).normal(0.4, 1.0, (13, 3))
    exact = sign_flips(differences)
    monkeypatch.setattr(significance, "EXACT", 0)
    monkeypatch.setattr(significance, "FLIPS", 50_000)
    random = sign_flips(differences)
    assert random.p == pytest.approx(exact.p, abs=0.01)
    assert random.adjusted == pytest.approx(exact.adjusted, abs=0.01)


def test_random_flips_never_say_impossible() -> None:
    assert sign_flips(np.ones((100, 1))).p == pytest.approx([1 / 1000])


def test_no_difference_is_no_evidence() -> None:
    found = sign_flips(np.zeros((10, 2)))
    assert found.p.tolist() == found.adjusted.tolist() == [1.0, 1.0]


@given(TABLES)
def test_adjusting_only_weakens_and_keeps_the_order(differences: np.ndarray) -> None:
    found = sign_flips(differences)
    assert (found.adjusted >= found.p - 1e-12).all()
    sizes = np.sqrt(np.square(differences).sum(axis=0))
    statistic = np.abs(differences.sum(axis=0)) / np.where(sizes > 0, sizes, 1)
    order = np.argsort(-statistic, kind="stable")
    assert (np.diff(found.adjusted[order]) >= 0).all()


@given(TABLES, st.randoms(use_true_random=False))
def test_neither_the_order_of_replications_nor_the_sign_matters(differences: np.ndarray, random: object) -> None:
    turned = -differences[np.random.default_rng(len(differences)).permutation(len(differences))]
    assert sign_flips(turned).adjusted == pytest.approx(sign_flips(differences).adjusted)


def test_the_same_pair_twice_costs_nothing() -> None:
    column = np.random.default_rng(1).normal(0.3, 1.0, (12, 1))
    assert sign_flips(np.repeat(column, 5, axis=1)).adjusted == pytest.approx(np.repeat(sign_flips(column).p, 5))


def test_a_pair_that_could_never_be_told_apart_costs_nothing() -> None:
    column = np.zeros((60, 2))
    column[:11, 0] = 1.0
    column[11:13, 1] = 1.0
    assert sign_flips(column).adjusted == pytest.approx([2 / 2**11, 1 / 2])


@pytest.mark.parametrize(("expected", "alone"), [(5.0, 0.0), (20.0, 0.1)])
def test_in_a_family_without_differences_hardly_any_verdict_is_reached(
    expected: float, alone: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(significance, "FLIPS", 399)
    found = familywise(Study(Outages(expected / 2), (Outages(expected / 2, lognormal),) * 6), 300, 11)
    error = 3 * np.sqrt(0.05 * 0.95 / 300)
    assert found["adjusted"] <= 0.05 + error
    assert found["resolved"] <= 0.05 + error
    assert found["Holm"] <= found["adjusted"]
    assert found["alone"] > alone

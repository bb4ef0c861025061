"""Sobol' indices of functions whose indices are known, with and without luck."""

import numpy as np
import pytest
from scipy import stats

from experiments.design.pick_freeze import BLOCKS, PickFreeze
from experiments.inference.sobol_indices import half_square, indices, luck
from tests.experiments.inference.index_studies import FIRST, TOTAL, VARIANCE, Study, coverage, ishigami


def test_indices_of_ishigamis_function_are_found_without_luck() -> None:
    found = Study(1024).indices(0)
    for interval, exact in zip((*found.first, *found.total), (*FIRST, *TOTAL), strict=True):
        assert interval.value == pytest.approx(exact, abs=0.06)
    assert found.variance.value * VARIANCE == pytest.approx(VARIANCE, rel=0.05)


def test_scipy_finds_the_same_indices() -> None:
    found = Study(1024).indices(1)
    theirs = stats.sobol_indices(
        func=lambda points: ishigami(points.T)[np.newaxis], n=1024, dists=[stats.uniform()] * 3, rng=1
    )
    assert [i.value for i in found.first] == pytest.approx(theirs.first_order.ravel(), abs=0.08)
    assert [i.value for i in found.total] == pytest.approx(theirs.total_order.ravel(), abs=0.08)


@pytest.mark.parametrize(("common", "own"), [(1.0, 0.0), (0.0, 0.5)])
def test_luck_within_the_points_leaves_no_bias(common: float, own: float) -> None:
    """Shares are of squares, so only the squares themselves can be without any bias."""
    study, parts = Study(64, 2, 3, common, own), []
    for seed in range(25):
        a, b, *mixed = study.answers(seed)
        parts.append([half_square(a - b), *(half_square(b - c) for c in mixed), *(half_square(a - c) for c in mixed)])
    exact = np.array([1.0, *(1 - FIRST), *TOTAL])
    off = (np.mean(parts, axis=0) - exact) / (np.std(parts, axis=0, ddof=1) / len(parts) ** 0.5)
    assert np.abs(off).max() < 4


def test_without_the_correction_luck_would_look_like_variance() -> None:
    answers = Study(256, 2, 3, own=0.5).answers(0)
    told = half_square(answers[0] - answers[1])
    untold = half_square((answers[0] - answers[1]).mean(axis=-1, keepdims=True))
    assert told == pytest.approx(1.0, abs=0.4)
    assert untold > 2.0


def test_an_input_that_does_nothing_has_no_noise_where_luck_is_common() -> None:
    answers = Study(64, 4, 3, common=1.0).answers(0)
    answers[4] = answers[0]  # the third input is not read
    assert indices(answers, 0.95).total[2].value == 0.0


def test_answers_that_differ_by_luck_alone_have_no_indices() -> None:
    answers = np.random.default_rng(0).gamma(1.0, 1.0, (4, BLOCKS, 8, 3))
    found = indices(answers, 0.95)
    assert not found.known
    assert np.isnan([i.value for i in (*found.first, *found.total)]).all()
    assert found.variance.low == 0.0


def test_answers_that_never_differ_have_no_indices() -> None:
    found = indices(np.ones((3, BLOCKS, 2, 2)), 0.95)
    assert not found.known
    assert found.variance.value == 0.0


def test_one_input_alone_is_all_of_the_variance() -> None:
    design = PickFreeze.scrambled(1, 64, 0)
    found = indices(design.points, 0.95)
    assert (found.first[0].value, found.total[0].value) == pytest.approx((1.0, 1.0))


def test_indices_do_not_change_with_the_unit_of_the_answer() -> None:
    answers = Study(64, 2, 3, 0.5, 0.2).answers(0)
    one, other = (indices(answers * scale, 0.95) for scale in (1.0, 1e-9))
    for mine, its in zip((*one.first, *one.total), (*other.first, *other.total), strict=True):
        assert (mine.value, mine.low, mine.high) == pytest.approx((its.value, its.low, its.high))


def test_luck_is_the_variance_of_a_mean() -> None:
    replications = np.array([[1.0, 2.0, 6.0]])
    assert luck(replications)[0] == pytest.approx(np.var(replications, ddof=1) / 3)
    assert luck(np.array([[5.0]]))[0] == 0.0


# --- the design -------------------------------------------------------------------------------------------------------


def test_mixed_points_are_those_of_a_but_for_one_input() -> None:
    design = PickFreeze.scrambled(3, 32, 7)
    a, b, *mixed = design.points
    for number, points in enumerate(mixed):
        differs = (points != a).any(axis=(0, 1))
        assert differs.tolist() == [i == number for i in range(3)]
        assert (points[..., number] == b[..., number]).all()


def test_the_same_seed_gives_the_same_points_and_blocks_differ() -> None:
    one, same, other = (PickFreeze.scrambled(2, 32, seed) for seed in (3, 3, 4))
    assert (one.a == same.a).all()
    assert (one.a != other.a).any()
    assert (one.a[0] != one.a[1]).any()


@pytest.mark.parametrize("rows", [0, 8, 24, 48, 100])
def test_rows_that_fill_no_block_are_refused(rows: int) -> None:
    with pytest.raises(ValueError, match="times a power of 2"):
        PickFreeze.scrambled(2, rows, 0)


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_the_table_says() -> None:
    """Nominal 95 %; the table has 0.90 or more wherever there are 128 rows. Four standard errors of 100 studies."""
    for study in (Study(128), Study(128, 4, 2, own=0.5), Study(128, 2, 10, 0.5)):
        known, held = coverage(study, 100)
        assert known > 80
        assert held.min() > 0.90 - 4 * (0.9 * 0.1 / known) ** 0.5

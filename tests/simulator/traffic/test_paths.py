"""Where attempts arrive, against the enumeration of every way that a request may take."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.traffic import Retries
from simulator.traffic import paths
from simulator.traffic.attempts import Chance, Look, outcomes
from tests.simulator.traffic.fluid.slow_attempts import outcome as slow_outcome


def every_way(looks: Sequence[Sequence[float]], elsewhere: bool) -> Iterator[tuple[tuple[int, ...], float]]:
    """The endpoints of each attempt (-1: nowhere), if all fail, with the probability of that choice."""
    for way in itertools.product(range(-1, len(looks[0])), repeat=len(looks)):
        chance, tried = 1.0, set[int]()
        for shares, endpoint in zip(looks, way, strict=True):
            left = {e: share for e, share in enumerate(shares) if e not in tried and share}
            fresh = bool(left)
            left = left or {e: share for e, share in enumerate(shares) if share} or {-1: 1.0}
            chance *= left.get(endpoint, 0.0) / sum(left.values())
            if elsewhere and fresh:
                tried.add(endpoint)
        if chance:
            yield way, chance


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.integers(0, 10_000))
def test_attempts_arrive_as_every_way_that_a_request_may_take_says(
    endpoints: int, attempts: int, elsewhere: bool, seed: int
) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    shares = rng.choice([0.0, 1.0, 1.0, 2.5], (attempts, endpoints))
    failing = rng.choice([0.0, 0.3, 1.0, 0.9], (attempts, endpoints))
    limits = tuple([paths.limit(1, attempts, tried=bool((one > 0).any())) for one in (shares * failing).T])
    found = paths.arrivals(
        shares[None], failing[None], np.ones((1, endpoints), dtype=np.int64), limits, elsewhere=elsewhere
    )
    at, nowhere = np.zeros((attempts, endpoints)), np.zeros(attempts)
    for number in range(attempts):
        for way, chance in every_way(shares[: number + 1].tolist(), elsewhere):
            failed = np.prod([1.0 if e < 0 else failing[k, e] for k, e in enumerate(way[:-1])])
            if way[-1] < 0:
                nowhere[number] += chance * failed
            else:
                at[number, way[-1]] += chance * failed
    assert found.at[0] == pytest.approx(at, abs=1e-14)
    assert found.nowhere[0] == pytest.approx(nowhere, abs=1e-14)


@pytest.mark.parametrize("attempts", [1, 2, 3, 6])
def test_endpoints_that_are_alike_may_form_a_class(attempts: int) -> None:
    """Three of one sort and two of another are five, whether or not they are put together."""
    shares, failing = np.array([0.1, 0.1, 0.1, 0.3, 0.3]), np.array([0.8, 0.8, 0.8, 0.5, 0.5])
    apart = paths.arrivals(
        np.tile(shares, (1, attempts, 1)),
        np.tile(failing, (1, attempts, 1)),
        np.ones((1, 5), dtype=np.int64),
        (paths.limit(1, attempts, tried=True),) * 5,
        elsewhere=True,
    )
    together = paths.arrivals(
        np.tile(shares[[0, 3]], (1, attempts, 1)),
        np.tile(failing[[0, 3]], (1, attempts, 1)),
        np.array([[3, 2]]),
        (paths.limit(3, attempts, tried=True), paths.limit(2, attempts, tried=True)),
        elsewhere=True,
    )
    sums = np.stack((apart.at[:, :, :3].sum(axis=2), apart.at[:, :, 3:].sum(axis=2)), axis=2)
    assert together.at == pytest.approx(sums, abs=1e-15)


def test_with_equal_shares_all_fail_as_often_as_the_mean_product_over_the_endpoints_says() -> None:
    """k of n without replacement, all n unlike: e_k / C(n, k), the elementary symmetric mean of the failures."""
    failing = np.linspace(0.1, 0.99, 12)
    found = paths.arrivals(
        np.full((1, 4, 12), 1 / 12),
        np.tile(failing, (1, 4, 1)),
        np.ones((1, 12), dtype=np.int64),
        (1,) * 12,
        elsewhere=True,
    )
    for k in range(1, 5):
        mean = np.mean([np.prod(some) for some in itertools.combinations(failing.tolist(), k)])
        assert (found.at[0, k - 1] * failing).sum() == pytest.approx(mean, rel=1e-13)


def test_problems_and_pasts_taken_piece_by_piece_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.Generator(np.random.PCG64(4))
    given = (rng.random((7, 4, 6)), rng.random((7, 4, 6)), np.ones((7, 6), dtype=np.int64), (1,) * 6)
    whole = paths.arrivals(*given, elsewhere=True)
    monkeypatch.setattr(paths, "_CELLS", 10)
    pieces = paths.arrivals(*given, elsewhere=True)
    assert pieces.at == pytest.approx(whole.at, rel=1e-14)


@pytest.mark.parametrize("budget", [0.0, 1e-9, 0.1, 0.7, 1.0, 5.0])
def test_retries_are_allowed_until_the_budget_is_spent(budget: float) -> None:
    failed = np.sort(np.random.Generator(np.random.PCG64(1)).random((200, 5)))[:, ::-1]
    again = paths.allowed(failed, budget)
    spent = (failed * again[:, None] ** np.arange(1, 6)).sum(axis=1)
    assert ((again >= 0) & (again <= 1)).all()
    assert spent == pytest.approx(np.minimum(failed.sum(axis=1), budget), rel=1e-13, abs=1e-300)


def test_nothing_is_spent_where_nothing_fails() -> None:
    assert paths.allowed(np.zeros((1, 3)), 0.0).tolist() == [1.0]
    assert paths.allowed(np.zeros((1, 0)), 0.0).tolist() == [1.0]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.integers(0, 10_000),
    st.integers(0, 4),
    st.booleans(),
    st.sampled_from([0.0, 0.2, 1.0, 3.0]),
    st.sampled_from([(0.1,), (0.1, 0.4)]),
)
def test_outcomes_of_many_requests_are_those_of_each(
    seed: int, attempts: int, elsewhere: bool, budget: float, shares: tuple[float, ...]
) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    retries = Retries(attempts, elsewhere, budget_share=budget)
    reasons = [("dead endpoint", "crash/a"), ("overload", ""), ("dead endpoint", "")]
    looks = []
    for number in range(5):
        met = np.flatnonzero(rng.random(6) < 0.6).tolist()
        chances = {
            endpoint: Chance(float(rng.choice(shares)), float(rng.choice([0.0, 0.6, 1.0])), reasons[rng.integers(3)])
            for endpoint in met
        }
        looks.append(Look(chances, ("no endpoint", f"cause/{number}")))
    rows = rng.integers(5, size=(9, attempts + 1)).tolist()
    for row, found in zip(rows, outcomes(looks, rows, retries), strict=True):
        slow = slow_outcome([looks[look] for look in row], retries)
        none = dict.fromkeys((*found.lost, *slow.lost), 0.0)
        assert none | found.lost == pytest.approx(none | slow.lost, abs=1e-12)
        assert (found.retries, found.shed) == pytest.approx((slow.retries, slow.shed), abs=1e-12)

"""Burn-rate alerts in a running simulation: when they fire, and what they remember."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.log import Kind
from simulator.stories.alerts import PAGE, Alert, fires_after
from tests.simulator.clusters import HOUR, Lab, behaviour, cluster, deployment, down, nodes

SHARES = st.floats(0.0, 1.0)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.05, 0.02, 0.0145, 0.0143, 0.0])
def test_a_steady_share_of_errors_is_noticed_as_the_workbook_says(share: float) -> None:
    """(1 - objective) / error share x window x burn rate (Site Reliability Workbook, chapter 5)."""
    expected = 0.001 / share * HOUR * 14.4 if share > 0.0144 else math.inf
    assert fires_after([0.0], [share], 0.0, HOUR, PAGE.limit) == pytest.approx(expected, rel=1e-6)


def lost(times: list[float], shares: list[float], at: float, window: float) -> float:
    """What is lost in the window that ends at this time, added up second by second."""
    ends = [*times[1:], math.inf]
    return sum(
        share * max(0.0, min(end, at) - max(start, at - window))
        for start, end, share in zip(times, ends, shares, strict=True)
    )


@given(st.lists(st.tuples(st.floats(1.0, 500.0), SHARES), min_size=1, max_size=6), st.floats(0.05, 0.9))
def test_until_it_fires_no_window_has_lost_too_much_and_then_one_has(
    steps: list[tuple[float, float]], limit: float
) -> None:
    times, shares, now, window = [], [], 0.0, 300.0
    for length, share in steps:
        times.append(now)
        shares.append(share)
        now += length
    after = fires_after(times, shares, now, window, limit)
    horizon = min(after, 2 * window)
    for part in range(10):
        assert lost(times, shares, now + horizon * part / 10, window) <= limit * window * (1 + 1e-6) or after == 0
    if after < math.inf:
        assert lost(times, shares, now + after, window) >= limit * window * (1 - 1e-6)


def test_an_outage_of_everybody_fires_after_52_seconds() -> None:
    lab = Lab(cluster(nodes(1), deployment()), behaviour(), (down(0, at=1000.0),))
    world = lab.simulation.world
    budget = world.alerts.on(lab.state.services[0], PAGE)
    fired = budget.fires()
    lab.run(1051.0)
    assert not fired.triggered
    assert not world.alerts.are_quiet
    lab.run(1052.0)
    assert fired.triggered


def test_what_is_lost_is_forgotten_after_the_window() -> None:
    lab = Lab(cluster(nodes(1), deployment()), behaviour(), (down(0, at=1000.0, lasting=10.0),))
    world = lab.simulation.world
    world.alerts.on(lab.state.services[0], Alert(window=600.0))
    assert not lab.run(1400.0).simulation.world.alerts.are_quiet
    assert lab.run(2000.0).simulation.world.alerts.are_quiet


def test_nothing_older_than_the_window_is_kept_though_nobody_waits_for_the_alert() -> None:
    begins = range(0, 100_000, 1000)
    lab = Lab(cluster(nodes(1), deployment()), behaviour(), tuple(down(0, at=at, lasting=10.0) for at in begins))
    budget = lab.simulation.world.alerts.on(lab.state.services[0], Alert(window=600.0))
    lab.run(100_000.0)
    assert len(lab.rows(Kind.SERVICE_ANSWERING)) > 100
    assert len(budget._times) == len(budget._shares) < 10


@pytest.mark.parametrize("wrong", [{"objective": 1.0}, {"burn_rate": 0.0}, {"window": 0.0}])
def test_what_cannot_be_an_alert_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Alert(**wrong)
    with pytest.raises(ValueError, match=r"could never fire: at a `burnRate` of 14\.4 more than 144%"):
        Alert(objective=0.9)

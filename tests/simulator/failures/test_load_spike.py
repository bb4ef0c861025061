"""Spikes of the load: how often they come, how long they last, and that they multiply."""

import pytest

from models.distributions import Exponential, Fixed
from models.traffic import RequestRate, Traffic
from simulator.failures.load_spike import LoadSpike
from simulator.log import Kind
from simulator.run import simulate
from simulator.traffic.run import expected
from tests.simulator.clusters import DAY, Lab, cluster, deployment, nodes

WEB = cluster(nodes(1), deployment())
USUAL = Traffic("web", RequestRate.constant(10.0))


def spike(name: str = "sale", at: float = 100.0, lasting: float = 50.0, factor: float = 3.0) -> LoadSpike:
    return LoadSpike(name, "web", Fixed(at), Fixed(lasting), factor)


def test_it_comes_from_the_end_of_one_to_the_next_and_lasts_as_long_as_its_law_says() -> None:
    lab = Lab(WEB, failures=[spike()], traffic=[USUAL]).run(320.0)
    assert lab.log(Kind.SERVICE_RATE) == [
        (100.0, "web", 3_000_000),
        (150.0, "web", 1_000_000),
        (250.0, "web", 3_000_000),
        (300.0, "web", 1_000_000),
    ]
    assert lab.simulation.strikes()["sale"] == 2
    assert {row[-1] for row in lab.rows(Kind.SERVICE_RATE)} == {"sale/web"}


def test_spikes_that_overlap_multiply_and_leave_no_residue() -> None:
    lab = Lab(WEB, failures=[spike(), spike("news", at=120.0, lasting=100.0, factor=0.5)], traffic=[USUAL]).run(230.0)
    assert [new / 1e6 for *_, new in lab.log(Kind.SERVICE_RATE)] == [3.0, 1.5, 0.5, 1.0]


@pytest.mark.parametrize("factor", [0.0, -1.0, 1.0, 1e-9, 1e7, 1e308, float("nan")])
def test_a_factor_that_changes_nothing_or_that_cannot_be_kept_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="must be from 1e-06 to 1e\\+06, and not 1"):
        spike(factor=factor)


def test_as_many_requests_come_as_the_spikes_say() -> None:
    """300 days of 10 a second, and of 20 more for an hour after each time that is 23 h in the mean."""
    sale = LoadSpike("sale", "web", Exponential(23 * 3600.0), Fixed(3600.0), 3.0)
    run = simulate(WEB, failures=[sale], traffic=[USUAL], duration=300 * DAY, keep_log=True)
    spikes = run.strikes["sale"]
    # A renewal process with cycles of 24 h in the mean, of which 23 h are exponential: 300 of them, give or take.
    assert abs(spikes - 300) < 4 * 300**0.5 * 23 / 24
    found = expected(USUAL, run, WEB)
    cut = 20.0 * 3600.0  # the last may not be over at the end
    assert 0 <= 10.0 * 300 * DAY + spikes * cut - found.offered <= cut

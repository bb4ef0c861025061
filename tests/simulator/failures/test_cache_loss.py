"""Caches that are lost: what comes without them, and how they are filled again."""

import pytest

from models.distributions import Fixed
from models.protection import Cache
from models.traffic import RequestRate, Traffic
from simulator.failures.cache_loss import CacheLoss
from simulator.log import Kind
from simulator.rare.settled import settled
from tests.simulator.clusters import Lab, cluster, deployment, down, nodes

WEB = cluster(nodes(1), deployment())


def lab(loss: CacheLoss, cache: Cache | None) -> Lab:
    return Lab(WEB, failures=[loss], traffic=[Traffic("web", RequestRate.constant(10.0), cache=cache)])


@pytest.mark.parametrize("hits", [0.5, 0.9, 0.99])
def test_without_it_everything_comes_and_ever_less_until_it_is_filled(hits: float) -> None:
    ran = lab(CacheLoss("flush", "web", Fixed(100.0)), Cache(hits, fill_time=40.0)).run(199.0)
    rates = ran.log(Kind.SERVICE_RATE)
    assert [time for time, *_ in rates] == pytest.approx([100.0 + 2.0 * step for step in range(21)])
    levels = [new / 1e6 for *_, new in rates]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 1.0
    # What comes beside the misses is half of what it would be if nothing were filled.
    assert sum(levels[:-1]) / 20 - 1 == pytest.approx((1 / (1 - hits) - 1) / 2, rel=1e-5)
    assert ran.simulation.strikes()["flush"] == 1


def test_one_that_is_lost_while_nobody_answers_is_filled_once_somebody_does() -> None:
    traffic = [Traffic("web", RequestRate.constant(10.0), cache=Cache(0.9, fill_time=40.0))]
    failures = [down(0, at=100.0, lasting=100.0), CacheLoss("flush", "web", Fixed(150.0))]
    ran = Lab(WEB, failures=failures, traffic=traffic).run(299.0)
    [answers] = ran.times(Kind.SERVICE_ANSWERING, 1, since=100.0)
    rates = [(time, new / 1e6) for time, _, new in ran.log(Kind.SERVICE_RATE)]
    assert [time for time, _ in rates[1:]] == pytest.approx([answers + 2.0 * step for step in range(1, 21)])
    assert rates[-1][1] == 1.0


def test_one_that_is_lost_while_it_is_filled_begins_anew() -> None:
    ran = lab(CacheLoss("flush", "web", Fixed(30.0)), Cache(0.5, fill_time=40.0)).run(1000.0)
    levels = [new / 1e6 for *_, new in ran.log(Kind.SERVICE_RATE)]
    assert min(levels) > 1.0
    assert levels.count(max(levels)) == ran.simulation.strikes()["flush"] == 33


def test_what_is_not_there_cannot_be_lost() -> None:
    with pytest.raises(ValueError, match="has no `cache` that could be lost"):
        lab(CacheLoss("flush", "web", Fixed(30.0)), None)
    with pytest.raises(ValueError, match="there is no traffic to a Service 'wep'"):
        lab(CacheLoss("flush", "wep", Fixed(30.0)), None)


def test_one_that_stays_cold_since_nobody_is_answered_is_no_settled_state() -> None:
    """With it 5 requests a second reach a pod that can answer 10; without it 50 do, and all give up."""
    rate = RequestRate.constant(5.0)
    traffic = [Traffic("web", rate, capacity=10.0, timeout=1.0, queue=100, cache=Cache(0.9, fill_time=40.0))]
    found = Lab(WEB, failures=[CacheLoss("flush", "web", Fixed(5000.0))], traffic=traffic)
    assert settled(found.run(4000.0).simulation) is not None
    assert settled(found.run(6000.0).simulation) is None

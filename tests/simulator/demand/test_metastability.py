"""Metastable failures: overload that outlives what set it off, as published, and what ends it.

Source: Bronson et al., Metastable failures in distributed systems (HotOS 2021), 2.1 and 2.2: a database that answers
300 requests a second, clients that wait for 1 s and try once more. Below 300 / 2 a second it recovers from anything;
from there to 300 it is well until something tips it, and then stays overloaded by its own retries.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from models.distributions import Fixed
from models.protection import Cache, CircuitBreaker
from models.request_level import FirstComeFirstServed, RequestLevel
from models.traffic import RequestRate, Retries, Traffic
from simulator.kernel import Story
from simulator.log import Kind
from simulator.run import Run, simulate
from simulator.stories.subject import Subject
from simulator.stories.world import World
from simulator.traffic.run import expected, followed
from tests.simulator.clusters import behaviour, cluster, container, deployment, nodes, template

CAPACITY, TIMEOUT = 300.0, 1.0
WORLD = cluster(nodes(1), deployment(pods=template("web", container(), tolerations=())))
AT, LASTING, END = 100.0, 10.0, 1000.0


@dataclass(frozen=True)
class Spikes:
    """A scripted load: (at, lasting, factor)."""

    spikes: tuple[tuple[float, float, float], ...]
    name: str = "spikes"

    def install(self, world: World) -> None:
        for number, (at, lasting, factor) in enumerate(self.spikes):
            world.users.expect("web", factor)
            world.tell(self.name, str(number), self._story, world, at, lasting, factor)

    def _story(self, subject: Subject, world: World, at: float, lasting: float, factor: float) -> Story:
        yield world.sleep(at)
        surge = world.users.surge("web", factor, f"{self.name}/{subject.name}")
        yield world.sleep(lasting)
        surge.end()


def traffic(rate: float, **other: Any) -> Traffic:
    level = RequestLevel(pod=FirstComeFirstServed(queue=other.get("queue", 400)))
    given: dict[str, Any] = {
        "queue": 400,
        "retries": Retries(1),
        "service_time": Fixed(1 / CAPACITY),
        "requests": level,
    } | other
    return Traffic("web", RequestRate.constant(rate), capacity=CAPACITY, timeout=TIMEOUT, **given)


def run(asked: Traffic, failures: Sequence[Any]) -> Run:
    return simulate(WORLD, behaviour=behaviour(), failures=failures, traffic=[asked], duration=END, keep_log=True)


def share_lost(asked: Traffic, failures: Sequence[Any], since: float) -> tuple[float, float]:
    """Of the requests from then on: as expected, and of single ones, which know of no queue but their own."""
    ran = run(asked, failures)
    late = replace(ran, start=since)
    fluid, single = expected(asked, late, WORLD), followed(asked, ran, WORLD)
    early = followed(asked, replace(ran, end=since), WORLD)
    lost = (single.losses - early.losses) / (single.sent - early.sent)
    return fluid.lost / fluid.offered, lost


BLIP = Spikes(((AT, LASTING, 3.0),))
"""Too much for any of them, for ten seconds."""


@pytest.mark.parametrize(("rate", "stuck"), [(140.0, False), (160.0, True), (280.0, True)])
def test_from_c_over_n_on_a_blip_of_ten_seconds_lasts_for_ever(rate: float, stuck: bool) -> None:
    fluid, single = share_lost(traffic(rate), [BLIP], since=AT + 200.0)
    assert fluid == pytest.approx(1.0 if stuck else 0.0, abs=1e-9)
    assert single > 0.9 if stuck else single < 0.01


@pytest.mark.parametrize("rate", [140.0, 160.0, 280.0])
def test_without_a_trigger_all_are_well(rate: float) -> None:
    fluid, single = share_lost(traffic(rate), [], since=1.0)
    assert fluid == 0.0
    assert single < 0.01


@pytest.mark.parametrize(
    ("factor", "cleared"), [(140 / 280, True), (170 / 280, False)], ids=["below C / n", "between C / n and C"]
)
def test_shedding_to_below_c_over_n_ends_it_once_the_queue_is_shorter_than_clients_wait(
    factor: float, cleared: bool
) -> None:
    """A queue of 310 waits for 1.03 s: 140 requests and as many retries work off the 10 above a time-out in 0.5 s."""
    relief = Spikes((*BLIP.spikes, (300.0, 3.0, factor)))
    fluid, single = share_lost(traffic(280.0, queue=310), [relief], since=400.0)
    assert fluid == pytest.approx(0.0 if cleared else 1.0, abs=1e-9)
    if not cleared:  # single requests that come at random tip it again, as nearly all capacity is used
        assert single > 0.9


PROTECTED: dict[str, dict[str, Any]] = {
    "a queue shorter than clients wait": {"queue": 100},
    "a longest wait": {"longest_wait": 0.5},
    "a budget of retries": {"retries": Retries(1, budget_share=0.05)},
    "no retries": {"retries": Retries(0)},
    "a circuit breaker": {"circuit_breaker": CircuitBreaker()},
}


@pytest.mark.parametrize("how", PROTECTED)
def test_with_a_protection_it_ends_soon_after_its_trigger(how: str) -> None:
    asked = traffic(270.0, **PROTECTED[how])
    fluid, single = share_lost(asked, [BLIP], since=AT + 200.0)
    assert fluid == 0.0
    assert single < 0.1
    during, _ = share_lost(asked, [BLIP], since=AT)
    assert during > 0.0


@pytest.mark.parametrize(("backoff", "jitter", "stuck"), [(0.0, 0.0, True), (60.0, 0.0, True), (60.0, 1.0, True)])
def test_a_back_off_alone_only_puts_off_what_comes(backoff: float, jitter: float, stuck: bool) -> None:
    """As many retries come, later: it is the number of attempts that keeps it going, which a budget limits."""
    asked = traffic(280.0, retries=Retries(1, backoff=backoff, jitter=jitter))
    fluid, _ = share_lost(asked, [Spikes(((AT, 200.0, 3.0),))], since=AT + 500.0)
    assert (fluid > 0.5) is stuck


# A cache before the database: 3000 requests a second, of which 90 % are answered by the cache.

CACHED: dict[str, Any] = {"retries": Retries(0), "cache": Cache(hit_share=0.9, fill_time=60.0)}


@dataclass(frozen=True)
class CacheLostOnce:
    """At that time."""

    at: float
    name: str = "flush"

    def install(self, world: World) -> None:
        world.users.expect_cache_loss("web")
        world.tell(self.name, "web", self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        yield world.sleep(self.at)
        world.users.lose_cache("web", "flush/web")


def test_without_its_cache_a_database_gets_ten_times_as_much_and_cannot_fill_it() -> None:
    lost = CacheLostOnce(AT)
    fluid, single = share_lost(traffic(280.0, **CACHED), [lost], since=AT + 500.0)
    assert fluid == 1.0
    assert single > 0.9
    rates = run(traffic(280.0, **CACHED), [lost])
    assert rates.log is not None
    kinds = rates.log.columns()
    at_first = kinds[kinds[:, 1] == Kind.SERVICE_RATE][0, 4]
    assert at_first == pytest.approx(10e6, rel=0.03)  # the middle of the first of twenty steps


def test_a_cache_that_can_be_filled_is_warm_after_its_time() -> None:
    """25 requests a second become 250: all are answered. 9 / 2 times the usual requests come beside them, over 60 s."""
    ran = run(traffic(25.0, **CACHED), [CacheLostOnce(AT)])
    found = expected(traffic(25.0, **CACHED), ran, WORLD)
    assert found.lost == 0.0
    assert found.offered == pytest.approx(25.0 * (END + 60.0 * 9.0 / 2), rel=1e-6)


def test_shedding_lets_a_cache_be_filled() -> None:
    """A tenth of the misses is answered at first, then more and more."""
    fluid, single = share_lost(traffic(280.0, queue=100, **CACHED), [CacheLostOnce(AT)], since=AT + 700.0)
    assert fluid == 0.0
    assert single < 0.01

"""A restart storm: one of four pods is lost for ten minutes, and the others are asked for a little too much.

Each does 10 requests a second, 32 come. Without one, 10.67 come to each: what waits grows by 1 / 15 s a second, and
passes the probes' time-out of 1 s after 15 s; a liveness probe of every 10 s gives up at the third, 20 to 30 s later,
1 s after it asked. Restarted one after another, backing off for up to 5 min, they never are enough again.
"""

from dataclasses import replace
from typing import Any

import pytest

from models.pod import Container, Probe
from models.protection import CircuitBreaker
from models.traffic import Retries
from simulator.log import Kind
from tests.simulator.clusters import HOUR, Lab, down
from tests.simulator.demand.test_overload import PROBED, lab, overloads

SAME_ENDPOINT = replace(PROBED, readiness=Probe())
ONLY_LIVENESS = replace(PROBED, readiness=None)
ONLY_READINESS = replace(SAME_ENDPOINT, liveness=None)
LOST, BACK = 100.0, 700.0


def storm(container: Container, **traffic: Any) -> Lab:
    loss = down(0, at=LOST, lasting=BACK - LOST)
    return lab(4, 32.0, container=container, failures=[loss], **traffic).run(6 * HOUR)


def last_strike(world: Lab) -> float:
    """When a pod was last unready or restarted for overload, in seconds after the node is back."""
    struck = [world.caused(kind, "overload").values() for kind in (Kind.POD_READY, Kind.POD_CONTAINERS)]
    return max((time for of_pods in struck for of_pod in of_pods for time in of_pod), default=0.0) - BACK


def test_all_are_down_within_a_minute_of_the_loss_of_one() -> None:
    world = storm(ONLY_LIVENESS)
    [removed, *_] = [time for time, _, ready in world.log(Kind.SERVICE_READY) if ready == 3]
    [none, *_] = [time for time, _, answering in world.log(Kind.SERVICE_ANSWERING) if answering == 0]
    killed = world.caused(Kind.POD_CONTAINERS, "overload")
    assert all(
        removed + 15 + 20 + 1 <= min(times) <= removed + 15 + 30 + 2 for times in killed.values() if times[0] < none
    )
    assert removed + 36 <= none <= removed + 60


@pytest.mark.parametrize("container", [SAME_ENDPOINT, ONLY_LIVENESS], ids=["same endpoint", "liveness"])
@pytest.mark.parametrize("retries", [Retries(0), Retries(3), Retries(3, budget_share=0.1)], ids=["none", "3", "budget"])
def test_with_liveness_probes_it_goes_on_for_ever_retries_or_none(container: Container, retries: Retries) -> None:
    assert last_strike(storm(container, timeout=2.0, retries=retries)) > 5 * HOUR


@pytest.mark.parametrize("container", [SAME_ENDPOINT, ONLY_LIVENESS, ONLY_READINESS])
@pytest.mark.parametrize("shedding", [{"queue": 5}, {"longest_wait": 0.5}])
def test_with_shedding_nobody_is_restarted(container: Container, shedding: dict[str, Any]) -> None:
    assert overloads(storm(container, timeout=2.0, retries=Retries(3), **shedding)) == 0


@pytest.mark.parametrize("container", [SAME_ENDPOINT, ONLY_READINESS], ids=["same endpoint", "readiness"])
@pytest.mark.parametrize("retries", [Retries(0), Retries(3)], ids=["none", "3"])
def test_with_a_circuit_breaker_it_ends_soon_after_its_trigger(container: Container, retries: Retries) -> None:
    assert last_strike(storm(container, timeout=2.0, retries=retries, circuit_breaker=CircuitBreaker())) < 600.0


@pytest.mark.parametrize(
    ("retries", "for_ever"), [(Retries(3), True), (Retries(3, budget_share=0.1), False), (Retries(0), False)]
)
def test_with_readiness_probes_alone_it_is_retries_that_keep_it_going(retries: Retries, for_ever: bool) -> None:
    assert (last_strike(storm(ONLY_READINESS, timeout=2.0, retries=retries)) > 5 * HOUR) is for_ever


def test_with_readiness_alone_endpoints_come_and_go_as_long_as_one_is_missing() -> None:
    """All unready: refused, idle, and ready again within a period; and so on."""
    world = storm(ONLY_READINESS)
    ready = [(time, new) for time, _, new in world.log(Kind.SERVICE_READY) if 200.0 < time < BACK]
    assert {new for _, new in ready} == {0, 1, 2, 3}
    assert len([time for time, new in ready if new == 0]) >= 5
    assert last_strike(world) < 120.0

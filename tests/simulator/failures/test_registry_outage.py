"""While images cannot be pulled, what runs goes on, and what starts without its image waits."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.distributions import Fixed
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.registry_outage import RegistryOutage
from simulator.failures.registry_slow import RegistrySlow
from simulator.failures.sandbox_crash import SandboxCrash
from simulator.kernel import Story
from simulator.kubelet.image_registry import LONGEST_BACKOFF, next_pull
from simulator.log import Kind
from simulator.rare.settled import settled
from simulator.stories.subject import Subject
from simulator.stories.world import World
from tests.simulator.clusters import DAY, FOREVER, HOUR, Lab, behaviour, cluster, container, deployment, down, nodes
from tests.simulator.clusters import template as pods_of

LONGEST_WAIT = LONGEST_BACKOFF + 15.0
"""From the registry's return to the last that tries again."""


def lab(*stories: Any, policy: str = "IfNotPresent", replicas: int = 1, machines: int = 2, pull: float = 7.0) -> Lab:
    pods = pods_of("web", container(image_pull_policy=policy))
    load = cluster(nodes(machines), deployment(replicas=replicas, pods=pods))
    return Lab(load, behaviour(image_pull=Fixed(pull)), failures=stories)


@dataclass(frozen=True)
class Trouble:
    """A scripted trouble: at, lasting, and how many times as long pulls take."""

    at: float
    lasting: float
    factor: float = math.inf
    name: str = "script"

    def install(self, world: World) -> None:
        world.tell(self.name, str(self.at), self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        yield world.sleep(self.at)
        trouble = world.image_registry.fail(f"{self.name}/{subject.name}", self.factor)
        yield world.sleep(self.lasting)
        world.image_registry.repair(trouble)


away = Trouble


HOME = lab().pods()[0].node


def test_what_runs_goes_on() -> None:
    found = lab(away(100.0, 1e6), replicas=3).run(DAY)
    assert not found.rows(Kind.POD_ANSWERING, since=0.0)


def test_a_replacement_without_its_image_waits_for_the_return_and_its_next_try() -> None:
    lost = lab(down(HOME, at=50.0)).run(HOUR)
    [_, back] = lost.times(Kind.SERVICE_ANSWERING, since=0.0)
    found = lab(down(HOME, at=50.0), away(100.0, 1900.0)).run(HOUR)
    waiting = lab(down(HOME, at=50.0), away(100.0, 1900.0)).run(1500.0)
    assert list(waiting.simulation.pending().values()) == ['ImagePullBackOff: Back-off pulling image "server:1"']
    assert all(pod.pulling for pod in waiting.pods() if not pod.deleting)
    [_, answered] = found.times(Kind.SERVICE_ANSWERING, since=0.0)
    assert back < 500.0
    assert 0.0 <= answered - (2000.0 + 7.0 + 3.0) <= LONGEST_WAIT
    assert not found.simulation.pending()


@pytest.mark.parametrize(("policy", "waits"), [("IfNotPresent", False), ("Always", True)])
@pytest.mark.parametrize("crash", [ContainerCrash, SandboxCrash])
def test_a_container_that_restarts_asks_the_registry_only_by_its_policy(crash: Any, policy: str, waits: bool) -> None:
    found = lab(crash("crash", Fixed(500.0)), away(100.0, 800.0), policy=policy).run(490.0)
    assert all(pod.answering for pod in found.pods())
    found.run(600.0)
    assert all(pod.answering is not waits for pod in found.pods())
    found.run(900.0 + LONGEST_WAIT + 10.0)
    up = found.times(Kind.POD_ANSWERING, 1, since=500.0)[0]
    assert (900.0 <= up <= 900.0 + LONGEST_WAIT + 10.0) is waits


def test_a_pod_that_is_deleted_while_it_waits_is_gone_and_another_waits_in_its_place() -> None:
    found = lab(down(HOME, at=50.0), away(100.0, 1900.0), machines=3).run(600.0)
    [waiting] = [pod for pod in found.pods() if not pod.deleting]
    found.delete(waiting, at=700.0)
    found.run(HOUR)
    assert waiting.uid not in found.state.pods
    assert [pod.answering for pod in found.pods() if not pod.deleting] == [True]


def test_a_node_that_reboots_tries_again() -> None:
    found = lab(down(HOME, at=50.0), away(100.0, 1900.0), down(1 - HOME, at=1000.0, lasting=30.0)).run(HOUR)
    [_, answered] = found.times(Kind.SERVICE_ANSWERING, since=0.0)
    assert 0.0 <= answered - 2010.0 <= LONGEST_WAIT


def test_a_slow_registry_stretches_each_pull_that_begins() -> None:
    [_, back] = lab(down(HOME, at=50.0)).run(HOUR).times(Kind.SERVICE_ANSWERING, since=0.0)
    [_, later] = lab(down(HOME, at=50.0), away(100.0, HOUR, 10.0)).run(HOUR).times(Kind.SERVICE_ANSWERING, since=0.0)
    assert later - back == pytest.approx(9 * 7.0)


def test_troubles_are_counted() -> None:
    """Two outages and a slow time overlap: pulls succeed, at their usual pace, when all are over."""
    troubles = away(100.0, 1000.0), away(400.0, 1600.0), away(300.0, 1000.0, 10.0)
    found = lab(down(HOME, at=50.0), *troubles).run(2900.0)
    [_, answered] = found.times(Kind.SERVICE_ANSWERING, since=0.0)
    assert 0.0 <= answered - 2010.0 <= LONGEST_WAIT


def test_it_is_no_settled_state_until_it_is_over() -> None:
    for mode in (
        RegistryOutage("mode", Fixed(1000.0), Fixed(100.0)),
        RegistrySlow("mode", Fixed(1000.0), Fixed(100.0)),
    ):
        found = lab(mode, replicas=2)
        assert settled(found.run(990.0).simulation) is not None
        assert settled(found.run(1050.0).simulation) is None
        assert settled(found.run(1150.0).simulation) is not None
        assert found.simulation.world.strikes == {"mode": 1}


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 4000.0), st.integers(0, 2**32 - 1))
def test_the_next_pull_is_that_of_a_kubelet_that_looks_again_and_again(waited: float, seed: int) -> None:
    looks = np.random.default_rng(seed).uniform(10.0, 15.0, size=int(waited / 10.0) + 40)
    now, over, failures, found = 0.0, 0.0, 0, math.nan
    for gap in (0.0, *looks.tolist()):
        now += gap
        if now < over:
            continue
        if now >= waited:
            found = now
            break
        over = now + min(10.0 * 2.0**failures, 300.0)
        failures += 1
    assert next_pull(waited, looks) == pytest.approx(found, abs=1e-6)
    assert FOREVER > found >= waited

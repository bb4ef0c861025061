"""Containers that the kernel kills: for their own limit, or because their node has no memory left."""

from dataclasses import replace

import pytest

from models.distributions import Fixed
from models.labels import LabelSelector
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.oom_kill import OomKill
from simulator.failures.system_oom import SystemOOM
from simulator.log import Kind
from tests.simulator.clusters import GIB, HOUR, MIB, Lab, behaviour, cluster, container, deployment, nodes, template

SLOW = behaviour(restart=Fixed(1.0))
"""Containers that were killed can be seen before they are restarted."""


def test_a_container_over_its_limit_exits_with_137_and_restarts_in_place_with_back_off() -> None:
    found = Lab(cluster(nodes(1), deployment()), SLOW, failures=[OomKill("oom", Fixed(100.0))])
    [pod] = found.pods()
    found.run(100.0)
    assert (pod.containers[0].exit_code, pod.running) == (137, 0)
    found.run(500.0)
    # At once, after 10 s, after 20 s, and a second each: 100 s after the start before it.
    starts = found.times(Kind.POD_CONTAINERS, 1, since=0.0)
    assert starts[:3] == [101.0, 101.0 + 111.0, 101.0 + 111.0 + 121.0]
    assert found.times(Kind.POD_NODE, since=0.0) == []


def test_other_crashes_exit_as_their_behaviour_has_it() -> None:
    law = replace(SLOW, pods=replace(SLOW.pods, exit_code=3))
    found = Lab(cluster(nodes(1), deployment()), law, failures=[ContainerCrash("crash", Fixed(100.0))]).run(100.0)
    assert found.pods()[0].containers[0].exit_code == 3


@pytest.mark.parametrize(("leaking", "killed"), [(None, "best-effort"), ("leaks", "leaks")])
def test_a_node_without_memory_kills_by_score(leaking: str | None, killed: str) -> None:
    """12 GiB that leak weigh more than the 250 thousandths by which a request of 4 GiB is safer."""
    apps = [
        deployment("best-effort", pods=template("best-effort", container(cpu=None, memory=None))),
        deployment("leaks", pods=template("leaks", container(memory=4 * GIB))),
    ]
    select = None if leaking is None else LabelSelector.of({"app": leaking})
    shortage = 100 * MIB if leaking is None else 12 * GIB
    mode = SystemOOM("oom", Fixed(HOUR), shortage, select)
    found = Lab(cluster(nodes(1), *apps), SLOW, failures=[mode]).run(HOUR)
    assert [pod.pod_class.workload.name for pod in found.pods() if pod.containers[0].exit_code == 137] == [killed]
    found.run(1.5 * HOUR)
    assert all(pod.ready for pod in found.pods())
    assert found.times(Kind.POD_DELETING) == []
    assert found.simulation.world.strikes == {"oom": 1}


def test_nothing_is_killed_on_a_node_that_is_off() -> None:
    found = Lab(cluster(nodes(1), deployment()), failures=[SystemOOM("oom", Fixed(HOUR))])
    found.at(HOUR - 5.0, lambda: found.state.nodes.add_down_cause(0, "test", 0))
    found.run(1.5 * HOUR)
    assert found.pods()[0].containers[0].exit_code is None

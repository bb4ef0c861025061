"""Containers that run to their own end: what becomes of them and of their pods."""

from dataclasses import replace

import pytest

from models.behaviour import Behaviour
from models.distributions import Fixed
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from models.pod import Container
from simulator.kubelet.restart import FAILED_RUN
from simulator.log import Kind, Phase
from simulator.scheduling.counts import PodCounts
from tests.simulator.clusters import EXACT, PROMPT, Lab, cluster, container, deployment, nodes, pod

ENDS = replace(PROMPT, run=Fixed(10.0))


def lab(*containers: Container, policy: str, fails: float = 0.0, seed: int = 0, **spec: object) -> Lab:
    alone = pod("alone", *(containers or (container(),)), restart_policy=policy, **spec)
    pods = replace(ENDS, failure_probability=fails)
    return Lab(cluster(nodes(1), alone), Behaviour(pods, timing=EXACT), seed=seed)


def phases(found: Lab) -> list[int]:
    return [new for _, _, new in found.log(Kind.POD_PHASE, -1e9)]


@pytest.mark.parametrize(
    ("policy", "fails", "last"),
    [
        ("Never", 0.0, Phase.SUCCEEDED),
        ("Never", 1.0, Phase.FAILED),
        ("OnFailure", 0.0, Phase.SUCCEEDED),
        ("OnFailure", 1.0, Phase.RUNNING),
        ("Always", 0.0, Phase.RUNNING),
    ],
)
def test_a_pod_is_over_when_its_containers_are_and_none_is_started_again(
    policy: str, fails: float, last: Phase
) -> None:
    found = lab(policy=policy, fails=fails).run(60.0)
    assert phases(found) == [Phase.PENDING, Phase.RUNNING, *([last] if last is not Phase.RUNNING else [])]


def test_a_pod_that_is_over_holds_nothing_and_answers_nobody() -> None:
    found = lab(policy="Never").run(60.0)
    assert not found.state.nodes.running[0]
    assert found.times(Kind.SERVICE_READY, 0, -1e9) == found.times(Kind.POD_PHASE, Phase.SUCCEEDED, -1e9)
    [alone] = found.state.pods.values()
    assert not alone.ready
    found.state.pods.mark_deleting(alone, 0)
    assert len(found.state.pods) == 0


@pytest.mark.parametrize("fails", [0.0, 1.0])
def test_a_pod_that_is_over_leaves_the_scheduler_s_counts_once(fails: float) -> None:
    kept: list[PodCounts] = []
    found = Lab(
        cluster(nodes(1), pod("alone", container(), restart_policy="Never")),
        Behaviour(replace(ENDS, failure_probability=fails), timing=EXACT),
        before=lambda simulation: kept.append(PodCounts(simulation.state)),
    )
    count = kept[0].of("default", LabelSelector.of({"app": "alone"}), HOSTNAME_LABEL)
    [alone] = found.state.pods.values()
    assert alone.is_over
    assert count.by_node.tolist() == [0]
    found.state.pods.mark_deleting(alone, 0)
    assert count.by_node.tolist() == [0]


def test_one_failure_of_several_containers_is_a_failure_of_the_pod() -> None:
    seen = set()
    for seed in range(12):
        found = lab(container("first"), container("second"), policy="Never", fails=0.4, seed=seed)
        [alone] = found.state.pods.values()
        codes = tuple(each.exit_code for each in alone.containers)
        assert alone.phase is (Phase.SUCCEEDED if codes == (0, 0) else Phase.FAILED)
        seen.add(codes)
    assert {(0, 0), (0, 1), (1, 0)} <= seen


def test_sidecars_are_stopped_once_the_others_have_succeeded() -> None:
    sidecar = container("proxy", restart_policy="Always")
    found = lab(policy="Never", init_containers=(sidecar,))
    succeeded = found.times(Kind.POD_PHASE, Phase.SUCCEEDED, -1e9)
    assert phases(found) == [Phase.PENDING, Phase.RUNNING, Phase.SUCCEEDED]
    [begun] = found.times(Kind.POD_PHASE, Phase.RUNNING, -1e9)
    assert succeeded == [pytest.approx(begun + 10.0 + 1.0)]


def test_failures_of_runs_have_a_cause_of_their_own() -> None:
    found = lab(policy="OnFailure", fails=1.0).run(60.0)
    causes = {cause for _, _, _, _, cause in found.rows(Kind.POD_CONTAINERS, -1e9)}
    assert f"{FAILED_RUN}/Pod/default/alone/0" in causes


def test_containers_that_are_always_restarted_run_for_ever() -> None:
    found = Lab(cluster(nodes(1), deployment()), Behaviour(ENDS, timing=EXACT)).run(1000.0)
    assert [new for _, _, new in found.log(Kind.POD_CONTAINERS, -1e9)] == [1]

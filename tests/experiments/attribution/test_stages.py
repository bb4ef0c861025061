"""What a missing replica waits for: with the seconds of the log and of the constants."""

from dataclasses import replace

import pytest

from experiments.attribution.missing import missing_replicas
from experiments.attribution.stages import Stage
from experiments.design.goal import ReadyEndpoints
from models.behaviour import Behaviour
from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.deployment import StrategyType
from models.distributions import Distribution, Fixed
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from models.pod import Probe
from models.service import Service
from models.statefulset import StatefulSet
from simulator.failures.container_crash import ContainerCrash
from simulator.log import Kind
from simulator.operations.rollout import Rollout
from tests.experiments.attribution.scenarios import home, lost, run, transition
from tests.simulator.clusters import (
    Lab,
    Outages,
    behaviour,
    cluster,
    container,
    deployment,
    down,
    node,
    nodes,
    pod,
    template,
)


def test_a_node_that_fails_goes_through_all_stages_with_the_seconds_of_the_log() -> None:
    """Kubernetes' defaults: 50 s of silence, passes every 5 s, leases every 10 s, tolerations of 300 s."""
    probed = deployment(pods=template("web", container(readiness=Probe(initial_delay=20.0, period=10.0))))
    defaults = behaviour(Behaviour().timing, image_pull=Fixed(7.0))
    there = home(cluster(nodes(2), probed))
    found = run(cluster(nodes(2), probed), down(there, at=500.0), under=defaults)
    unknown = transition(found, Kind.NODE_READY, 2)
    tainted = transition(found, Kind.NODE_EVICTING, 1)
    deleted = transition(found, Kind.POD_DELETING, 1)
    created = transition(found, Kind.POD_PHASE, 1, deleted)
    bound = transition(found, Kind.POD_NODE, 1 - there, deleted)
    answering = transition(found, Kind.POD_ANSWERING, 1, deleted)
    ready = transition(found, Kind.POD_READY, 1, deleted)
    seconds = {
        Stage.UNDETECTED: unknown - 500.0,
        Stage.TOLERATED: deleted - tainted,
        Stage.NOT_CREATED: created - deleted,
        Stage.QUEUED: bound - created,
        Stage.IMAGE_PULL: 7.0,
        Stage.START: 1.0 + 2.0,
        Stage.NOT_READY: ready - answering,
    }
    if tainted > unknown:
        seconds[Stage.WAITING] = tainted - unknown
    mode = f"down-{there}-500.0"
    assert lost(found) == {(mode, str(stage)): round(found, 3) for stage, found in seconds.items()}
    assert 40.0 <= seconds[Stage.UNDETECTED] <= 60.0
    assert seconds[Stage.TOLERATED] == pytest.approx(300.0)
    assert 0.0 < seconds[Stage.NOT_CREATED] + seconds[Stage.QUEUED] < 1.0
    assert 17.0 < seconds[Stage.NOT_READY] < 31.0


def test_a_container_that_crashes_is_noticed_and_restarted_later_each_time() -> None:
    crash = ContainerCrash("oom", Fixed(30.0))
    found = run(cluster(nodes(1), deployment()), crash, until=200.0, under=behaviour(Behaviour().timing))
    assert found.log is not None
    downs = found.log.of_kind(Kind.POD_ANSWERING)
    unready = found.log.of_kind(Kind.POD_READY)
    fell = [row[0] for row in downs.tolist() if row[4] == 0]
    noticed = [row[0] for row in unready.tolist() if row[4] == 0]
    assert len(fell) == 4, "the last of them waits still"
    stages = lost(found)
    assert {stage for _, stage in stages} == {"undetected", "restart", "start"}
    assert stages["oom", "undetected"] == round(sum(n - f for n, f in zip(noticed, fell, strict=True)), 3)
    assert stages["oom", "restart"] > 10.0
    assert stages["oom", "start"] == 2.0 * 3


def test_a_whole_zone_waits_for_the_rate_limit() -> None:
    """All nodes are dead: the controller suspects itself and evicts nobody, but for the time until it sees the last."""
    found = run(cluster(nodes(3), deployment()), down(0, 1, 2, at=100.0, lasting=400.0))
    stages = lost(found)
    assert stages["down-0-1-2-100.0", "waiting for eviction"] > 300.0
    assert stages["down-0-1-2-100.0", "start"] == 3.0


def test_without_room_the_replacement_is_queued() -> None:
    pinned = template("web", node_selector={"kind": "big"})
    machines = (*nodes(2), node("big", labels={"kind": "big"}))
    found = run(cluster(machines, deployment(pods=pinned)), down(2, at=100.0), until=1500.0)
    stages = lost(found)
    assert {stage for _, stage in stages} == {"undetected", "tolerated", "queued"}
    assert stages["down-2-100.0", "queued"] == round(1500.0 - transition(found, Kind.POD_DELETING, 1), 3)


def test_a_stateful_set_waits_for_its_old_pod_to_be_gone() -> None:
    spec = StatefulSet("web", template("web"), LabelSelector.of({"app": "web"}))
    load = Cluster(nodes=nodes(2), stateful_sets=(spec,), services=(Service("web", selector={"app": "web"}),))
    found = run(load, down(home(load), at=1000.0, lasting=900.0))
    stages = {stage: seconds for (_, stage), seconds in lost(found).items()}
    assert stages["tolerated"] == 300.0
    assert stages["terminating"] == pytest.approx(1900.0 - transition(found, Kind.POD_DELETING, 1), abs=1e-3)
    assert stages["start"] == 3.0
    assert set(stages) == {"undetected", "tolerated", "terminating", "start"}


def test_nobody_replaces_a_pod_of_its_own() -> None:
    found = run(
        cluster(nodes(2), pod("web", node_selector={HOSTNAME_LABEL: "node-0"})), down(0, at=100.0, lasting=700.0)
    )
    stages = {stage: seconds for (_, stage), seconds in lost(found).items()}
    assert stages["tolerated"] == 300.0
    assert stages["terminating"] == pytest.approx(700.0 - stages["undetected"] - 300.0)
    assert stages["not created"] == 2000.0 - 800.0


def test_a_daemon_tolerates_its_node_until_it_is_back() -> None:
    spec = DaemonSet("web", template("web"), LabelSelector.of({"app": "web"}))
    load = Cluster(nodes=nodes(3), daemon_sets=(spec,), services=(Service("web", selector={"app": "web"}),))
    found = run(load, down(0, at=100.0, lasting=900.0))
    stages = lost(found, available=ReadyEndpoints(3))
    mode = "down-0-100.0"
    assert {stage for _, stage in stages} <= {"undetected", "waiting for eviction", "tolerated", "start"}
    assert stages[mode, "start"] == 3.0
    assert sum(stages.values()) == pytest.approx(903.0)


def deaf(**laws: Distribution) -> Behaviour:
    """Applications answer nobody from SIGTERM on: terminating endpoints serve nothing."""
    prompt = behaviour(**laws)
    return replace(prompt, pods=replace(prompt.pods, answers_while_stopping=False))


def test_recreate_waits_for_the_old_pods_to_be_gone() -> None:
    spec = deployment(replicas=2, strategy=StrategyType.RECREATE)
    release = Rollout("release", "Deployment/web", at=100.0, new_image=False)
    found = run(cluster(nodes(2), spec), operations=[release], under=deaf(stop=Fixed(5.0)))
    assert lost(found) == {("release", "terminating"): 5.0, ("release", "start"): 3.0}


def test_a_node_that_is_cut_off_counts_although_its_containers_run() -> None:
    lab = Lab(cluster(nodes(1), deployment()))
    lab.at(100.0, lambda: lab.state.nodes.add_silent_cause(0, "me", lab.state.cause("partition/node-0")))
    lab.at(200.0, lambda: lab.state.nodes.remove_silent_cause(0, "me"))
    lab.simulation.end = 1000.0
    lab.simulation.run((), ())
    log = lab.simulation.log
    assert log is not None
    [spell] = [spell for spell in missing_replicas(log, ["web"], 1000.0)["web"] if spell.start > 0]
    assert spell.cause == "partition/node-0"
    assert spell.stage is Stage.WAITING
    assert 130.0 < spell.start < 170.0
    assert spell.end == 200.0


def test_a_node_that_fails_during_a_pull_takes_over_as_the_cause() -> None:
    """The pull of the new release is lost with the node, and begins anew."""
    spec = deployment(strategy=StrategyType.RECREATE)
    release = Rollout("release", "Deployment/web", at=100.0)
    crash = down(0, at=201.0, lasting=30.0)
    found = run(cluster(nodes(1), spec), crash, operations=[release], under=deaf(image_pull=Fixed(500.0)))
    assert lost(found) == {
        ("release", "terminating"): 1.0,
        ("release", "image pull"): 100.0,
        ("down-0-201.0", "undetected"): 30.0,
        ("down-0-201.0", "image pull"): 500.0,
        ("down-0-201.0", "start"): 3.0,
    }


def test_a_node_that_fails_again_during_a_start_is_undetected_again() -> None:
    twice = Outages(((1000.0, 30.0, (0,)), (1032.0, 20.0, (0,))), name="twice")
    found = run(cluster(nodes(1), deployment()), twice)
    assert lost(found) == {("twice", "undetected"): 50.0, ("twice", "start"): 5.0}

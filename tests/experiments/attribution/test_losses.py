"""Every lost second has a cause and a stage, and none is counted twice."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.attribution.disruptions import disruptions
from experiments.attribution.losses import attribute
from experiments.attribution.missing import missing_replicas
from experiments.attribution.stages import KUBERNETES, Stage
from experiments.design.goal import Capacity, ReadyEndpoints
from experiments.metrics.observation import Observation
from models.behaviour import Behaviour
from models.claim import PersistentVolumeClaim
from models.configuration import ConfigurationReference, Via
from models.daemonset import DaemonSet
from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.pod import Probe
from models.release import Shows
from models.rollout import Analysis, BlueGreen, Canary, Metric, Pause, SetWeight
from models.service import Service
from models.statefulset import StatefulSet
from models.volume import StorageClass, VolumeBindingMode
from simulator.failures.access_refused import AccessRefused
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.failures.secret_expiry import SecretExpiry
from simulator.failures.zone_outage import ZoneOutage
from simulator.log import Kind, TransitionLog
from simulator.operations.config_change import ConfigChange
from simulator.operations.drain import Drain
from simulator.operations.node_upgrade import NodeUpgrade
from simulator.operations.rollout import Rollout
from simulator.operations.scale import Scale
from simulator.run import Run, simulate
from simulator.stories.releases import BadRelease
from tests.experiments.attribution.scenarios import ANY, lost, run
from tests.simulator.clusters import (
    DAY,
    HOUR,
    behaviour,
    cluster,
    container,
    deployment,
    down,
    nodes,
    pod,
    template,
    tolerations,
)
from tests.simulator.strategies import clusters, failures, maintained, rollouts


def test_seconds_are_shared_by_the_replicas_that_are_missing() -> None:
    """The first fails at 100 s, the second at 110 s and is back first: 2 s of start-up are between them."""
    crash = behaviour(start=Fixed(1.0), startup=Fixed(9.0))
    found = run(
        cluster(nodes(2, pods=1), deployment(replicas=2)),
        down(0, at=100.0, lasting=30.0),
        down(1, at=110.0, lasting=20.0),
        under=crash,
        until=1000.0,
    )
    assert lost(found) == {
        ("down-0-100.0", "undetected"): 10.0,
        ("down-1-110.0", "undetected"): 10.0,
        ("down-0-100.0", "start"): 5.0,
        ("down-1-110.0", "start"): 5.0,
    }
    assert sum(lost(found, available=ReadyEndpoints(2)).values()) == 40.0
    assert lost(found, available=ReadyEndpoints(2))["down-0-100.0", "undetected"] == 20.0


def test_what_is_not_desired_is_nobodys_fault() -> None:
    found = run(cluster(nodes(1), deployment()), until=100.0)
    assert lost(found, available=ReadyEndpoints(2)) == {("", "not created"): 100.0}


def test_who_scales_down_is_the_cause_while_fewer_are_desired() -> None:
    evening, morning = Scale("evening", "Deployment/web", 0, at=100.0), Scale("morning", "Deployment/web", 1, at=300.0)
    found = run(cluster(nodes(1), deployment()), operations=[evening, morning])
    # The old pod answers for a second more; the new one takes three to start.
    assert lost(found) == {("evening", Stage.SCALED_DOWN): 199.0, ("morning", Stage.START): 3.0}


def test_of_several_who_scaled_down_the_last_is_the_cause_until_as_many_are_desired_again() -> None:
    steps = [("first", 3, 100.0), ("second", 1, 200.0), ("third", 2, 300.0), ("fourth", 3, 400.0), ("last", 4, 500.0)]
    operations = [Scale(name, "Deployment/web", replicas, at=time) for name, replicas, time in steps]
    found = run(cluster(nodes(1), deployment(replicas=4)), operations=operations)
    stages = lost(found, available=ReadyEndpoints(4))
    cut = {cause: seconds for (cause, stage), seconds in stages.items() if stage == Stage.SCALED_DOWN}
    # Between them the pods that are made anew are missing, for a few seconds each.
    assert cut["first"] == pytest.approx(200.0, abs=10.0)
    assert cut["second"] == pytest.approx(200.0, abs=10.0)
    assert cut.keys() == {"first", "second"}


def test_who_scales_down_what_was_never_enough_is_not_the_cause() -> None:
    evening = Scale("evening", "Deployment/web", 1, at=100.0)
    found = run(cluster(nodes(1), deployment(replicas=3)), operations=[evening], until=1000.0)
    assert lost(found, available=ReadyEndpoints(4)) == {("", Stage.NOT_CREATED): 1000.0}


def test_what_is_scaled_down_while_the_cluster_settles_is_what_it_begins_with() -> None:
    """No autoscaler is at hand here, so the rows are written."""
    kinds = [
        (-50.0, Kind.SERVICE_DESIRED, 0, 0, 2),
        (-10.0, Kind.SERVICE_DESIRED, 0, 2, 0),
        (10.0, Kind.SERVICE_DESIRED, 0, 0, 0),
    ]
    log = TransitionLog.of_columns(np.array([(*row, 0) for row in kinds], dtype=np.float64))
    log.names = {"SERVICE": ["web"], "POD": [], "NODE": ["node-0"]}
    log.zones, log.selected_by = [""], []
    found = attribute(missing_replicas(log, ["web"], 20.0)["web"], np.array([[0.0, 20.0]]))
    assert [(loss.cause, loss.stage, loss.seconds) for loss in found] == [("", Stage.NOT_CREATED, 20.0)]


def test_fewer_replicas_are_no_reason_while_one_that_is_desired_is_missing() -> None:
    evening = Scale("evening", "Deployment/web", 1, at=100.0)
    load = cluster(nodes(1), deployment(replicas=2))
    found = run(load, down(0, at=200.0, lasting=20.0), operations=[evening], until=1000.0)
    stages = lost(found)
    assert {cause for cause, _ in stages} == {"down-0-200.0"}
    assert found.log is not None
    missing = missing_replicas(found.log, ["web"], found.end)["web"]
    ones = disruptions(missing, [], np.empty((0, 2)), found.start, found.end)
    assert {one.cause.partition("/")[0] for one in ones} == {"down-0-200.0"}


def test_endpoints_that_lag_behind_have_a_stage_of_their_own() -> None:
    """No controller of the simulator is late, so the rows are written here."""
    kinds = [
        (0.0, Kind.SERVICE_DESIRED, 0, 0, 1),
        (0.0, Kind.POD_PHASE, 0, 0, 1),
        (0.0, Kind.POD_NODE, 0, -1, 0),
        (1.0, Kind.POD_PHASE, 0, 1, 2),
        (1.0, Kind.POD_CONTAINERS, 0, 0, 1),
        (3.0, Kind.POD_ANSWERING, 0, 0, 1),
        (4.0, Kind.POD_READY, 0, 0, 1),
        (4.5, Kind.SERVICE_ANSWERING, 0, 0, 1),
    ]
    log = TransitionLog.of_columns(np.array([(*row, 0) for row in kinds], dtype=np.float64))
    log.names = {"SERVICE": ["web"], "POD": ["web-0"], "NODE": ["node-0"]}
    log.zones, log.selected_by = [""], [(0,)]
    found = attribute(missing_replicas(log, ["web"], 4.5)["web"], np.array([[0.0, 4.5]]))
    assert [(loss.stage, loss.seconds) for loss in found] == [
        (Stage.START, 3.0),
        (Stage.NOT_READY, 1.0),
        (Stage.NOT_LISTED, 0.5),
    ]


def test_an_unknown_service_is_an_error() -> None:
    found = run(cluster(nodes(1), deployment()), until=10.0)
    assert found.log is not None
    with pytest.raises(KeyError, match="unknown Service 'wbe'; expected one of 'web'"):
        missing_replicas(found.log, ["wbe"], found.end)


# --- laws ------------------------------------------------------------------------------------------------------------


def check(found: Run, available: Any) -> None:
    assert found.log is not None
    for name in found.log.names["SERVICE"]:
        history = found.services[name]
        seen = Observation.of(history, available, found.start, found.end)
        spells = missing_replicas(found.log, [name], found.end)[name]
        losses = attribute(spells, seen.outages)
        for outage, (start, end) in enumerate(seen.outages.tolist()):
            parts = [loss.seconds for loss in losses if loss.outage == outage]
            assert math.fsum(parts) == end - start
            assert all(seconds >= 0 for seconds in parts)
        assert math.isclose(math.fsum(loss.seconds for loss in losses), seen.up.time_below(0.5), rel_tol=1e-9)
        if name != "http":  # only pods with a port of that name are endpoints of it
            assert not [spell for spell in spells if spell.stage is Stage.NOT_LISTED]
        bounds = np.array([spell[:2] for spell in spells]).reshape(-1, 2)
        edges = sorted({*seen.desired.times.tolist(), *seen.answering.times.tolist(), found.end})
        for left, right in pairwise(edges):
            middle = np.array([(left + right) / 2])
            missing = int(((bounds[:, 0] <= middle) & (middle < bounds[:, 1])).sum())
            assert missing >= seen.desired.at(middle)[0] - seen.answering.at(middle)[0]


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(data=st.data())
def test_any_history_sums_to_its_downtime(data: st.DataObject) -> None:
    load = data.draw(clusters(most_nodes=5, most_deployments=2))
    modes, releases = data.draw(failures()), data.draw(rollouts(load))
    load, people = data.draw(maintained(load))
    found = simulate(
        load,
        behaviour=behaviour(Behaviour().timing, image_pull=Fixed(4.0)),
        failures=modes,
        operations=(*releases, *people),
        duration=8 * HOUR,
        warmup=HOUR,
        seed=data.draw(st.integers(0, 9)),
        keep_log=True,
    )
    check(found, data.draw(st.sampled_from([ReadyEndpoints(1), ReadyEndpoints(3), Capacity(0.8), Capacity(1.0)])))


def test_causes_that_overlap_sum_to_the_downtime() -> None:
    """Every kind of workload on full nodes, with all that the simulator can do to them at once."""
    web = template("web", container(cpu=500, readiness=Probe(period=10.0)), tolerations=tolerations(60.0), priority=50)
    keys = ("ConfigMap/default/web", "Secret/default/web")
    web = replace(web, configuration=tuple(ConfigurationReference(key, Via.VOLUME, "server") for key in keys))
    load = cluster(
        nodes(6, ("a", "b", "c"), cpu=1500),
        deployment(replicas=4, pods=web),
        deployment("lone", pods=template("lone", container(cpu=700), claims=("own",))),
        pod("solo"),
    )
    services = (
        *load.services,
        Service("db", selector={"app": "db"}, publish_not_ready_addresses=True),
        Service("agent", selector={"app": "agent"}),
        Service("one", selector={"statefulset.kubernetes.io/pod-name": "db-1"}),
    )
    databases = StatefulSet(
        *("db", template("db", container(cpu=900)), LabelSelector.of({"app": "db"})),
        replicas=3,
        volume_claim_templates=(PersistentVolumeClaim("data"),),
    )
    storage = StorageClass("disks", "ebs.csi.aws.com", VolumeBindingMode.WAIT_FOR_FIRST_CONSUMER, is_default=True)
    agents = DaemonSet("agent", template("agent", priority=100), LabelSelector.of({"app": "agent"}))
    found = simulate(
        replace(
            load,
            services=services,
            stateful_sets=(databases,),
            daemon_sets=(agents,),
            storage_classes=(storage,),
            claims=(PersistentVolumeClaim("own"),),
        ),
        behaviour=Behaviour(),
        failures=[
            NodeCrash("node-crash", Exponential(DAY), Exponential(HOUR)),
            ZoneOutage("zone-outage", Exponential(3 * DAY), Exponential(HOUR)),
            ContainerCrash("crash", Exponential(DAY / 2)),
            AccessRefused("refused", "Secret/web", Exponential(2 * DAY), Fixed(6 * HOUR)),
            SecretExpiry("expiry", "Secret/web", 7 * DAY, Fixed(HOUR)),
        ],
        operations=[
            ConfigChange("change", "ConfigMap/web", every=DAY, bad_probability=0.5, detection=Fixed(4 * HOUR)),
            Rollout("release", "Deployment/web", every=DAY, bad=BadRelease(0.5, detection=Fixed(4 * HOUR))),
            Drain("patching", every=5 * DAY, timeout=600.0, maintenance=Fixed(600.0), reboot=True),
        ],
        duration=20 * DAY,
        seed=2,
        keep_log=True,
    )
    check(found, ANY)
    check(found, Capacity(1.0))
    causes = {cause for name in found.services for cause, _ in lost(found, name, Capacity(1.0))}
    assert causes == {
        *("node-crash", "zone-outage", "crash", "release", "patching", "preemption"),
        *("change", "expiry", "refused"),
    }
    assert {cause for cause in causes - {"preemption"} if not found.strikes[cause]} == set()
    stages = {stage for name in found.services for _, stage in lost(found, name, Capacity(1.0))}
    assert stages == set(KUBERNETES) - {
        Stage.NO_ROOM,
        Stage.NOT_LISTED,
        Stage.SCALED_DOWN,
        Stage.OVER_QUOTA,
        Stage.FORBIDDEN,
        Stage.DELAYED,
        Stage.PREDECESSOR,
    }


@pytest.mark.parametrize("seed", range(3))
def test_causes_sum_to_the_downtime_under_every_strategy_and_a_node_upgrade(seed: int) -> None:
    """Bad releases of a canary, of blue and green, and of a rolling update, while nodes fail and are replaced."""
    analysis = Analysis((Metric(initial_delay=120.0),))
    strategies: dict[str, Any] = {
        "rolling": {},
        "canary": {"progression": Canary((SetWeight(30), Pause(HOUR), analysis, SetWeight(60), Pause(HOUR)))},
        "blue": {"progression": BlueGreen(after=analysis)},
        "green": {"progression": BlueGreen(scale_down_delay=HOUR, auto_promotion_after=600.0)},
    }
    pods = {name: template(name, container(cpu=200, readiness=Probe(period=5.0))) for name in strategies}
    workloads = [
        deployment(name, 3, pods=pods[name], kind="Rollout" if how else "Deployment", **how)
        for name, how in strategies.items()
    ]
    releases = [
        Rollout(
            f"release-{name}",
            f"{'Rollout' if how else 'Deployment'}/{name}",
            every=DAY,
            at=0.5 * DAY + 600.0 * number,
            bad=BadRelease(0.5, list(Shows)[(number + seed) % 4], detection=Exponential(3 * HOUR)),
        )
        for number, (name, how) in enumerate(strategies.items())
    ]
    found = simulate(
        cluster(nodes(6, ("a", "b", "c"), cpu=1500), *workloads),
        behaviour=Behaviour(),
        failures=[
            NodeCrash("node-crash", Exponential(4 * DAY), Exponential(HOUR)),
            ZoneOutage("zone-outage", Exponential(6 * DAY), Exponential(HOUR)),
            ContainerCrash("crash", Exponential(DAY)),
        ],
        operations=[*releases, NodeUpgrade("upgrade", every=5 * DAY, max_unavailable=1)],
        duration=20 * DAY,
        seed=seed,
        keep_log=True,
    )
    check(found, ANY)
    check(found, Capacity(1.0))
    for name, release in zip(strategies, releases, strict=True):
        met = (f"release-{name}", str(Stage.BAD_RELEASE)) in lost(found, name, Capacity(1.0))
        assert release.bad is not None
        if release.bad.shows in (Shows.ERRORS, Shows.SLOW):
            assert met
        elif name in ("blue", "green"):  # users never meet what does not become ready
            assert not met
    assert all(found.strikes.values())

"""Manifests as Nomad would have them, and what has no counterpart."""

from dataclasses import replace

import pytest

from models.cluster import Cluster
from models.distributions import Exponential, Fixed
from models.input.documents import parse_documents
from models.labels import LabelSelector
from models.manifests import Manifest
from models.manifests.counterparts import without_counterpart
from models.pod import Probe
from models.statefulset import StatefulSet
from simulator.control_planes.nomad import Nomad
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.nomad.checks import timeline
from simulator.nomad.reading import as_jobs
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.run import Run, simulate
from tests.simulator.clusters import (
    DAY,
    HOUR,
    Lab,
    behaviour,
    cluster,
    container,
    deployment,
    nodes,
    pod,
    template,
)


def read(grace: float, kill_timeout: float | None = None) -> float:
    web = deployment(pods=template("web", termination_grace_period=grace))
    [job] = as_jobs(cluster(nodes(1), web), kill_timeout).deployments
    return job.template.spec.termination_grace_period


@pytest.mark.parametrize(("grace", "kill_timeout"), [(30.0, 5.0), (12.0, 12.0), (90.0, 30.0), (0.0, 0.0)])
def test_the_kill_timeout_is_the_grace_period_of_those_who_say_one(grace: float, kill_timeout: float) -> None:
    assert read(grace) == kill_timeout
    assert read(grace, 7.0) == 7.0


def test_what_makes_pods_is_a_service_job() -> None:
    stateful = StatefulSet("db", template("db"), LabelSelector.of({"app": "db"}), replicas=2)
    lab = Lab(replace(cluster(nodes(3), deployment(), pod()), stateful_sets=(stateful,)), control_plane=Nomad())
    assert sorted(pod.pod_class.workload.kind for pod in lab.pods()) == [
        "Deployment",
        "Pod",
        "StatefulSet",
        "StatefulSet",
    ]
    [alone] = lab.pods("alone")
    lab.delete(alone, at=100.0)
    lab.run(200.0)
    assert len(lab.pods("alone")) == 1


def test_checks_stand_for_probes() -> None:
    both = container(liveness=Probe(initial_delay=15.0, period=10.0), readiness=Probe(period=0.5, failure_threshold=5))
    slow = replace(both, startup=Probe(period=5.0, failure_threshold=12))
    [job] = as_jobs(
        cluster(nodes(1), deployment(pods=template("web", both, slow, container("x", readiness=Probe())))), None
    ).deployments
    first, second, third = job.template.spec.containers
    assert first.readiness == Probe(period=1.0, failure_threshold=1)
    assert first.liveness == Probe(initial_delay=15.0, period=10.0)
    assert second.liveness == Probe(initial_delay=60.0, period=10.0)
    assert second.startup is None
    assert third.liveness is None


def test_when_checks_find_out() -> None:
    checked = container(readiness=Probe(period=10.0))
    assert timeline(checked, 2.0, 0.5) == (0.0, 5.0, None)
    assert timeline(checked, 6.0, 0.5) == (0.0, 15.0, None)
    assert timeline(container(), 6.0, 0.5) == (0.0, 0.0, None)
    strict = container(liveness=Probe(initial_delay=1.0, period=10.0, failure_threshold=3))
    assert timeline(strict, 100.0, 0.25) == (None, 0.0, 21.25)
    assert timeline(strict, 10.0, 0.25) == (0.0, 0.0, None)


MANIFESTS = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  strategy: {rollingUpdate: {maxSurge: 1}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}
      - {maxSkew: 1, topologyKey: host, whenUnsatisfiable: ScheduleAnyway}
      containers:
      - {name: c, image: "i:1", lifecycle: {postStart: {exec: {command: [sh]}}, preStop: {sleep: {seconds: 5}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: c, image: "i:1"}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "i:1"}]}}}
"""


def test_what_has_no_counterpart_is_named_by_object() -> None:
    documents = parse_documents(MANIFESTS, "f.yaml")
    named = without_counterpart([Manifest(each.value, each) for each in documents], "nomad")
    found = {each.field: (str(each.effect), each.first.line) for each in named}
    spread = "Pod spec.topologySpreadConstraints of Deployment/shop/web"
    assert found == {
        "PodDisruptionBudget/web": ("too bad", 1),
        "Deployment spec.strategy.rollingUpdate.maxSurge of Deployment/shop/web": ("too bad", 10),
        spread: ("too bad", 16),
        "Pod spec.containers.lifecycle.postStart of Deployment/shop/web": ("too good", 19),
        "StatefulSet spec.selector of StatefulSet/db": ("unknown", 26),
        "StatefulSet spec.serviceName of StatefulSet/db": ("too bad", 25),
        "Job/once": ("unknown", 31),
    }


def once(seed: int = 3) -> Run:
    small: Cluster = cluster(nodes(6, "abc"), deployment(replicas=4), deployment("api", 3))
    return simulate(
        small,
        duration=20 * DAY,
        behaviour=behaviour(),
        failures=[
            NodeCrash("node-crash", Exponential(2 * DAY), Exponential(HOUR)),
            ContainerCrash("crash", Exponential(DAY)),
        ],
        operations=[
            Rollout("release", "Deployment/web", every=3 * DAY),
            Drain("drain", every=5 * DAY, maintenance=Fixed(600.0)),
        ],
        control_plane=Nomad(),
        seed=seed,
        keep_log=True,
    )


def test_the_same_arguments_give_the_same_bytes() -> None:
    first, again, other = once(), once(), once(4)
    assert first.log is not None
    assert again.log is not None
    assert other.log is not None
    assert first.log.columns().tobytes() == again.log.columns().tobytes()
    assert first.log.columns().tobytes() != other.log.columns().tobytes()
    assert first.transitions > 1000

"""What becomes of Kubernetes' kinds under Swarm, and that the luck is the same."""

from dataclasses import replace

import pytest

from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.disruption import PodDisruptionBudget
from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.pod import Probe
from models.service import Service
from models.statefulset import StatefulSet
from simulator.control_planes.swarm import Swarm
from simulator.failures.node_crash import NodeCrash
from simulator.log import Kind
from simulator.operations.drain import Drain
from simulator.swarm.latencies import ASSIGNMENT
from simulator.swarm.reading import as_tasks
from tests.simulator.clusters import HOUR, Lab, behaviour, cluster, container, deployment, down, nodes, pod, template
from tests.simulator.orchestrators import AT, outages, starts
from tests.simulator.swarm.swarms import app, lab

MINE = LabelSelector.of({"app": "web"})


def test_a_daemon_set_is_a_global_service() -> None:
    agents = DaemonSet("agent", template("agent"), LabelSelector.of({"app": "agent"}))
    service = Service("agent", selector={"app": "agent"})
    machines = replace(cluster(nodes(3)), daemon_sets=(agents,), services=(service,))
    found = lab(machines, failures=[down(1, at=AT, lasting=100.0)])
    assert sorted(task.node for task in found.pods()) == [0, 1, 2]
    found.run(AT + 60.0)
    # Nothing takes the place of the one that is lost, until its node is back.
    assert sorted(task.node for task in found.pods() if not task.deleting) == [0, 2]
    found.run(AT + 110.0)
    assert sorted(task.node for task in found.pods() if task.running) == [0, 1, 2]
    assert found.simulation.recorder.histories(0.0, AT + 110.0)["agent"].desired.values.tolist() == [3.0]


def test_tasks_of_a_stateful_set_keep_their_names_and_need_no_volume() -> None:
    data = StatefulSet("web", template("web"), MINE, replicas=3)
    found = lab(replace(cluster(nodes(3)), stateful_sets=(data,), services=(Service("web", selector={"app": "web"}),)))
    assert sorted(task.name for task in found.pods()) == ["web-0", "web-1", "web-2"]
    lost = found.pods()[0]
    found = lab(found.cluster, failures=[down(lost.node, at=AT)]).run(AT + 60.0)
    assert sorted(task.name for task in found.pods() if task.running) == ["web-0", "web-1", "web-2"]


def test_a_pod_of_its_own_is_a_service_of_one_task() -> None:
    home = lab(cluster(nodes(2), pod("web"))).pods()[0].node
    found = lab(cluster(nodes(2), pod("web")), failures=[down(home, at=AT)]).run(AT + 60.0)
    [(_, end)] = outages(found)
    assert end < AT + 16.5 + 5.0 + 2 * ASSIGNMENT


def test_a_budget_holds_up_no_drain() -> None:
    of = replace(app(2, 2), budgets=(PodDisruptionBudget("web", MINE, min_available=2),))
    found = lab(of, operations=[Drain("drain", at=AT, maintenance=Fixed(60.0))]).run(AT + 300.0)
    assert len(starts(found)) == 3  # one of the first node, then both of the second


def test_claims_hooks_and_init_containers_are_left_out_and_probes_become_one() -> None:
    pods = template(
        "web",
        container(
            readiness=Probe(period=5.0, failure_threshold=4, success_threshold=3),
            startup=Probe(period=10.0, failure_threshold=6),
            pre_stop=20.0,
        ),
        init_containers=(container("init"),),
        claims=("data",),
    )
    [read] = as_tasks(Cluster(deployments=(deployment(pods=pods),)), 0.0, None).deployments
    spec = read.template.spec
    assert spec.claims == spec.init_containers == ()
    [only] = spec.containers
    assert only.readiness is None
    assert only.startup is None
    assert only.pre_stop == 0.0
    assert only.liveness == Probe(initial_delay=60.0, period=5.0, failure_threshold=4)
    assert spec.termination_grace_period == 10.0


@pytest.mark.parametrize(("said", "given", "grace"), [(30.0, None, 10.0), (60.0, None, 60.0), (60.0, 15.0, 15.0)])
def test_the_grace_period_is_that_of_the_manifest_where_it_says_one(
    said: float, given: float | None, grace: float
) -> None:
    pods = template("web", termination_grace_period=said)
    [read] = as_tasks(Cluster(deployments=(deployment(pods=pods),)), 0.0, given).deployments
    assert read.template.spec.termination_grace_period == grace


def test_nodes_fail_at_the_same_moments_as_under_kubernetes() -> None:
    def failures(control_plane: Swarm | None) -> list[tuple[float, str, int]]:
        mode = NodeCrash("crash", Exponential(10 * HOUR), Exponential(HOUR))
        found = Lab(app(4, 3), behaviour(), [mode], seed=5, control_plane=control_plane).run(200 * HOUR)
        return found.log(Kind.NODE_POWER)

    assert failures(Swarm()) == failures(None) != []

"""The slots of services that shrink and grow, lose nodes, and are updated meanwhile."""

from dataclasses import replace

from models.daemonset import DaemonSet
from models.deployment import Deployment
from models.distributions import Fixed
from models.labels import LabelSelector
from models.service import Service
from simulator.control_planes.swarm import Swarm
from simulator.log import Kind
from simulator.swarm.options import Order, UpdateConfig
from simulator.swarm.scheduler import FAULTY_AFTER
from tests.simulator.clusters import Lab, behaviour, cluster, down, nodes, template
from tests.simulator.orchestrators import AT, Crash
from tests.simulator.swarm.swarms import CREATE, app, lab

SLOTS = "Deployment/default/web/"


def service(found: Lab) -> Deployment:
    [spec] = found.simulation.cluster.deployments
    return spec


def released(spec: Deployment) -> Deployment:
    """Of another release."""
    return replace(spec, template=replace(spec.template, annotations={"release": "2"}))


def shrunk() -> Lab:
    """Three tasks, two of them on one node, of which the second went at `AT`."""
    quick = behaviour(start=Fixed(CREATE), startup=Fixed(0.0), stop=Fixed(0.0))
    places = {f"{SLOTS}0": 0, f"{SLOTS}1": 0, f"{SLOTS}2": 1}
    found = Lab(app(2, 3), quick, control_plane=Swarm(), before=lambda it: it.control_plane.place(places))
    found.apply(replace(service(found), replicas=2), AT)
    found.run(AT + 100.0)
    assert [task.name for task in found.pods()] == ["web-0", "web-2"]
    return found


def test_a_change_of_a_service_that_shrank_leaves_its_tasks_where_they_are() -> None:
    found = shrunk()
    found.apply(replace(service(found), replicas=2, min_ready_seconds=1.0), AT + 100.0)
    found.run(AT + 200.0)
    assert [task.name for task in found.pods()] == ["web-0", "web-2"]


def test_each_task_of_a_service_that_shrank_is_replaced_and_updated() -> None:
    found = shrunk()
    found.at(AT + 100.0, lambda: found.state.pods.mark_deleting(found.pods()[1], 0))
    found.run(AT + 200.0)
    assert len([task for task in found.pods() if task.running]) == 2
    found.apply(replace(released(service(found)), replicas=2), AT + 200.0)
    found.run(AT + 300.0)
    assert [task.pod_class.template.annotations for task in found.pods()] == [{"release": "2"}] * 2


def test_a_service_grows_again_after_its_tasks_were_restarted() -> None:
    found = lab(app(3, 3), failures=[Crash(Fixed(300.0))])
    found.apply(replace(service(found), replicas=2), AT)
    found.apply(replace(service(found), replicas=3), AT + 50.0)
    found.run(AT + 100.0)
    assert len(found.pods()) == 3


def test_a_global_service_is_back_on_a_node_where_its_task_was_restarted_before() -> None:
    agents = DaemonSet("web", template("web"), LabelSelector.of({"app": "web"}))
    of = replace(cluster(nodes(2)), daemon_sets=(agents,), services=(Service("web", selector={"app": "web"}),))
    found = lab(of, failures=[Crash(Fixed(300.0)), down(1, at=AT, lasting=100.0)]).run(AT + 150.0)
    assert sorted(task.node for task in found.pods()) == [0, 1]


def test_a_service_that_shrinks_during_an_update_has_no_task_too_many_and_the_update_ends() -> None:
    for order in Order:
        found = lab(app(4, 4), Swarm(update=UpdateConfig(order=order)), start=Fixed(20.0))
        found.apply(released(service(found)), AT)
        found.apply(replace(released(service(found)), replicas=1), AT + 10.0)
        found.run(AT + 200.0)
        [task] = found.pods()
        assert task.pod_class.template.annotations == {"release": "2"}
        assert len(found.times(Kind.DEPLOYMENT_COMPLETE, 1, AT)) == 1


def test_what_is_remembered_of_a_task_that_keeps_failing_does_not_grow() -> None:
    found = lab(app(1, 1), failures=[Crash(Fixed(1.0))]).run(AT)
    plane = found.simulation.control_plane
    [slots] = plane.orchestrator._services.values()
    assert not slots.restarts
    assert [len(times) for times in plane.scheduler._failures.values()] == [FAULTY_AFTER]

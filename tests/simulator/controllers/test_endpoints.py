"""Which pods a Service lists as ready, and how many of those can answer (kubernetes-behaviour, section 9)."""

from dataclasses import replace

import pytest

from models.cluster import Cluster
from models.distributions import Fixed
from models.pod import Probe
from models.service import Service
from simulator.failures.container_crash import ContainerCrash
from simulator.log import Kind
from simulator.run import simulate
from tests.simulator.clusters import (
    DAY,
    HOUR,
    Lab,
    behaviour,
    cluster,
    container,
    deployment,
    down,
    nodes,
    pod,
    template,
)

START = -DAY
PROBED = container(readiness=Probe(period=5.0))


def behind(service: Service, *pods: object, **other: object) -> Lab:
    load = cluster(nodes(2), *pods, services=False)  # type: ignore[arg-type]
    return Lab(replace(load, services=(service,)), **other)  # type: ignore[arg-type]


def test_a_pod_is_listed_when_it_is_ready_and_answers_when_it_is_up() -> None:
    lab = behind(Service("web", selector={"app": "web"}), deployment(pods=template("web", PROBED)))
    assert lab.log(Kind.SERVICE_READY, START) == [(START + 6.0, "web", 1)]
    assert lab.log(Kind.SERVICE_ANSWERING, START) == [(START + 6.0, "web", 1)]
    unprobed = behind(Service("web", selector={"app": "web"}), deployment())
    assert unprobed.log(Kind.SERVICE_READY, START) == [(START + 1.0, "web", 1)]
    assert unprobed.log(Kind.SERVICE_ANSWERING, START) == [(START + 3.0, "web", 1)]


@pytest.mark.parametrize(
    ("selector", "namespace", "listed"),
    [
        ({"app": "web"}, "default", 2),
        ({"app": "web", "tier": "front"}, "default", 1),
        ({"tier": "front"}, "default", 2),
        ({"tier": "back"}, "default", 0),
        ({"app": "web"}, "other", 0),
        ({}, "default", 0),
        (None, "default", 0),
    ],
)
def test_a_service_lists_the_pods_that_it_selects(selector: dict[str, str] | None, namespace: str, listed: int) -> None:
    pods = (
        pod("web", labels={"tier": "front"}),
        replace(pod("second"), template=template("web")),
        replace(pod("third"), template=template("api", labels={"tier": "front"})),
    )
    lab = behind(Service("web", namespace, selector), *pods)
    assert len(lab.state.services[0].endpoints) == lab.state.services[0].answering == listed


def test_a_terminating_pod_is_not_listed_even_while_it_is_ready() -> None:
    lab = behind(Service("web", selector={"app": "web"}), deployment(replicas=2), behaviour=behaviour(stop=Fixed(20.0)))
    lab.delete(lab.pods()[0], at=10.0)
    lab.run(HOUR)
    assert lab.log(Kind.SERVICE_READY, 1.0) == [(10.0, "web", 1), (11.0, "web", 2)]
    assert lab.log(Kind.SERVICE_ANSWERING, 1.0) == [(10.0, "web", 1), (13.0, "web", 2)]
    assert lab.times(Kind.POD_ANSWERING, 0, 1.0) == [30.0]


SLOW = behaviour(start=Fixed(100.0), stop=Fixed(20.0))
"""An old pod has stopped long before its replacement is up."""


def test_terminating_endpoints_are_used_while_no_other_is_ready() -> None:
    """KEP-1669."""
    lab = behind(Service("web", selector={"app": "web"}), deployment(), behaviour=SLOW)
    lab.delete(lab.pods()[0], at=10.0)
    lab.run(15.0)
    [service] = lab.state.services
    assert (len(service.endpoints), len(service.terminating), service.answering) == (0, 1, 1)
    lab.run(HOUR)
    assert lab.log(Kind.SERVICE_READY, 1.0) == [(10.0, "web", 0), (110.0, "web", 1)]
    assert lab.log(Kind.SERVICE_ANSWERING, 1.0) == [(30.0, "web", 0), (112.0, "web", 1)]
    assert not service.terminating


def test_terminating_endpoints_are_left_for_the_first_that_is_ready() -> None:
    lab = behind(Service("web", selector={"app": "web"}), deployment(replicas=3), behaviour=behaviour(stop=Fixed(20.0)))
    for pod_ in lab.pods():
        lab.delete(pod_, at=10.0)
    lab.run(HOUR)
    old, new = lab.log(Kind.SERVICE_ANSWERING, 1.0)[:3], lab.log(Kind.SERVICE_ANSWERING, 10.5)
    assert old == [(10.0, "web", 2), (10.0, "web", 1), (10.0, "web", 3)]  # the last to go brings in those before it
    # The first of the new is ready as soon as it runs, and answers later.
    assert new == [(11.0, "web", 0), (13.0, "web", 1), (13.0, "web", 2), (13.0, "web", 3)]


def test_terminating_endpoints_of_a_dead_node_answer_nobody() -> None:
    lab = behind(Service("web", selector={"app": "web"}), deployment(), failures=[down(0, 1, at=15.0)], behaviour=SLOW)
    lab.delete(lab.pods()[0], at=10.0)
    lab.run(20.0)
    [service] = lab.state.services
    assert (len(service.terminating), service.answering) == (1, 0)
    assert lab.log(Kind.SERVICE_ANSWERING, 1.0) == [(15.0, "web", 0)]


def test_the_names_of_a_headless_service_lead_to_ready_endpoints_only() -> None:
    lab = behind(Service("web", selector={"app": "web"}, headless=True), deployment(), behaviour=SLOW)
    lab.delete(lab.pods()[0], at=10.0)
    lab.run(HOUR)
    assert lab.log(Kind.SERVICE_ANSWERING, 1.0) == [(10.0, "web", 0), (112.0, "web", 1)]


def test_pods_without_the_port_that_a_service_asks_for_are_no_endpoints() -> None:
    has, lacks = (
        deployment(name, 2, pods=template(name, of, labels={"tier": "front"}))
        for name, of in (
            ("new", container(named_ports=frozenset({("http", "TCP")}))),
            ("old", container(named_ports=frozenset({("http", "UDP"), ("admin", "TCP")}))),
        )
    )
    service = Service("front", selector={"tier": "front"}, named_ports=frozenset({("http", "TCP")}))
    lab = behind(service, has, lacks)
    [front] = lab.state.services
    assert {lab.state.pods[uid].name for uid in front.endpoints} == {pod_.name for pod_ in lab.pods("new")}
    assert (front.answering, front.desired) == (2, 4)
    lab.delete(lab.pods("old")[0], at=10.0)
    lab.run(HOUR)
    assert lab.log(Kind.SERVICE_READY, 1.0) == []


def test_a_crash_is_felt_before_it_is_listed() -> None:
    noticed = replace(behaviour().timing, pleg_relist_period=1.0)
    lab = behind(
        Service("web", selector={"app": "web"}),
        deployment(pods=template("web", PROBED)),
        failures=[ContainerCrash("crash", Fixed(1000.0))],
        behaviour=behaviour(noticed, restart=Fixed(3.0)),
    ).run(1100.0)
    [(unlisted, _, _), (listed, _, _)] = lab.log(Kind.SERVICE_READY, 1.0)
    assert 1000.0 < unlisted < 1001.0
    assert listed == pytest.approx(unlisted + 3.0 + 5.0)
    assert lab.log(Kind.SERVICE_ANSWERING, 1.0) == [(1000.0, "web", 0), (pytest.approx(listed), "web", 1)]


def test_addresses_that_are_not_ready_may_be_published() -> None:
    service = Service("web", selector={"app": "web"}, publish_not_ready_addresses=True)
    lab = behind(service, deployment(pods=template("web", PROBED)), behaviour=behaviour(stop=Fixed(20.0)))
    assert lab.log(Kind.SERVICE_READY, START) == [(START + 1.0, "web", 1)]
    assert lab.log(Kind.SERVICE_ANSWERING, START) == [(START + 3.0, "web", 1)]
    lab.delete(lab.pods()[0], at=10.0)
    lab.run(HOUR)
    # The old one stays listed until it is gone.
    assert lab.log(Kind.SERVICE_READY, 1.0) == [(11.0, "web", 2), (30.0, "web", 1)]


def test_failed_and_unstarted_pods_are_not_published() -> None:
    service = Service("alone", selector={"app": "alone"}, publish_not_ready_addresses=True)
    once = pod("alone", restart_policy="Never")
    lab = behind(service, once, failures=[ContainerCrash("crash", Fixed(100.0))]).run(HOUR)
    assert lab.log(Kind.SERVICE_READY, 1.0) == [(100.0, "alone", 0)]
    pulling = behind(service, pod("alone"), behaviour=behaviour(image_pull=Fixed(1e9)))
    pulling.delete(pulling.pods()[0], at=10.0)
    assert pulling.run(HOUR).log(Kind.SERVICE_READY, START) == []


def test_several_services_may_list_one_pod() -> None:
    services = (Service("web", selector={"app": "web"}), Service("all", selector={"tier": "front"}))
    web, api = (deployment(name, 2, pods=template(name, labels={"tier": "front"})) for name in ("web", "api"))
    lab = Lab(Cluster(nodes=nodes(2), deployments=(web, api), services=services))
    assert [len(service.endpoints) for service in lab.state.services] == [2, 4]
    lab.delete(lab.pods("web")[0], at=10.0)
    lab.run(10.5)
    assert [service.answering for service in lab.state.services] == [1, 3]


def test_a_pod_with_other_labels_leaves_its_services_also_while_it_terminates() -> None:
    service = Service("web", selector={"app": "web"})
    slow = behaviour(stop=Fixed(20.0), answers_while_stopping=True)
    lab = behind(service, deployment(replicas=1), behaviour=slow)
    [old] = lab.pods()
    lab.delete(old, at=10.0)
    lab.run(10.05)
    [listed] = lab.state.services
    assert (listed.endpoints, list(listed.terminating.values()), listed.answering) == ({}, [old], 1)
    lab.simulation.api.label(old, {"app": "other"})
    assert (listed.terminating, listed.answering) == ({}, 0)


def test_histories_count_what_users_meet_and_what_the_control_plane_believes() -> None:
    run = simulate(
        cluster(nodes(2), deployment(replicas=2)),
        behaviour=behaviour(),
        failures=[down(0, at=100.0, lasting=50.0)],
        duration=1000.0,
        warmup=90.0,
    )
    history = run.services["web"]
    assert (run.start, run.end) == (90.0, 1090.0)
    assert list(zip(history.answering.times, history.answering.values, strict=True)) == [
        (90.0, 2),
        (100.0, 1),
        (153.0, 2),
    ]
    assert history.ready.values.tolist() in ([2, 1, 2], [2, 1, 0, 1, 2])
    assert history.ready.time_below(2) < history.answering.time_below(2)
    assert history.desired.values.tolist() == [2]


def test_desired_is_what_the_deployment_asks_for_in_the_middle_of_a_rollout_too() -> None:
    from simulator.operations.rollout import Rollout

    rollout = Rollout("release", "Deployment/web", at=100.0)
    run = simulate(cluster(nodes(6), deployment(replicas=10)), operations=[rollout], duration=101.0)
    assert run.services["web"].desired.values.tolist() == [10]


def test_names_carry_the_namespace_only_when_there_are_several() -> None:
    services = tuple(Service("web", namespace, {"app": "web"}) for namespace in ("default", "other"))
    load = replace(cluster(nodes(1), deployment()), services=services)
    assert set(simulate(load, duration=10.0).services) == {"default/web", "other/web"}
    assert set(simulate(replace(load, services=services[1:]), duration=10.0).services) == {"web"}


@pytest.mark.parametrize(("published", "listed"), [(False, 1), (True, 3)])
def test_a_pod_whose_node_is_gone_is_left_out_once_something_happens_to_another(published: bool, listed: int) -> None:
    service = Service("web", selector={"app": "web"}, publish_not_ready_addresses=published)
    lab = behind(service, deployment(replicas=3, pods=template("web", PROBED)))
    counts = {node: [pod.node for pod in lab.pods()].count(node) for node in (0, 1)}
    [single] = [node for node, count in counts.items() if count == 1]
    lab.at(100.0, lambda: lab.state.nodes.delete(single, 0))
    [found] = lab.state.services
    lab.run(110.0)
    assert len(found.endpoints) == 3
    lab.delete(next(pod for pod in lab.pods() if pod.node != single), at=120.0)
    lab.run(121.5)
    assert len(found.endpoints) == listed  # the new pod runs, and is not ready yet
    lab.run(200.0)
    assert len(found.endpoints) == 3
    assert all(lab.state.nodes.exists[pod.node] for pod in lab.pods())

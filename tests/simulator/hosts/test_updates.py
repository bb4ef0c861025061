"""What people do to plain hosts: rolling updates, bad releases, drains, other numbers of replicas."""

from dataclasses import replace

import pytest

from models.daemonset import DaemonSet
from models.distributions import Fixed
from models.labels import LabelSelector
from models.pod import Probe
from models.release import Defect, Shows
from models.service import Service
from models.statefulset import StatefulSet
from simulator.control_planes.plain_hosts import PlainHosts
from simulator.hosts.options import Playbook
from simulator.log import Kind
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.operations.scale import Scale
from simulator.stories.releases import BadRelease, DetectedBy
from tests.simulator.clusters import GIB, HOUR, Lab, cluster, container, deployment, down, nodes, template
from tests.simulator.hosts.plain import DEFAULT, app, lab
from tests.simulator.orchestrators import AT, alike, node_of, outages, starts

STOP, START = 2.0, 5.0
LAWS = {"stop": Fixed(STOP), "startup": Fixed(START)}


def updated(
    replicas: int, playbook: Playbook, defect: Defect | None = None, seed: int = 0, lost: int | None = None
) -> Lab:
    """As many units on as many hosts, which are told to have another template at `AT`."""
    failures = [] if lost is None else [down(lost, at=AT - 100.0)]
    found = lab(app(replicas, replicas), PlainHosts(playbook=playbook), failures, seed=seed, **LAWS)
    spec = found.simulation.cluster.deployments[0]
    template = replace(spec.template, annotations={"release": "2"}, defect=defect)
    found.apply(replace(spec, template=template), AT)
    return found.run(AT + HOUR)


def complete(found: Lab) -> list[float]:
    return [time - AT for time in found.times(Kind.DEPLOYMENT_COMPLETE, 1, AT)]


@pytest.mark.parametrize(("replicas", "serial"), [(1, 1), (3, 1), (5, 2)])
def test_an_update_takes_the_wait_the_stop_the_start_and_two_checks_a_batch(replicas: int, serial: int) -> None:
    batches = -(-replicas // serial)
    times = [complete(updated(replicas, Playbook(serial), seed=seed))[0] for seed in range(40)]
    shortest = batches * (10.0 + STOP + START + 2.0)
    assert all(shortest - 1e-6 <= time <= shortest + 2.0 * batches for time in times)
    # The check that is the last of its batch to pass comes, of s servers, 2 s/(s + 1) after the first possible one.
    sizes = [min(serial, replicas - serial * batch) for batch in range(batches)]
    average, error = alike(times)
    assert abs(average - shortest - sum(2.0 * size / (size + 1) for size in sizes)) < 4 * error


@pytest.mark.parametrize("wait", [0.0, 10.0])
def test_an_update_of_the_only_replica_is_an_outage(wait: float) -> None:
    """With weight 0 it has no new connections, so the drain wait counts too."""
    spells = [outages(updated(1, Playbook(drain_wait=wait), seed=seed)) for seed in range(40)]
    extra = [end - begin - (wait + STOP + START) for [(begin, end)] in spells]
    average, error = alike(extra)
    assert abs(average - 3.0) < 4 * error
    assert all(2.0 - 1e-6 <= time <= 4.0 + 1e-6 for time in extra)


def test_an_update_of_several_is_no_outage_and_takes_hosts_in_their_order() -> None:
    found = updated(3, Playbook())
    assert outages(found) == []
    assert [found.pods()[i].node for i in range(3)] == [0, 1, 2]
    lowest = min(new for *_, new, _ in found.rows(Kind.SERVICE_READY, AT))
    assert lowest == 2


CRASHES = Defect(Shows.CRASH, "release/web")


def test_a_bad_release_breaks_the_first_batch_for_good_and_goes_no_further() -> None:
    found = updated(3, Playbook(), CRASHES)
    assert complete(found) == []
    assert found.times(Kind.DEPLOYMENT_PROGRESSING, 0, AT) == [pytest.approx(AT + 310.0)]
    assert sorted(unit.ready for unit in found.pods()) == [False, True, True]
    assert found.rows(Kind.SERVICE_READY, AT)[-1][3] == 2
    assert outages(found) == []


@pytest.mark.parametrize(("serial", "allowed", "broken"), [(2, 0, 2), (1, 100, 5), (4, 100, 5), (3, 99, 3)])
def test_a_bad_release_breaks_a_batch_or_all_hosts_by_how_many_may_fail(serial: int, allowed: int, broken: int) -> None:
    found = updated(5, Playbook(serial, max_fail_percentage=allowed), CRASHES)
    assert sum(not unit.ready for unit in found.pods()) == broken


def test_a_release_that_crashes_soon_after_its_start_is_a_unit_that_has_failed() -> None:
    found = lab(app(3, 3), startup=Fixed(0.3))
    spec = found.simulation.cluster.deployments[0]
    found.apply(replace(spec, template=replace(spec.template, annotations={"release": "2"}, defect=CRASHES)), AT)
    found.run(AT + HOUR)
    assert [time - AT for time in starts(found)] == pytest.approx([10.0 + 0.4 * i for i in range(5)])
    assert list(found.simulation.pending().values()) == ["start limit hit: the unit has failed until people reset it"]


def test_a_release_that_no_check_finds_bad_reaches_all_hosts() -> None:
    found = updated(3, Playbook(), Defect(Shows.ERRORS, "release/web"))
    assert len(complete(found)) == 1
    assert all(unit.ready and not unit.answering for unit in found.pods())


def test_a_release_that_is_never_ready_stops_the_playbook_where_an_http_check_asks() -> None:
    for check, good in ((Probe(), 2), (None, 0)):
        found = lab(app(3, 3, check), **LAWS)
        spec = found.simulation.cluster.deployments[0]
        defect = Defect(Shows.NEVER_READY, "release/web")
        found.apply(replace(spec, template=replace(spec.template, annotations={"release": "2"}, defect=defect)), AT)
        found.run(AT + HOUR)
        assert sum(not unit.pod_class.template.annotations for unit in found.pods()) == good


@pytest.mark.parametrize("serial", [1, 3])
def test_stateful_sets_and_daemon_sets_are_updated_alike(serial: int) -> None:
    pods, selector = template("web", container()), LabelSelector.of({"app": "web"})
    bare = replace(cluster(nodes(3, "abc")), services=(Service("web", selector={"app": "web"}),))
    for of in (
        replace(bare, stateful_sets=(StatefulSet("web", pods, selector, replicas=3),)),
        replace(bare, daemon_sets=(DaemonSet("web", pods, selector),)),
    ):
        hosts = PlainHosts(playbook=Playbook(serial))
        found = lab(of, hosts, failures=[down(1, at=AT, lasting=HOUR)], **LAWS)
        assert [unit.node for unit in found.pods()] == [0, 1, 2]
        found.run(AT + 2 * HOUR)
        assert [(unit.node, unit.ready) for unit in found.pods()] == [(0, True), (1, True), (2, True)]
        [spec] = [*found.simulation.cluster.stateful_sets, *found.simulation.cluster.daemon_sets]
        found.apply(replace(spec, template=replace(spec.template, annotations={"release": "2"})), AT + 2 * HOUR)
        found.run(AT + 3 * HOUR)
        assert all(unit.ready and unit.pod_class.template.annotations for unit in found.pods())
        assert outages(found) == [] or serial == 3


def test_a_host_that_cannot_be_reached_fails_the_update_at_once() -> None:
    found = updated(3, Playbook(), lost=1)
    assert complete(found) == []
    assert found.times(Kind.DEPLOYMENT_PROGRESSING, 0, AT)[0] < AT + 30.0
    assert len([unit for unit in found.pods() if unit.pod_class.template.annotations]) == 1
    assert complete(updated(3, Playbook(max_fail_percentage=100), lost=1))


def test_a_rollback_mends_what_the_first_batch_broke() -> None:
    bad = BadRelease(1.0, Shows.CRASH, detected_by=DetectedBy.DEADLINE)
    release = Rollout("release", "Deployment/web", at=AT, new_image=False, bad=bad)
    found = lab(app(3, 3), operations=[release], **LAWS).run(AT + 2 * HOUR)
    assert all(unit.ready for unit in found.pods())
    assert found.times(Kind.DEPLOYMENT_COMPLETE, 1, AT)


def test_the_next_release_takes_over_from_one_under_way() -> None:
    found = lab(app(5, 5), **LAWS)
    spec = found.simulation.cluster.deployments[0]
    for number, at in enumerate((AT, AT + 15.0, AT + 31.0)):
        found.apply(replace(spec, template=replace(spec.template, annotations={"release": f"{number}"})), at)
    found.run(AT + HOUR)
    assert len(complete(found)) == 1
    assert {unit.pod_class.template.annotations["release"] for unit in found.pods()} == {"2"}
    assert len(found.pods()) == 5


def test_a_drain_is_capacity_lost_for_the_whole_maintenance() -> None:
    home = node_of(lab(app(3, 2)))
    drain = Drain("drain", at=AT, maintenance=Fixed(600.0))
    found = lab(app(3, 2), operations=[drain], **LAWS).run(AT + 2 * HOUR)
    stops = [time for time, _, old, new, _ in found.rows(Kind.POD_CONTAINERS, AT) if new < old]
    assert home == 0
    assert stops[0] - AT == pytest.approx(10.0 + STOP)
    assert starts(found)[0] - AT == pytest.approx(10.0 + STOP + 600.0)
    assert {unit.node for unit in found.pods()} == {0, 1}
    # The next host is drained as soon as this one is back in use, before its unit serves: both are away for a while.
    [(begin, end)] = outages(found)
    assert begin - AT == pytest.approx(10.0 + STOP + 600.0)
    assert START + 2.0 <= end - begin <= START + 4.0


def test_units_are_spread_over_hosts_and_then_zones_and_stay_there() -> None:
    found = lab(app(6, 4, zones="aabbcc"), failures=[down(0, at=AT)]).run(AT + HOUR)
    assert [unit.node for unit in found.pods()] == [0, 2, 4, 1]


def test_what_has_no_room_on_any_host_is_named() -> None:
    pods = template("web", container(cpu=3_000, memory=GIB))
    found = lab(cluster(nodes(2, "ab", cpu=4_000), deployment(replicas=3, pods=pods)))
    assert [unit.node for unit in found.pods()] == [0, 1, -1]
    assert list(found.simulation.pending().values()) == ["no host of the list has room"]


def test_more_and_fewer_replicas_are_units_added_and_taken_away_at_the_end() -> None:
    more = Scale("more", "Deployment/web", replicas=5, at=AT)
    fewer = Scale("fewer", "Deployment/web", replicas=2, at=2 * AT)
    found = lab(app(5, 3), DEFAULT, operations=[more, fewer], **LAWS).run(AT + 100.0)
    assert [unit.node for unit in found.pods()] == [0, 1, 2, 3, 4]
    found.run(2 * AT + 100.0)
    assert [unit.node for unit in found.pods()] == [0, 1]


def test_a_place_that_is_given_up_during_an_update_does_not_fail_it() -> None:
    found = lab(app(3, 3), PlainHosts(playbook=Playbook(serial=3)), **LAWS)
    spec = found.simulation.cluster.deployments[0]
    release = replace(spec, template=replace(spec.template, annotations={"release": "2"}))
    found.apply(release, AT)
    found.apply(replace(release, replicas=1), AT + 5.0)
    found.run(AT + HOUR)
    assert len(complete(found)) == 1
    assert not found.times(Kind.DEPLOYMENT_PROGRESSING, 0, AT)


def test_nothing_is_remembered_of_the_server_of_a_unit_that_went_at_once() -> None:
    pods = template("web", container(cpu=3_000, memory=GIB))
    found = lab(cluster(nodes(2, "ab", cpu=4_000), deployment(replicas=3, pods=pods)))
    found.apply(replace(found.simulation.cluster.deployments[0], replicas=2), AT)
    found.run(AT + 100.0)
    assert found.simulation.control_plane.haproxy._servers.keys() == {unit.uid for unit in found.pods()}

"""What holds on plain hosts whatever happens: random clusters, failures, drains, updates and scaling."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.distributions import Exponential, Fixed, LogNormal
from models.pod import Probe
from models.release import Shows
from simulator.control_planes.plain_hosts import PlainHosts, PlainHostsControlPlane
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.control_plane_outage import ControlPlaneOutage
from simulator.failures.grey_failure import GreyFailure
from simulator.failures.network_partition import NetworkPartition
from simulator.failures.node_crash import NodeCrash
from simulator.failures.node_reboot import NodeReboot
from simulator.failures.zone_outage import ZoneOutage
from simulator.hosts.options import Checks, Playbook, Systemd
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.operations.scale import Scale
from simulator.processes import Process
from simulator.stories.releases import BadRelease
from tests.simulator.clusters import HOUR, Lab, behaviour
from tests.simulator.hosts.plain import app

LAW = Exponential(2 * HOUR)
SHORT = LogNormal.from_quantile(median=60.0, p95=600.0)
FAILURES = st.lists(
    st.sampled_from(
        [
            NodeCrash("crash", LAW, SHORT),
            NodeReboot("reboot", LAW, SHORT),
            ZoneOutage("zone", LAW, SHORT),
            NetworkPartition("cut", LAW, SHORT),
            ContainerCrash("exit", LAW),
            ContainerCrash("loop", Exponential(60.0)),
            ControlPlaneOutage("balancer", Process.CONTROLLER_MANAGER, LAW, SHORT),
            ControlPlaneOutage("other", Process.SCHEDULER, LAW, SHORT),
            GreyFailure("grey", LAW, Fixed(300.0)),
        ]
    ),
    unique_by=lambda mode: mode.name,
    max_size=5,
)
OPERATIONS = st.lists(
    st.sampled_from(
        [
            Drain("drain", every=3 * HOUR, maintenance=Fixed(300.0)),
            Rollout("release", "Deployment/web", every=HOUR, new_image=True),
            Rollout("bad", "Deployment/web", every=HOUR, bad=BadRelease(0.5, Shows.CRASH, detection=Fixed(300.0))),
            Scale("more", "Deployment/web", replicas=7, at=2 * HOUR),
            Scale("less", "Deployment/web", replicas=1, at=4 * HOUR),
        ]
    ),
    unique_by=lambda operation: operation.name,
    max_size=4,
)
HOSTS = st.builds(
    PlainHosts,
    systemd=st.builds(Systemd, restart_sec=st.sampled_from([0.0, 0.1, 5.0])),
    reset=st.sampled_from([None, Fixed(600.0)]),
    checks=st.sampled_from([Checks(), Checks(inter=5.0, fall=1, rise=1, timeout=1.0)]),
    playbook=st.builds(Playbook, serial=st.sampled_from([1, 3]), drain_wait=st.sampled_from([0.0, 30.0])),
)


def plane(found: Lab) -> PlainHostsControlPlane:
    control_plane = found.simulation.control_plane
    assert isinstance(control_plane, PlainHostsControlPlane)
    return control_plane


def checked(found: Lab, homes: dict[str, int]) -> None:
    """What holds between two moments; `homes`: by place, the host that it was seen on."""
    state = found.state
    for node in range(len(state.nodes)):
        held = [unit for unit in state.nodes.running[node].values() if not unit.is_over]
        assert int(state.nodes.used_cpu[node]) == sum(unit.pod_class.requests.cpu for unit in held)
        assert state.nodes.used_cpu[node] <= state.nodes.cpu[node]
    for group in plane(found).units._groups.values():
        units = [place.unit for place in group.places.values() if place.unit is not None]
        assert len({unit.uid for unit in units}) == len(units)
        assert all(unit.uid in state.pods for unit in units)
        assert set(group.places) <= set(range(max(7, group.record.spec.replicas)))
    for unit in state.pods.values():
        if unit.node >= 0:
            assert homes.setdefault(f"{unit.slot.name}", unit.node) == unit.node  # nothing is ever moved
        assert unit.running == sum(container.running for container in unit.containers)
        assert not unit.answering or unit.running
        assert not unit.answering or state.nodes.powered[unit.node]
    for service in state.services:
        listed = service.endpoints
        assert all(unit.ready and not unit.deleting for unit in listed.values())
        assert service.answering == sum(unit.answering for unit in listed.values())


@settings(max_examples=20, deadline=None)
@given(
    machines=st.integers(2, 6),
    replicas=st.integers(1, 5),
    check=st.sampled_from([None, Probe(period=10.0)]),
    hosts=HOSTS,
    failures=FAILURES,
    operations=OPERATIONS,
    seed=st.integers(0, 100),
)
def test_units_places_servers_and_hosts_agree_whatever_happens(
    machines: int,
    replicas: int,
    check: Probe | None,
    hosts: PlainHosts,
    failures: list[NodeCrash],
    operations: list[Drain],
    seed: int,
) -> None:
    operations = [each for each in operations if each.name != "less"]  # a place that is given up may be given anew
    laws = behaviour(startup=Exponential(5.0), image_pull=Exponential(5.0))
    found = Lab(app(machines, replicas, check), laws, failures, operations, seed, control_plane=hosts)
    homes: dict[str, int] = {}
    for hour in range(1, 9):
        for minute in range(0, 60, 7):
            found.run(hour * HOUR + minute * 60.0)
            checked(found, homes)


@settings(max_examples=10, deadline=None)
@given(replicas=st.integers(1, 5), failures=FAILURES, operations=OPERATIONS, seed=st.integers(0, 100))
def test_all_units_serve_once_nothing_breaks_any_more_and_failed_ones_are_reset(
    replicas: int, failures: list[NodeCrash], operations: list[Scale], seed: int
) -> None:
    once = [operation for operation in operations if isinstance(operation, Scale)]
    drain = Drain("drain", at=3 * HOUR, maintenance=Fixed(300.0))
    hosts = PlainHosts(reset=Fixed(600.0))
    found = Lab(app(4, replicas), behaviour(), failures, [*once, drain], seed, control_plane=hosts).run(6 * HOUR)
    for _ in range(400):  # what starts anew has another clock
        for clock in list(found.simulation.hazards.running):
            clock.stop()
        found.run(found.kernel.now + 20.0)
    [group] = plane(found).units._groups.values()
    assert sorted(group.places) == list(range(group.record.spec.replicas))
    assert all(place.unit is not None and place.unit.ready and place.unit.answering for place in group.places.values())
    assert {*found.state.nodes.ready} == {1}


def test_the_same_seed_gives_the_same_log() -> None:
    def run() -> bytes:
        failures = [
            NodeCrash("crash", LAW, SHORT),
            ContainerCrash("exit", LAW),
            ControlPlaneOutage("balancer", Process.SCHEDULER, LAW, SHORT),
        ]
        release = Rollout("release", "Deployment/web", every=HOUR)
        found = Lab(app(5, 4), behaviour(), failures, [release], seed=3, control_plane=PlainHosts()).run(50 * HOUR)
        assert found.simulation.log is not None
        return found.simulation.log.columns().tobytes()

    assert run() == run()

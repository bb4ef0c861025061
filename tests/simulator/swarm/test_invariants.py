"""What holds under Swarm whatever happens: random clusters, failures, drains, updates and scaling."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.distributions import Exponential, Fixed, LogNormal
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from models.pod import Probe
from models.release import Shows
from simulator.control_planes.swarm import Swarm
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.control_plane_outage import ControlPlaneOutage
from simulator.failures.grey_failure import GreyFailure
from simulator.failures.kubelet_outage import Component, KubeletOutage
from simulator.failures.network_partition import NetworkPartition
from simulator.failures.node_crash import NodeCrash
from simulator.failures.node_reboot import NodeReboot
from simulator.failures.stuck_terminating import StuckTerminating
from simulator.failures.zone_outage import ZoneOutage
from simulator.kernel import Kernel
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout
from simulator.operations.scale import Scale
from simulator.processes import Process
from simulator.stories.releases import BadRelease
from simulator.swarm.latencies import LONGEST_WAIT
from simulator.swarm.options import FailureAction, Order, RestartPolicy, UpdateConfig
from tests.simulator.clusters import HOUR, Lab, behaviour
from tests.simulator.orchestrators import starts
from tests.simulator.swarm.swarms import app, lab

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
            KubeletOutage("hang", LAW, SHORT, Component.KUBELET),
            KubeletOutage("runtime", LAW, SHORT, Component.RUNTIME),
            ControlPlaneOutage("leader", Process.CONTROLLER_MANAGER, LAW, SHORT),
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
            Rollout(
                "bad",
                "Deployment/web",
                every=HOUR,
                bad=BadRelease(0.5, Shows.CRASH, detection=Fixed(300.0)),
            ),
            Scale("more", "Deployment/web", replicas=7, at=2 * HOUR),
            Scale("less", "Deployment/web", replicas=1, at=4 * HOUR),
        ]
    ),
    unique_by=lambda operation: operation.name,
    max_size=4,
)
SWARMS = st.builds(
    Swarm,
    heartbeat_period=st.sampled_from([2.0, 5.0]),
    restart=st.builds(RestartPolicy, delay=st.sampled_from([0.0, 1.0, 5.0])),
    update=st.builds(
        UpdateConfig,
        parallelism=st.sampled_from([None, 0, 1, 2]),
        order=st.sampled_from([None, *Order]),
        delay=st.sampled_from([0.0, 7.0]),
        failure_action=st.sampled_from(FailureAction),
    ),
)


def checked(found: Lab) -> None:
    """What holds between two moments."""
    state = found.state
    for node in range(len(state.nodes)):
        running = state.nodes.running[node].values()
        held = [pod for pod in running if not pod.is_over]
        assert int(state.nodes.used_cpu[node]) == sum(pod.pod_class.requests.cpu for pod in held)
        assert state.nodes.used_cpu[node] <= state.nodes.cpu[node]
    for service in found.simulation.control_plane.orchestrator._services.values():
        tasks = [*service.tasks.values(), *service.extras.values()]
        assert len({task.uid for task in tasks}) == len(tasks)
        assert all(task.uid in state.pods and not task.deleting and not task.is_over for task in tasks)
        staying = [pod for pod in state.pods.values() if pod.owner is service and not pod.deleting and not pod.is_over]
        assert {pod.uid for pod in staying} == {task.uid for task in tasks}
        assert set(service.tasks) <= set(service.slots)
    for service_state in state.services:
        listed = service_state.endpoints
        assert all(pod.ready and not pod.deleting for pod in listed.values())
        assert service_state.answering == sum(pod.answering for pod in listed.values())
    for pod in state.pods.values():
        assert pod.running == sum(container.running for container in pod.containers)
        assert not pod.answering or pod.running


@settings(max_examples=25, deadline=None)
@given(
    machines=st.integers(1, 6),
    replicas=st.integers(1, 5),
    check=st.sampled_from([None, Probe(period=10.0), Probe(initial_delay=30.0, period=5.0, failure_threshold=2)]),
    swarm=SWARMS,
    failures=FAILURES,
    operations=OPERATIONS,
    seed=st.integers(0, 100),
)
def test_tasks_slots_endpoints_and_reservations_agree_whatever_happens(
    machines: int,
    replicas: int,
    check: Probe | None,
    swarm: Swarm,
    failures: list[NodeCrash],
    operations: list[Drain],
    seed: int,
) -> None:
    laws = behaviour(startup=Exponential(5.0), image_pull=Exponential(5.0))
    found = Lab(app(machines, replicas, check), laws, failures, operations, seed, control_plane=swarm)
    for hour in range(1, 9):
        for minute in range(0, 60, 7):
            found.run(hour * HOUR + minute * 60.0)
            checked(found)


@settings(max_examples=10, deadline=None)
@given(replicas=st.integers(1, 5), failures=FAILURES, operations=OPERATIONS, seed=st.integers(0, 100))
def test_a_service_heals_once_nothing_breaks_any_more(
    replicas: int, failures: list[NodeCrash], operations: list[Drain], seed: int
) -> None:
    good = [operation for operation in operations if operation.name != "bad"]
    found = Lab(app(4, replicas), behaviour(), failures, good, seed, control_plane=Swarm()).run(6 * HOUR)
    kernel = found.kernel
    for clock in list(found.simulation.hazards.running):
        clock.stop()
    kernel.run_until(kernel.now + 2 * HOUR)
    for clock in list(found.simulation.hazards.running):
        clock.stop()
    kernel.run_until(kernel.now + 2 * HOUR)
    assert isinstance(kernel, Kernel)
    [service] = found.simulation.control_plane.orchestrator._services.values()
    assert sorted(service.tasks) == list(service.slots)


def test_a_task_that_cannot_be_killed_holds_up_its_successor_for_a_minute() -> None:
    stuck, at = StuckTerminating("stuck", Fixed(HOUR), 1.0), 1000.0
    home = lab(app(2, 1)).pods()[0].node
    drain = Drain("drain", at=at, select=LabelSelector.of({HOSTNAME_LABEL: f"node-{home}"}))
    found = lab(app(2, 1), failures=[stuck], operations=[drain]).run(at + 100.0)
    assert starts(found) == [pytest.approx(at + LONGEST_WAIT)]


def test_the_same_seed_gives_the_same_log() -> None:
    def run() -> bytes:
        failures = [NodeCrash("crash", LAW, SHORT), ContainerCrash("exit", LAW)]
        found = Lab(app(5, 4), behaviour(), failures, seed=3, control_plane=Swarm()).run(50 * HOUR)
        assert found.simulation.log is not None
        return found.simulation.log.columns().tobytes()

    assert run() == run()

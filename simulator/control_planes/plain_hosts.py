"""plainHosts: no orchestrator: systemd, HAProxy, keepalived, and people with a playbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from models.cluster import Cluster
from models.distributions import Distribution
from models.input.problems import did_you_mean
from models.load import Load
from simulator.component import Component
from simulator.control_plane import ControlPlane, Told
from simulator.control_planes.wiring import Parts
from simulator.controllers.disruption import CREATED, Verdict
from simulator.controllers.endpoints import EndpointController
from simulator.demand.stream import Stream
from simulator.demand.use import Use
from simulator.hosts.haproxy import Haproxy
from simulator.hosts.host_list import HostList
from simulator.hosts.keepalived import Keepalived
from simulator.hosts.options import Checks, Playbook, Systemd, Vrrp
from simulator.hosts.reading import as_units
from simulator.hosts.systemd import SystemdRules
from simulator.hosts.units import Units
from simulator.hosts.updates import Updates
from simulator.job_run import JobRun
from simulator.kernel import Event
from simulator.kubelet import obstacles
from simulator.kubelet.kubelet import Kubelet
from simulator.registry import register
from simulator.state.objects import Phase, PodState

_WITHOUT = {
    "kubeletOutage": "no agent runs on a host that could be lost without the host; systemd is its process 1",
    "memoryPressure": "no agent throws units out; what the kernel kills is oomKill and systemOOM",
    "diskPressure": "no agent throws units out",
    "kubeProxyOutage": "no host has rules of its own: all requests go by the load balancers",
    "dnsOutage": "the address of the load balancers is fixed",
    "sandboxCrash": "a unit has no sandbox",
    "etcdQuorumLoss": "nothing keeps a state that a quorum has to agree on",
    "accessRefused": "configuration and credentials are files on the host",
    "volumeLoss": "no unit uses a claim",
    "spotReclaim": "the host list is fixed: nothing takes hosts away and brings others",
    "addNode": "the host list is fixed: a host more has no units",
    "removeNode": "the host list is fixed: whoever takes a host away gives its units another by hand",
    "stuckTerminating": "no unit has an object that could stay",
    "cordon": "nothing is placed by itself, so nothing is kept from a host by that",
    "nodeUpgrade": "hosts are worked on in place: write it as a drain with its maintenance",
    "forceDelete": "nothing replaces a unit, so nothing waits for its end",
    "outOfService": "nothing replaces a unit, so nothing waits for its end",
    "scheduler": "no scheduler: the host list is settled once, by hand",
    "nodeAutoscaler": "nothing adds hosts, or takes them away",
    "load": "nothing measures it, as there are no autoscalers",
}


@register("controlPlane", "plainHosts")
@dataclass(frozen=True)
class PlainHosts:
    """No orchestrator: replicas on a fixed host list, restarted in place by systemd, behind HAProxy and keepalived.

    Each replica has its host, given once: the hosts that its labels allow and that have room in turn, spread over hosts
    and then zones. What is lost with a host is lost until the host is repaired: nothing is rescheduled. Checks of the
    load balancers decide where requests go, whatever is true of the host. A liveness probe is WatchdogSec, which hangs
    do not trip that no probe sees; all it does here is to bound the start-up by TimeoutStartSec. A readiness probe is
    an HTTP check, without one the check is whether the port is open.

    All requests go by a pair of load balancer hosts with one address. A `controlPlaneOutage`, of whichever process,
    takes the one that has the address: the other has it 2.61 to 3.61 s later. Connections that are open then are not
    followed, nor are retries with redispatch, or a pair that is cut in two. What manifests say that has no counterpart
    is named. The options are for all workloads.
    """

    called: ClassVar[str] = "plainHosts"
    without: ClassVar[Mapping[str, str]] = _WITHOUT
    restores: ClassVar[bool] = False
    systemd: Systemd = field(default_factory=Systemd)
    """Restart and start limit of every unit: Restart=on-failure."""
    reset: Distribution | None = None
    """From the failure of a unit (start limit hit) until people reset it; without it, never: only a boot or the next
    release starts it again."""
    checks: Checks = field(default_factory=Checks)
    """HAProxy's checks of every server."""
    vrrp: Vrrp = field(default_factory=Vrrp)
    """keepalived's configuration on both load balancer hosts."""
    load_balancers: tuple[str, ...] = ()
    """The two nodes that are the load balancer hosts, by name, the MASTER first: they take no units, and what befalls
    them befalls the address of the Services; a host that is cordoned before it stops hands the address over (0.61 s).
    By default the pair is on hosts of its own."""
    playbook: Playbook = field(default_factory=Playbook)
    """The rolling update, and the drain wait of a host that is drained."""

    def __post_init__(self) -> None:
        if self.load_balancers and len({*self.load_balancers}) != 2:
            raise ValueError("`loadBalancers` must be two nodes, or none")

    def as_read(self, cluster: Cluster) -> Cluster:
        names = [node.name for node in cluster.nodes]
        for name in self.load_balancers:
            if name not in names:
                raise ValueError(f"`loadBalancers`: there is no node {name!r}{did_you_mean(name, names)}")
        return as_units(cluster, self.checks)

    def wired(self, parts: Parts) -> ControlPlane:
        return PlainHostsControlPlane(parts, self)


class PlainHostsControlPlane:
    """systemd on all hosts, the pair of load balancers, and those who run the playbook."""

    def __init__(self, parts: Parts, options: PlainHosts) -> None:
        kernel, state = parts.kernel, parts.state
        self.api_server = Component(kernel)  # people have a shell on every host that answers
        index = state.nodes.index
        balancers = [index[name] for name in options.load_balancers]
        self.endpoints = EndpointController(Component(kernel), state)
        self.systemd = SystemdRules(kernel, state, options.systemd, options.reset)
        self.kubelet = Kubelet(kernel, state, parts.hazards, parts.behaviour.timing, self.systemd)
        self.haproxy = Haproxy(kernel, state, options.checks)
        self.kubelet.judge_ready_by(self.haproxy.look)
        self.processes = Keepalived(kernel, state, parts.streams, options.vrrp, balancers)
        self.haproxy.vip = self.processes
        hosts = HostList(state, frozenset(balancers))
        self.units = Units(kernel, state, parts.api, hosts, self.haproxy, options.playbook.drain_wait)
        self.updates = Updates(kernel, state, self.units, options.playbook)
        self.units.update = self.updates.begin
        self.job_runs: list[JobRun] = []
        self._kernel = kernel

    def place(self, places: Mapping[str, int]) -> None:
        self.units.settle(places)

    def feed(self, load: Load) -> None:
        """Nothing measures it."""

    def follow(self, target: str, use: Use, stream: Stream) -> None:
        """Nothing measures it."""

    def evict(
        self, pods: Sequence[PodState], told: Told, deadline: float, cause: int, rng: np.random.Generator
    ) -> Event:
        """All at once: weight 0, the drain wait, stop. Nothing takes their place, and nothing may forbid it."""
        for pod in pods:
            told(pod, Verdict(CREATED), 1, self._kernel.now)
            self.units.drain(pod, cause)
        over = self._kernel.event()
        over.succeed(True)
        return over

    def held_up_by(self, pod: PodState) -> str:
        if pod.node < 0:
            return "no host of the list has room"
        if pod.is_over:
            return "its processes have ended well, and are not restarted (Restart=on-failure)"
        if self.systemd.has_failed(pod):
            return "start limit hit: the unit has failed until people reset it"
        held_up = obstacles.reason(pod) if pod.phase is Phase.PENDING else ""
        return held_up or self.kubelet.image_registry.reason(pod)

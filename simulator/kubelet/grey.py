"""Grey failures: containers that run and are ready, and answer some of their requests wrong, or none.

No probe sees it, by definition; it lasts until somebody has noticed and has the container killed, or until it ends for
another reason: a process that starts anew is well. Where it is the node that fails requests, it is not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from models.distributions import Distribution
from simulator.kernel import Kernel, Order
from simulator.kubelet.failure_clocks import CrashMode
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import ContainerState, PodState

ALL = 1_000_000
"""Shares are kept in parts per million."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GreyMode(CrashMode):
    """A way in which containers turn grey instead of dying."""

    share: float
    """Of the requests, those that they answer wrong or too late."""
    detection: Distribution
    """From then until they are killed."""


class GreyFailures:
    """The containers, and the nodes, that are grey now."""

    def __init__(
        self, kernel: Kernel, state: ClusterState, kill: Callable[[PodState, ContainerState, float], None]
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._kill = kill
        """Stops a container, which has so many seconds for that; it is started anew."""
        self._shares: dict[PodState, dict[ContainerState, float]] = {}
        self._nodes: dict[int, dict[object, tuple[float, int]]] = {}
        """By node: the share that each of its troubles takes, and the cause of that."""
        state.listen(Kind.POD_NODE, lambda pod, node, cause: self._came(pod, node))

    def begin(self, pod: PodState, container: ContainerState, mode: GreyMode) -> None:
        """The container is grey from now on, unless it is only starting up: then it is as well as it will ever be."""
        if not container.healthy:
            return
        pod.cause = self._state.cause(f"{mode.name}/{pod.slot.name}")
        if mode.share >= 1:
            container.healthy = False
            self._state.pods.set_answering(pod, False, pod.cause)
        else:
            # Of several reasons at once each takes its share of what the others leave.
            shares = self._shares.setdefault(pod, {})
            shares[container] = 1 - (1 - shares.get(container, 0.0)) * (1 - mode.share)
            self.tell(pod, pod.cause)
        seconds = mode.detection.sample(pod.slot.stream(f"detection/{mode.name}/{container.spec.name}"))
        grace = pod.pod_class.spec.termination_grace_period
        kill = self._kernel.timer(seconds, lambda: self._kill(pod, container, grace), Order.FAILURE)
        container.timers.append(kill)

    def begin_node(self, node: int, owner: object, cause: int, share: float) -> None:
        """All that runs on the node is grey from now on, for one more reason."""
        self._nodes.setdefault(node, {})[owner] = share, cause
        self._tell_all(node, cause)

    def end_node(self, node: int, owner: object) -> None:
        """That reason is gone."""
        _, cause = self._nodes[node].pop(owner)
        if not self._nodes[node]:
            del self._nodes[node]
        self._tell_all(node, cause)

    def _tell_all(self, node: int, cause: int) -> None:
        for pod in list(self._state.nodes.running[node].values()):
            self.tell(pod, cause)

    def _came(self, pod: PodState, node: int) -> None:
        for _, cause in self._nodes.get(node, {}).values():
            self.tell(pod, cause)
            return

    def started(self, pod: PodState, container: ContainerState) -> None:
        """The container is a new process."""
        if pod in self._shares and self._shares[pod].pop(container, None) is not None:
            self.tell(pod, pod.cause)

    def forget(self, pod: PodState) -> None:
        """All its processes are gone."""
        if self._shares.pop(pod, None) is not None and pod.uid in self._state.pods:
            self.tell(pod, pod.cause)

    def tell(self, pod: PodState, cause: int) -> None:
        """How many requests the pod fails: those of a bad release, and of what is left each trouble its share."""
        defect = pod.pod_class.template.defect
        failing = 0 if defect is None else defect.failing
        shares = [*self._shares.get(pod, {}).values(), *(share for share, _ in self._nodes.get(pod.node, {}).values())]
        if shares:
            failing = round((1 - (1 - abs(failing) / ALL) * math.prod(1 - share for share in shares)) * ALL)
        self._state.pods.set_failing(pod, failing, cause)

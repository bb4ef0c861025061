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
from simulator.state.objects.pod import ALL


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
        self._shares: dict[PodState, dict[ContainerState, tuple[float, int]]] = {}
        """Of their requests, those that go wrong, and why."""
        self._nodes: dict[int, dict[object, tuple[float, int]]] = {}
        """The same of the pods on a node, by each of its troubles."""
        state.listen(Kind.POD_NODE, lambda pod, node, cause: self.tell(pod) if node in self._nodes else None)

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
            before, _ = shares.get(container, (0.0, 0))
            shares[container] = 1 - (1 - before) * (1 - mode.share), pod.cause
            self.tell(pod)
        seconds = mode.detection.sample(pod.slot.stream(f"detection/{mode.name}/{container.spec.name}"))
        grace = pod.pod_class.spec.termination_grace_period
        kill = self._kernel.timer(seconds, lambda: self._kill(pod, container, grace), Order.FAILURE)
        container.timers.append(kill)

    def begin_node(self, node: int, owner: object, cause: int, share: float) -> None:
        """All that runs on the node is grey from now on, for one more reason."""
        self._nodes.setdefault(node, {})[owner] = share, cause
        self._tell_all(node)

    def end_node(self, node: int, owner: object) -> None:
        """That reason is gone."""
        del self._nodes[node][owner]
        if not self._nodes[node]:
            del self._nodes[node]
        self._tell_all(node)

    def _tell_all(self, node: int) -> None:
        for pod in list(self._state.nodes.running[node].values()):
            self.tell(pod)

    def started(self, pod: PodState, container: ContainerState) -> None:
        """The container is a new process."""
        if pod in self._shares and self._shares[pod].pop(container, None) is not None:
            self.tell(pod)

    def forget(self, pod: PodState) -> None:
        """All its processes are gone."""
        if self._shares.pop(pod, None) is not None and pod.uid in self._state.pods:
            self.tell(pod)

    def tell(self, pod: PodState) -> None:
        """How many requests the pod fails: those of a bad release, and of what is left each trouble its share."""
        defect = pod.pod_class.template.defect
        failing, cause = 0, pod.cause
        if defect is not None and defect.failing:
            failing, cause = defect.failing, self._state.cause(defect.cause)
        if troubles := [*self._shares.get(pod, {}).values(), *self._nodes.get(pod.node, {}).values()]:
            well = math.prod(1 - share for share, _ in troubles)
            failing, cause = round((1 - (1 - abs(failing) / ALL) * well) * ALL), troubles[-1][1]
        self._state.pods.set_failing(pod, failing, cause)

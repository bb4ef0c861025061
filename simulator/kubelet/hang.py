"""Hung kubelets and runtimes: containers run on, and nothing is done to them.

Nothing that a kubelet was about to do on such a node happens before it goes on, and then at once: probes that would
have succeeded or given up, restarts, starts, the stop of pods that are being deleted. Containers that die stay dead;
what they do by themselves (an application that is starting up, one that comes to its end) shows then too.

The kubelet is a set of timers (`PodState.timer`, `ContainerState.timers`), and those of a pod on a hung node are held
whenever something has happened to the pod: held timers can be cancelled like any other.
"""

from collections import defaultdict
from collections.abc import Callable

from simulator.kernel import Kernel, Order, Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState

RUNTIME_THRESHOLD = 30.0
"""Seconds without a word of the container runtime after which a kubelet says that its node is not Ready.

Source: pkg/kubelet (maxWaitForContainerRuntime).
"""
_TELLING = (
    *(Kind.POD_NODE, Kind.POD_DELETING, Kind.POD_CONTAINERS, Kind.POD_ANSWERING, Kind.POD_READY),
    *(Kind.POD_VOLUMES, Kind.POD_CONFIGURATION, Kind.POD_HELD),
)
"""What happens to a pod when its kubelet is about to do something."""


class Hang:
    """The nodes on which no kubelet, or no container runtime, does anything, and what is held up there."""

    def __init__(self, kernel: Kernel, state: ClusterState, released: Callable[[PodState], object]) -> None:
        self._kernel = kernel
        self._state = state
        self._released = released
        """Told of each pod on a node that is not hung any more, once what was held up has been done."""
        self._owners: defaultdict[int, set[object]] = defaultdict(set)
        """By node, who has hung it."""
        self._held: defaultdict[int, list[Timer]] = defaultdict(list)
        """By node, the timers whose time has come since."""
        self._holding: set[Timer] = set()
        self._runtimes: dict[tuple[int, object], Timer] = {}
        """When a kubelet will say that its runtime is down."""
        self._listens = False

    # A kubelet

    def hang_kubelet(self, node: int, owner: object, cause: int) -> None:
        """The kubelet does nothing from now on: it neither renews its lease nor looks after its pods."""
        self._begin(node, owner)
        self._state.nodes.add_silent_cause(node, owner, cause)

    def release_kubelet(self, node: int, owner: object) -> None:
        """It works again, as far as this owner is concerned."""
        self._end(node, owner)
        self._state.nodes.remove_silent_cause(node, owner)

    # A container runtime

    def hang_runtime(self, node: int, owner: object, cause: int) -> None:
        """The runtime does nothing from now on; its kubelet says so after a while."""
        self._begin(node, owner)

        def say_so() -> None:
            self._state.nodes.add_unhealthy_cause(node, owner, cause)

        self._runtimes[node, owner] = self._kernel.timer(RUNTIME_THRESHOLD, say_so, Order.KUBELET)

    def release_runtime(self, node: int, owner: object) -> None:
        """It works again, as far as this owner is concerned."""
        self._runtimes.pop((node, owner)).cancel()
        self._state.nodes.remove_unhealthy_cause(node, owner)
        self._end(node, owner)

    # What is held up

    def holds(self, node: int) -> bool:
        """Whether nothing is done to the containers of the node."""
        return node in self._owners

    def _begin(self, node: int, owner: object) -> None:
        if not self._listens:
            self._listens = True
            for kind in _TELLING:
                self._state.listen(kind, lambda pod, new, cause: self._happened(pod))
        self._owners[node].add(owner)
        for pod in self._state.nodes.running[node].values():
            self.hold(pod)

    def _happened(self, pod: PodState) -> None:
        """Whatever its kubelet is about to do about it, it does not do: before any of it, since that takes time."""
        if pod.node in self._owners:
            self._kernel.timer(0.0, lambda: self.hold(pod), Order.REPAIR)

    def hold(self, pod: PodState) -> None:
        """What its kubelet is about to do to the pod waits, if its node hangs."""
        if pod.node not in self._owners:
            return
        for timer in (pod.timer, *(timer for container in pod.containers for timer in container.timers)):
            if timer is not None and timer.call is not None and timer not in self._holding:
                self._hold_timer(pod.node, timer)

    def _hold_timer(self, node: int, timer: Timer) -> None:
        call = timer.call
        assert call is not None
        self._holding.add(timer)

        def later() -> None:
            self._holding.discard(timer)
            if node in self._owners:
                timer.call = call
                self._held[node].append(timer)
            else:
                call()

        timer.call = later

    def _end(self, node: int, owner: object) -> None:
        owners = self._owners[node]
        owners.discard(owner)
        if owners:
            return
        del self._owners[node]
        for timer in self._held.pop(node, ()):
            call, timer.call = timer.call, None
            if call is not None:
                call()
        if not self._owners:
            self._holding = {timer for timer in self._holding if timer.call is not None}
        for pod in list(self._state.nodes.running[node].values()):
            self._released(pod)

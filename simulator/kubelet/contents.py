"""ConfigMaps and Secrets in pods: which content each container holds, and what that does to it.

Source: pkg/kubelet (kubelet_pods.go: environments are made when a container starts; pod_workers.go; util/manager),
pkg/volume (configmap, secret, projected). The kubelet watches the objects of its pods, and writes their volumes anew at
the next sync of each pod, every 60 to 90 s (that other things that happen to a pod sync it too is left out). Nothing
polls: when a pod's next sync is due is drawn when a content changes that its processes are to read. Only objects that
change during a run are looked at.
"""

import math
from collections.abc import Callable

from models.configuration import Content, Fails, Fault, Origin, Via
from models.timing import Timing
from simulator.kernel import Kernel, Order, Timer
from simulator.kubelet.failing_readiness import FailingReadiness
from simulator.log import Configured, Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import ConfigurationState, ContainerState, PodState

_MATTERS = {
    Origin.CONTENT: Configured.BAD,
    Origin.CERTIFICATE: Configured.EXPIRED,
    Origin.RELEASE: Configured.BAD_RELEASE,
}
"""What a fault is called in the log."""


class HeldContents:
    """What the containers of all nodes hold."""

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        timing: Timing,
        report_ready: Callable[[PodState], None],
        tell_failing: Callable[[PodState], None],
    ) -> None:
        """`tell_failing`: has it worked out how many of its requests a pod fails."""
        self._tell_failing = tell_failing
        self._kernel = kernel
        self._state = state
        self._timing = timing
        self._records: dict[str, ConfigurationState] = {}
        """Those that may change, by key."""
        self._held: dict[ContainerState, dict[str, Content]] = {}
        """What each container that runs has read of them, by key."""
        self.faults: dict[ContainerState, Fault] = {}
        """What is wrong with a container for what it has read."""
        self._silent: set[ContainerState] = set()
        """Those that have started up, and fail every request."""
        self._readiness = FailingReadiness(kernel, report_ready)
        self._syncs: dict[int, Timer] = {}
        """By pod: its next sync, if there is something to be read then."""
        state.listen(Kind.CONFIGURATION_GENERATION, lambda record, generation, cause: self._changed(record))

    def read(self, pod: PodState, container: ContainerState) -> None:
        """The container starts: it reads what there is."""
        if not self._records and pod.pod_class.template.defect is None:
            return
        references = pod.pod_class.template.configuration
        name = container.spec.name
        held = {
            reference.key: self._records[reference.key].content
            for reference in references
            if reference.container == name and reference.key in self._records
        }
        if held:
            self._held[container] = held
        defect = pod.pod_class.template.defect
        if held or defect is not None:
            self._let_go(container)
            self._blame(pod, container, self._fault(pod, container))
        if defect is not None and defect.failing:
            self._tell_failing(pod)

    def exits(self, container: ContainerState) -> bool:
        """Whether the container, which is starting up, exits for what it has read."""
        fault = self.faults.get(container)
        return fault is not None and fault.fails in (Fails.START, Fails.BOTH)

    def silence(self, container: ContainerState) -> None:
        """The container has started up, and fails every request."""
        self._silent.add(container)

    def unreadies(self, container: ContainerState) -> bool:
        """Whether the container, which would be ready now, says that it is not."""
        if not self.faults and not self._readiness.failing:
            return False
        return self._readiness.holds_back(container, _is_seen(self.faults.get(container)))

    def holds(self, key: str, number: int) -> bool:
        """Whether any container that runs has read the content of this number."""
        read = (self._held.get(c, {}).get(key) for _, c in self._readers(key) if c.running)
        return any(content is not None and content.number == number for content in read)

    def down(self, pod: PodState) -> None:
        """The containers of the pod do not run any more, for another reason: they read anew when they start."""
        for container in pod.containers if self._held or self.faults else ():
            self._let_go(container)
            self._blame(pod, container, None)

    def forget(self, pod: PodState) -> None:
        """The pod is gone."""
        for container in pod.containers if self._held or self.faults else ():
            self._held.pop(container, None)
            self.faults.pop(container, None)
            self._let_go(container)
        if self._syncs and (sync := self._syncs.pop(pod.uid, None)) is not None:
            sync.cancel()

    def _let_go(self, container: ContainerState) -> None:
        self._silent.discard(container)
        self._readiness.forget(container)

    def reconnected(self, pod: PodState) -> None:
        """The pod's kubelet hears of changes again."""
        if any(container in self._held for container in pod.containers):
            self._sync_later(pod)

    # Changes

    def _readers(self, key: str) -> list[tuple[PodState, ContainerState]]:
        return [
            (pod, container)
            for pod in self._state.pods.values()
            for reference in pod.pod_class.template.configuration
            if reference.key == key
            for container in pod.containers
            if container.spec.name == reference.container
        ]

    def _changed(self, record: ConfigurationState) -> None:
        key, content = record.spec.key, record.content
        if key not in self._records:
            self._records[key] = record
            for _, container in self._readers(key):
                if container.running:
                    self._held.setdefault(container, {})[key] = content
        else:
            for _, container in self._readers(key):
                held = self._held.get(container, {}).get(key)
                if held is not None and held.number == content.number:  # the old data again, or no other
                    self._held[container][key] = content
        if content.hot:
            for pod in dict.fromkeys(pod for pod, _ in self._readers(key)):
                self._sync_later(pod)
        if content.certificate is not None:
            left = max(0.0, content.certificate.expires - self._kernel.now)
            if self._kernel.now + left <= self._kernel.end:
                self._kernel.timer(left, lambda: self._expired(key), Order.FAILURE)

    def _expired(self, key: str) -> None:
        for pod, container in self._readers(key):
            if container.running:
                self._look(pod, container)

    def _sync_later(self, pod: PodState) -> None:
        """At the next sync: one is due 60 to 90 s after the other, and the last was at no certain time.

        A sync that is due reads whatever is newest then.
        """
        if pod.uid in self._syncs:
            return
        rng, shortest = pod.slot.stream("sync"), self._timing.sync_frequency
        longest = shortest * (1 + self._timing.crash_loop_jitter)
        # The period that a certain moment falls into is found the more often the longer it is.
        period = math.sqrt(shortest**2 + (longest**2 - shortest**2) * rng.random())
        left = period * rng.random()
        self._syncs[pod.uid] = self._kernel.timer(left, lambda: self._sync(pod), Order.KUBELET)

    def _sync(self, pod: PodState) -> None:
        """The volumes are written anew; a kubelet that is cut off does so when it is back."""
        del self._syncs[pod.uid]
        if not self._state.nodes.reporting[pod.node]:
            return
        for container in pod.containers:
            held = self._held.get(container, {}) if container.running else {}
            for reference in pod.pod_class.template.configuration if held else ():
                if reference.container == container.spec.name and reference.via is Via.VOLUME:
                    content = self._records[reference.key].content if reference.key in held else None
                    if content is not None and content.hot and content.fails is not Fails.START:
                        held[reference.key] = content
            if held:
                self._look(pod, container)

    # What it does to a container

    def _fault(self, pod: PodState, container: ContainerState) -> Fault | None:
        """The first of what is wrong with it, and with what it has read; what makes requests fail comes first."""
        found = [content.fault(self._kernel.now) for content in self._held.get(container, {}).values()]
        defect = pod.pod_class.template.defect
        if defect is not None and container in pod.main_containers:
            found.insert(0, defect.fault)
        faults = [fault for fault in found if fault is not None]
        return min(faults, key=lambda fault: fault.fails is Fails.START, default=None)

    def _look(self, pod: PodState, container: ContainerState) -> None:
        """What it holds is another content, or has run out: a process that runs feels what makes requests fail."""
        fault = self._fault(pod, container)
        if fault is not None and fault.fails is Fails.START:
            fault = None
        if container not in self._silent and self.exits(container):  # it is starting up
            return
        self._blame(pod, container, fault)
        if fault is not None and container.healthy:
            container.healthy = False
            self._silent.add(container)
            self._state.pods.set_answering(pod, False, pod.cause)
        elif fault is None and container in self._silent:
            self._silent.discard(container)
            if not pod.stopping:
                container.healthy = True
                if pod.is_healthy():
                    self._state.pods.set_answering(pod, True, pod.cause)
        self._readiness.set(pod, container, _is_seen(fault))

    def _blame(self, pod: PodState, container: ContainerState, fault: Fault | None) -> None:
        """Notes what is wrong with the container, and so with the pod."""
        if fault is not None:
            self.faults[container] = fault
            if not pod.deleting:
                pod.cause = self._state.cause(fault.cause)
        elif self.faults.pop(container, None) is None:
            return
        faults = [self.faults[each] for each in pod.containers if each in self.faults]
        matter = Configured.WELL
        if faults:
            matter = _MATTERS[faults[0].origin]
        self._state.pods.set_configuration(pod, matter, pod.cause)


def _is_seen(fault: Fault | None) -> bool:
    """Whether the readiness probe of a container with this fault sees it."""
    return fault is not None and fault.fails is Fails.READINESS

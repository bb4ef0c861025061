"""The scheduling queue: pods that may be placed now, and those that fitted nowhere when they were tried.

Source: pkg/scheduler/backend/queue (activeQ, unschedulablePods). There is no backoffQ: an idle scheduler tries a pod
that backs off at once (SchedulerPopFromBackoffQ). Pods that are equal to the scheduler wait behind the first of them
that fails, and take their turn after it.
"""

from collections.abc import Callable
from heapq import heappop, heappush

from simulator.state.objects import Phase, PodClass, PodState

Alike = tuple[PodClass, int | None]
"""Pods that are equal to the scheduler: a template, and the only node that will do."""


class SchedulingQueue:
    """Active pods by priority, then by arrival; unschedulable ones by arrival among their equals.

    `activated` is called whenever a pod becomes active.
    """

    def __init__(self, activated: Callable[[], None]) -> None:
        self._activated = activated
        self._active: list[tuple[int, int, PodState]] = []
        self._unschedulable: dict[Alike, list[tuple[int, PodState]]] = {}
        """Per kind of equals, a heap by arrival."""
        self._rejected: set[Alike] = set()
        """Kinds of equals of which a pod fitted nowhere, and nothing happened since that may help."""

    def add(self, pod: PodState) -> None:
        """The pod is to be tried."""
        heappush(self._active, (-pod.pod_class.spec.priority, pod.uid, pod))
        self._activated()

    def pop(self) -> PodState | None:
        """The active pod whose turn it is, active no more; None if there is none."""
        return heappop(self._active)[2] if self._active else None

    def is_rejected(self, pod: PodState) -> bool:
        """Whether one of its equals fitted nowhere, and nothing happened since that may help."""
        return (pod.pod_class, pod.only_node) in self._rejected

    def reject(self, pod: PodState) -> None:
        """The pod fits nowhere, and so none of its equals does."""
        self._rejected.add((pod.pod_class, pod.only_node))
        self.add_unschedulable(pod)

    def add_unschedulable(self, pod: PodState) -> None:
        """The pod waits, with its equals, for something that may help."""
        heappush(self._unschedulable.setdefault((pod.pod_class, pod.only_node), []), (pod.uid, pod))

    def unschedulable(self) -> list[PodState]:
        """Those that wait for something that may help, but for pods that are gone or going."""
        waiting = (pod for heap in self._unschedulable.values() for _, pod in heap)
        return [pod for pod in waiting if not pod.deleting and pod.node < 0 and pod.phase is Phase.PENDING]

    def activate_next(self, pod: PodState) -> None:
        """The first of the pod's waiting equals is to be tried."""
        self._activate_first((pod.pod_class, pod.only_node))

    def activate_all(self) -> None:
        """Something happened that may let pods in: the first of every kind of equals is to be tried."""
        self._rejected.clear()
        for alike in list(self._unschedulable):
            self._activate_first(alike)

    def activate_where(self, helps: Callable[[PodClass, int | None], bool]) -> None:
        """Something happened that may let certain pods in, by their template and the only node that will do."""
        for alike in list(self._unschedulable) if self._unschedulable else ():
            if helps(*alike):
                self._rejected.discard(alike)
                self._activate_first(alike)

    def _activate_first(self, alike: Alike) -> None:
        waiting = self._unschedulable.get(alike, [])
        while waiting:
            pod = heappop(waiting)[1]
            if (pod.pod_class, pod.only_node) == alike:  # else its labels are others, and it has its turn among others
                self.add(pod)
                break
        else:  # none waits: the next to come would otherwise wait for events that nobody is woken by
            self._rejected.discard(alike)
        if not waiting:
            self._unschedulable.pop(alike, None)

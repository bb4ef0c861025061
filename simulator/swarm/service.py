"""Services and their tasks, one in each slot: replicated ones of Deployments and StatefulSets, global of DaemonSets."""

from collections import defaultdict
from collections.abc import Callable

from models.deployment import Deployment
from models.pod import PodTemplate
from models.statefulset import StatefulSet
from simulator.log import Kind
from simulator.state.objects import DaemonSetState, DeploymentState, PodClass, PodOwner, PodState, StatefulSetState

Rolled = DeploymentState | StatefulSetState | DaemonSetState
"""What a service is made of."""
REVISION_COMPLETE = {
    DeploymentState: Kind.DEPLOYMENT_COMPLETE,
    StatefulSetState: Kind.STATEFULSET_COMPLETE,
    DaemonSetState: Kind.DAEMONSET_COMPLETE,
}
"""What tells that an update is complete."""


class Service(PodOwner):
    """A service: its present template, and the task of each slot (of a global service: of each node)."""

    __slots__ = ("_classes", "_make_class", "extras", "record", "restarts", "slots", "tasks", "template")

    def __init__(self, record: Rolled, make_class: Callable[[PodTemplate, int], PodClass]) -> None:
        super().__init__(record.workload)
        self.record = record
        self.template = record.spec.template
        self._make_class = make_class
        self._classes: dict[int, PodClass] = {}
        self.slots: list[int] = []
        """Of a replicated service, in order: one is left out where it shrank and the others stayed."""
        self.tasks: dict[int, PodState] = {}
        """By slot: the task that is to run."""
        self.extras: dict[int, PodState] = {}
        """By slot: the task before it, which is to run until that one does (start-first)."""
        self.restarts: defaultdict[int, list[float]] = defaultdict(list)
        """By slot: when a task was replaced since the service changed last, where attempts are counted."""

    @property
    def is_global(self) -> bool:
        """Whether it has a task on every node."""
        return isinstance(self.record, DaemonSetState)

    @property
    def is_stateful(self) -> bool:
        """Whether its tasks have names, by which Services may select one alone."""
        return isinstance(self.record, StatefulSetState)

    @property
    def first_slots(self) -> range:
        """The slots that a replicated service has of itself: as many as it is to have tasks."""
        spec = self.record.spec
        if isinstance(spec, StatefulSet):
            return spec.ordinals
        return range(spec.replicas if isinstance(spec, Deployment) else 0)

    def pod_class(self, slot: int) -> PodClass:
        """What the next task of a slot is like."""
        key = slot if self.is_stateful else 0
        known = self._classes.get(key)
        if known is None or known.template is not self.template:
            known = self._classes[key] = self._make_class(self.template, slot)
        return known

    def is_dirty(self, slot: int) -> bool:
        """Whether the slot has no task of the present template."""
        task = self.tasks.get(slot)
        return task is None or task.pod_class.template != self.template

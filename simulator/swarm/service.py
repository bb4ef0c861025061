"""Services and their tasks, one in each slot: replicated ones of Deployments and StatefulSets, global of DaemonSets."""

from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import count, islice

from models.deployment import Deployment
from models.pod import PodTemplate
from models.statefulset import StatefulSet
from simulator.orchestrators.rolled import Rolled
from simulator.state.objects import DaemonSetState, PodClass, PodOwner, PodState, StatefulSetState


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

    def resize(self) -> None:
        """Gives a replicated service as many slots as it is to have tasks: of those that it had all that may stay."""
        spec, had = self.record.spec, self.slots
        first = range(spec.replicas if isinstance(spec, Deployment) else 0)
        if isinstance(spec, StatefulSet):
            first = spec.ordinals
        if self.is_stateful or not had:
            self.slots = list(first)
        elif len(first) < len(had):
            self.slots = self._kept(len(first))
        else:
            free = (slot for slot in count() if slot not in had)
            self.slots = sorted([*had, *islice(free, len(first) - len(had))])

    def _kept(self, number: int) -> list[int]:
        """Those of a service that shrinks: others go from the nodes with most of them, not running, highest first."""
        kept, tasks = list(self.slots), self.tasks
        while len(kept) > number:
            on_node = Counter(tasks[slot].node for slot in kept if slot in tasks)

            def rank(slot: int, on_node: Counter[int] = on_node) -> tuple[bool, int, bool, int]:
                task = tasks.get(slot)
                return task is None, 0 if task is None else on_node[task.node], task is None or not task.ready, slot

            kept.remove(max(kept, key=rank))
        return kept

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

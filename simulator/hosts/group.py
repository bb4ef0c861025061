"""A workload on plain hosts: a place on a host for each of its replicas, and the unit that is there."""

from collections import defaultdict
from collections.abc import Callable

from models.pod import PodTemplate
from simulator.orchestrators.rolled import Rolled
from simulator.state.objects import DaemonSetState, PodClass, PodOwner, PodState, StatefulSetState


class Place:
    """Where one replica is, whatever becomes of its host."""

    __slots__ = ("drained", "host", "promised", "template", "unit")

    def __init__(self, template: PodTemplate) -> None:
        self.template = template
        """What its next unit is like."""
        self.host: int | None = None
        self.promised: PodClass | None = None
        """As what it counts on its host."""
        self.unit: PodState | None = None
        self.drained = False
        """Its host is worked on: no unit is started before that is over."""


class Group(PodOwner):
    """The places of one workload, by number, and the template that they are to have."""

    __slots__ = ("_classes", "_make_class", "places", "record", "template")

    def __init__(self, record: Rolled, make_class: Callable[[PodTemplate, int], PodClass]) -> None:
        super().__init__(record.workload)
        self.record = record
        self.template = record.spec.template
        self.places: dict[int, Place] = {}
        self._make_class = make_class
        self._classes: defaultdict[int, list[PodClass]] = defaultdict(list)

    @property
    def is_everywhere(self) -> bool:
        """Whether it has a unit on every host; its places are numbered as these are then."""
        return isinstance(self.record, DaemonSetState)

    def pod_class(self, number: int, template: PodTemplate) -> PodClass:
        """What the unit of a place is like by this template; only those of StatefulSets differ."""
        known = self._classes[number if isinstance(self.record, StatefulSetState) else 0]
        for pod_class in known:
            if pod_class.template is template:
                return pod_class
        del known[:-1]  # an update that is under way has two
        known.append(self._make_class(template, number))
        return known[-1]

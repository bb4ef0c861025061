"""Units: each place has one, on its host and no other; who drains a host, or scales a workload, does it by hand.

Nothing is rescheduled: what is lost with a host is lost until the host is back. A unit that is gone because somebody
stopped it is followed by one of the template that its place has by then, unless its host is drained: then by one once
the host is back in use.
"""

from collections.abc import Callable, Mapping
from functools import partial

from models.pod import PodTemplate
from simulator.hosts.group import Group, Place
from simulator.hosts.haproxy import Haproxy
from simulator.hosts.host_list import HostList
from simulator.kernel import Kernel
from simulator.log import Kind, Phase
from simulator.orchestrators.rolled import Rolled
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.objects import DaemonSetState, DeploymentState, PodClass, PodState, StatefulSetState


class Units:
    """The units of all workloads."""

    def __init__(
        self, kernel: Kernel, state: ClusterState, api: Api, hosts: HostList, haproxy: Haproxy, drain_wait: float
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._api = api
        self._hosts = hosts
        self._haproxy = haproxy
        self._drain_wait = drain_wait
        self._groups: dict[Rolled, Group] = {}
        self._settled: dict[str, int] = {}
        """By slot: where its unit goes, whatever the list would say."""
        self.update: Callable[[Group, PodTemplate, int], None]
        """Begins a rolling update of a group to another template."""
        for kind in (Kind.DEPLOYMENT_GENERATION, Kind.STATEFULSET_GENERATION, Kind.DAEMONSET_GENERATION):
            state.listen(kind, lambda record, new, cause: self._soon(lambda: self._changed(record, cause)))
        state.listen(Kind.POD_PHASE, self._phase_changed, Group)
        state.listen(Kind.POD_DELETING, lambda unit, new, cause: self._haproxy.drain(unit, cause), Group)
        state.listen(Kind.NODE_UNSCHEDULABLE, lambda node, new, cause: None if new else self._in_use(node))
        state.listen(Kind.NODE_EXISTS, lambda node, new, cause: self._soon(lambda: self._list_changed(cause)))

    def settle(self, places: Mapping[str, int]) -> None:
        """The first units of these slots go to these hosts."""
        self._settled |= places

    def _soon(self, call: Callable[[], None]) -> None:
        self._kernel.timer(0.0, call)

    # Workloads

    def _changed(self, record: Rolled, cause: int) -> None:
        """The workload is new, or has another template, or another number of replicas."""
        group = self._groups.get(record)
        if group is None:
            group = self._groups[record] = Group(record, partial(self._class, record))
            if isinstance(record, DeploymentState):
                self._state.workloads.set_status(record, Kind.DEPLOYMENT_COMPLETE, True, cause)
        group.cause = cause
        self._scale(group, cause)
        if record.spec.template != group.template:
            self.update(group, record.spec.template, cause)

    def _class(self, record: Rolled, template: PodTemplate, number: int) -> PodClass:
        extra = record.spec.identity_labels(number) if isinstance(record, StatefulSetState) else {}
        return self._api.pod_class(record.workload, template, extra)

    def _list_changed(self, cause: int) -> None:
        """A host came or went: it gets, or loses, what is everywhere, and takes what had no room."""
        for group in self._groups.values():
            if group.is_everywhere:
                self._scale(group, cause)
            for number, place in group.places.items():
                if place.unit is not None and place.host is None:
                    self._put(group, number, place)

    def _numbers(self, group: Group) -> list[int]:
        record = group.record
        if isinstance(record, StatefulSetState):
            return list(record.spec.ordinals)
        if isinstance(record, DeploymentState):
            return list(range(record.spec.replicas))
        pod_class = group.pod_class(0, group.template)
        return [node for node in range(len(self._state.nodes)) if self._hosts.allows(node, pod_class)]

    def _scale(self, group: Group, cause: int) -> None:
        numbers = self._numbers(group)
        if isinstance(group.record, DaemonSetState):
            self._state.workloads.set_status(group.record, Kind.DAEMONSET_DESIRED, len(numbers), cause)
        for number in sorted(group.places.keys() - set(numbers)):
            place = group.places.pop(number)
            self._leave(place)
            if place.unit is not None:
                self.stop(place.unit, cause)
        for number in numbers:
            if number not in group.places:
                place = group.places[number] = Place(group.template)
                if all(unit.slot.index != number for unit in group.objects.values()):
                    self._start(group, number)
                # Else the one before it is still being stopped: its end starts this one.

    def _leave(self, place: Place) -> None:
        if place.host is not None and place.promised is not None:
            self._hosts.promise(place.host, place.promised, -1)

    # Units

    def _start(self, group: Group, number: int) -> None:
        """A unit of the template of its place, on the host of its place."""
        place = group.places[number]
        pod_class = group.pod_class(number, place.template)
        place.unit = self._state.pods.create(pod_class, group, group.cause, ordinal=number)
        self._put(group, number, place)

    def _put(self, group: Group, number: int, place: Place) -> None:
        unit = place.unit
        assert unit is not None
        if place.host is None:
            host = self._settled.pop(unit.slot.name, None)
            if host is None:
                host = number if group.is_everywhere else self._hosts.choose(unit.pod_class)
            if host is None:
                return
            place.host, place.promised = host, unit.pod_class
            self._hosts.promise(host, unit.pod_class)
        self._state.pods.bind(unit, place.host)

    def stop(self, unit: PodState, cause: int) -> None:
        """Weight 0, the wait, and then its processes are stopped."""

        def stop() -> None:
            if unit.uid in self._state.pods and not unit.deleting:
                self._state.pods.mark_deleting(unit, cause)

        self._haproxy.drain(unit, cause)
        self._kernel.timer(self._drain_wait, stop)

    def drain(self, unit: PodState, cause: int) -> None:
        """The host of the unit is about to be worked on: it stops, and is started again once the host is in use."""
        group = unit.owner
        if not isinstance(group, Group):
            return
        place = self.place_of(unit)
        if place is not None:
            place.drained = True
        self.stop(unit, cause)

    @staticmethod
    def place_of(unit: PodState) -> Place | None:
        """The place that the unit has; None if it is to be there no more."""
        group = unit.owner
        place = group.places.get(unit.slot.index) if isinstance(group, Group) else None
        return place if place is not None and place.unit is unit else None

    def _in_use(self, node: int) -> None:
        """The host has been put back to use: what was drained from it is started."""
        for group in self._groups.values():
            for number, place in group.places.items():
                if place.drained and place.host == node:
                    place.drained = False
                    if place.unit is None:
                        self._start(group, number)

    def _phase_changed(self, unit: PodState, phase: int, cause: int) -> None:
        if phase != Phase.ABSENT:
            return
        group, number = unit.owner, unit.slot.index
        assert isinstance(group, Group)
        place = group.places.get(number)
        if place is None or place.unit not in (None, unit):
            return
        place.unit = None
        self._soon(lambda: self._follow(group, number, place))

    def _follow(self, group: Group, number: int, place: Place) -> None:
        if group.places.get(number) is place and place.unit is None and not place.drained:
            self._start(group, number)

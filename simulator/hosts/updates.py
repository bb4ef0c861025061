"""The rolling update that people run as a playbook: batch by batch over the host list, until too many have failed.

Source: Ansible (serial, max_fail_percentage, unreachable hosts). Each host of a batch: weight 0, the drain wait, the
stop, the start, and the wait until its server is UP again. A host that cannot be reached has failed at once. Nothing is
rolled back by itself: hosts that failed stay as they are, and the others have the old release.
"""

from models.pod import PodTemplate
from simulator.hosts.group import Group, Place
from simulator.hosts.options import Playbook
from simulator.hosts.units import Units
from simulator.kernel import Kernel
from simulator.log import Kind
from simulator.orchestrators.rolled import REVISION_COMPLETE
from simulator.state.cluster import ClusterState
from simulator.state.objects import DeploymentState, PodState


class _Run:
    """How far one run of the playbook is."""

    __slots__ = ("batch", "cause", "failed", "left", "waiting")

    def __init__(self, left: list[int], cause: int) -> None:
        self.left, self.cause = left, cause
        self.batch = 0
        """How many hosts are in the present batch."""
        self.failed = 0
        self.waiting: set[int] = set()
        """Numbers of those whose server is not UP yet."""


class Updates:
    """The rolling updates of all groups; of each the last that was begun."""

    def __init__(self, kernel: Kernel, state: ClusterState, units: Units, options: Playbook) -> None:
        self._kernel = kernel
        self._state = state
        self._units = units
        self._options = options
        self._runs: dict[Group, _Run] = {}
        state.listen(Kind.POD_READY, self._ready_changed, Group)

    def begin(self, group: Group, template: PodTemplate, cause: int) -> None:
        """All places are to have another template; a run that is under way is given up."""
        record = group.record
        if isinstance(record, DeploymentState):
            self._state.workloads.set_status(record, Kind.DEPLOYMENT_PROGRESSING, True, cause)
        self._state.workloads.set_status(record, REVISION_COMPLETE[type(record)], False, cause)
        group.template = template
        left = [number for number, place in sorted(group.places.items()) if place.template != template]
        run = self._runs[group] = _Run(left, cause)
        self._next(group, run)

    def _next(self, group: Group, run: _Run) -> None:
        """The next batch; after the last one the update is complete."""
        numbers = [number for number in run.left if number in group.places]
        batch, run.left = numbers[: self._options.serial], numbers[self._options.serial :]
        if not batch:
            del self._runs[group]
            record = group.record
            self._state.workloads.set_status(record, REVISION_COMPLETE[type(record)], True, run.cause)
            return
        run.batch, run.failed, run.waiting = len(batch), 0, set(batch)
        for number in batch:
            self._update(group, run, number, group.places[number])
        self._look(group, run)

    def _update(self, group: Group, run: _Run, number: int, place: Place) -> None:
        unit = place.unit
        if place.drained:  # it is started with the new template
            place.template = group.template
            run.waiting.discard(number)
            return
        if place.host is None or not self._state.nodes.reporting[place.host]:
            self._failed(run, number)
            return
        place.template = group.template
        wait = self._options.timeout
        if unit is not None and not unit.deleting:
            self._units.stop(unit, run.cause)
            wait += self._options.drain_wait
        self._kernel.timer(wait, lambda: self._timed_out(group, run, number))

    def _timed_out(self, group: Group, run: _Run, number: int) -> None:
        if self._runs.get(group) is run and number in run.waiting:
            if number in group.places:
                self._failed(run, number)
            else:  # the workload has fewer replicas by now
                run.waiting.discard(number)
            self._look(group, run)

    @staticmethod
    def _failed(run: _Run, number: int) -> None:
        run.waiting.discard(number)
        run.failed += 1

    def _ready_changed(self, unit: PodState, ready: int, cause: int) -> None:
        group, number = unit.owner, unit.slot.index
        if not ready or not isinstance(group, Group):
            return
        run = self._runs.get(group)
        if run is None or number not in run.waiting or self._units.place_of(unit) is None:
            return
        if unit.pod_class.template is group.template:
            run.waiting.discard(number)
            self._kernel.timer(0.0, lambda: self._look(group, run))

    def _look(self, group: Group, run: _Run) -> None:
        """Whether the batch is over, and whether the next one is begun."""
        if run.waiting or self._runs.get(group) is not run:
            return
        if 100 * run.failed > self._options.max_fail_percentage * run.batch:
            del self._runs[group]
            record = group.record
            if isinstance(record, DeploymentState):
                self._state.workloads.set_status(record, Kind.DEPLOYMENT_PROGRESSING, False, run.cause)
            return
        self._next(group, run)

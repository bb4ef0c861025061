"""follow(): a settled cluster is struck step by step, in a simulation of its own, and watched until nothing happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.service import service_names
from simulator.attack.arsenal import Action, Arsenal
from simulator.attack.likeness import Likeness, strings_in
from simulator.garbage import left_alone
from simulator.run import Run
from simulator.simulation import Simulation
from simulator.state.history import ServiceHistory
from simulator.stories.protocols import FailureMode, Operation
from simulator.streams import Streams

FIRST = 600.0
"""Seconds after time 0 at which the first step is taken: until then all is as it was deployed."""
QUIET = 1200.0
"""Nothing has changed for so many seconds: what was under way is over. Longer than tolerations, back-offs and the
progress deadline of Deployments are by default."""
_RETRY, _LOOK = 360.0, 60.0
"""Seconds: what waits for longer than the control plane does between two tries is a repair or the like; and how often
that is looked at."""
_GAP = 0.5
"""Changes that follow each other within so many seconds are one: no further step is taken between them."""


@dataclass(frozen=True)
class Target:
    """What is attacked, as values."""

    simulated: Mapping[str, Any]
    """Arguments of `Simulation` by name: cluster, behaviour, loads, traffic, profile, node_autoscaler, people."""
    failures: tuple[FailureMode, ...]
    operations: tuple[Operation, ...]
    seed: int
    replication: int
    patience: float
    """Seconds after the last step for which it is watched at most."""
    named: frozenset[str] = frozenset()
    """All that may name a host or a zone."""
    of_operations: Mapping[str, Sequence[str]] | None = None
    """By operation: what it could be begun at."""


@dataclass(frozen=True)
class Step:
    """An action, and when it is taken."""

    time: float
    """Seconds since time 0."""
    action: Action


@dataclass(frozen=True)
class Choice:
    """An action that stands for all those that are alike."""

    action: Action
    alike: tuple[str, ...] = ()
    """The other subjects at which the same is the same."""


@dataclass(frozen=True)
class Moment:
    """A stretch of time over which nothing changes, in which a further step could be taken."""

    begin: float
    end: float
    again: bool
    """Whether all is as it was at first, up to what is alike: whatever comes next, that was met already.

    Never after an operation: what it left behind may not be seen yet.
    """
    counts: Mapping[str, tuple[int, int]]
    """By Service: endpoints that answer, and replicas desired."""
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Followed:
    """What came of some steps."""

    possible: bool
    """Whether every step could be taken."""
    services: Mapping[str, ServiceHistory]
    """Each from the first step to `end`."""
    end: float
    """When it was last looked at."""
    over: bool
    """Whether nothing was under way any more."""
    moments: tuple[Moment, ...]
    """From the last step on; none if they were not asked for."""
    run: Run | None
    """With its log, if that was asked for."""


def surveyed(target: Target) -> tuple[Target, list[str]]:
    """The target with what there is to strike it; and the failure modes of which nothing could strike.

    Those have no clock that could be forced (their times are given, or they follow from what else happens), or select
    nothing: they are left out.
    """
    simulation = _deployed(target, FIRST, keep_log=False)
    arsenal = Arsenal(simulation, target.failures, target.operations)
    striking, subjects = arsenal.failures, arsenal.subjects_of_operations()
    idle = [mode.name for mode in target.failures if mode.name not in striking]
    cluster = target.simulated["cluster"]
    named = strings_in(
        [
            *cluster.controlled(),
            *cluster.others,
            *(value for name, value in target.simulated.items() if name != "cluster"),
            *target.failures,
            *target.operations,
        ]
    )
    kept = tuple(mode for mode in target.failures if mode.name in striking)
    return replace(target, failures=kept, named=named, of_operations=subjects), idle


@left_alone()
def follow(target: Target, steps: Sequence[Step], moments: bool = True, keep_log: bool = False) -> Followed:
    """Takes the steps in a new simulation, and watches it until nothing happens any more, or for `patience`.

    With `moments` it says when what else could be done from the last step on.
    """
    return _Following(target, steps, keep_log).followed(moments)


def _deployed(target: Target, end: float, keep_log: bool) -> Simulation:
    streams = Streams(target.seed, target.replication)
    simulation = Simulation(streams=streams, end=end, keep_log=keep_log, **target.simulated)
    simulation.deploy()
    return simulation


class _Following:
    """One simulation, and what is done to it."""

    def __init__(self, target: Target, steps: Sequence[Step], keep_log: bool) -> None:
        self._target = target
        self._steps = steps
        last = steps[-1].time if steps else FIRST
        self._latest = last + target.patience
        simulation = self._simulation = _deployed(target, self._latest, keep_log)
        self._kernel = simulation.kernel
        self._arsenal = Arsenal(simulation, target.failures, target.operations)

    def followed(self, moments: bool) -> Followed:
        self._kernel.run_until(FIRST)
        at_first = Likeness(self._simulation, self._target.named).digest if moments else ""
        possible = True
        for step in self._steps:
            self._kernel.run_until(step.time)
            possible = self._arsenal.do(step.action) and possible
            self._kernel.run_until(step.time)
        found = self._watch(at_first, moments)
        end = self._kernel.now
        over = end < self._latest
        run = self._run(end) if self._simulation.log is not None else None
        return Followed(possible, self._simulation.recorder.histories(FIRST, end), end, over, found, run)

    def _watch(self, at_first: str, moments: bool) -> tuple[Moment, ...]:
        """Lets time pass until nothing happens any more; the stretches in which nothing changed."""
        kernel, transitions = self._kernel, self._simulation.state.transitions
        found: list[Moment] = []
        seen, digest, until, look = -1, "", 0.0, kernel.now
        while kernel.now < self._latest:
            due = kernel.peek()
            if transitions.count != seen:
                until = kernel.now + QUIET
                if not found or due - kernel.now > _GAP:
                    seen, look = transitions.count, kernel.now
                    if moments:
                        digest = self._noted(found, digest, at_first)
            if kernel.now >= look or due > until:
                until, look = max(until, self._under_way() + QUIET), kernel.now + _LOOK
            if due > min(until, self._latest):
                kernel.run_until(min(until, self._latest))
                break
            kernel.step()
        if found:
            found[-1] = replace(found[-1], end=kernel.now)
        return tuple(found)

    def _under_way(self) -> float:
        """When the last of what takes long ends, as repairs do; what waits for the end of the run is not under way."""
        waits = self._kernel.pending(self._simulation.world.due)
        soon = self._kernel.now + _RETRY
        return max((time for time in waits if time > soon and abs(time - self._kernel.end) > 1.0), default=0.0)

    def _noted(self, found: list[Moment], before: str, at_first: str) -> str:
        """Notes what could be done now, if all is not as it was when that was last noted; what it is like now."""
        now = self._kernel.now
        digest = Likeness(self._simulation, self._target.named).digest
        if found and digest == before:
            return digest
        if found:
            found[-1] = replace(found[-1], end=now)
        services = self._simulation.state.services
        names = service_names([service.spec for service in services])
        counts = {name: (each.answering, each.desired) for name, each in zip(names, services, strict=True)}
        # What a control plane that cannot be restored remembers of the steps is not in the state.
        restores = self._simulation.orchestrator.restores
        operated = any(step.action.name in self._arsenal.operations for step in self._steps)
        again = digest == at_first and restores and not operated
        found.append(Moment(now, now, again, counts, self._choices()))
        return digest

    def _choices(self) -> tuple[Choice, ...]:
        """All that could be done now, one for all that are alike."""
        likeness = Likeness(self._simulation, self._target.named, (step.action for step in self._steps))
        alike: dict[str, list[Action]] = {}
        for action in self._arsenal.possible(self._target.of_operations or {}):
            alike.setdefault(repr(likeness.of(action)), []).append(action)
        return tuple(Choice(first, tuple(other.subject for other in others)) for first, *others in alike.values())

    def _run(self, end: float) -> Run:
        simulation = self._simulation
        return Run(
            seed=self._target.seed,
            replication=self._target.replication,
            start=0.0,
            end=end,
            services=simulation.recorder.histories(0.0, end),
            transitions=simulation.state.transitions.count,
            strikes=simulation.strikes(),
            attempts=simulation.world.journal.attempts(end),
            pending=simulation.pending(),
            job_runs=(),
            exposure={},
            log=simulation.completed_log(),
        )

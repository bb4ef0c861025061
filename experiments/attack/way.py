"""Ways: steps that follow each other, and which further ones are worth a try.

What is left out is as good as tried, up to luck: of things that are alike one stands for all; what comes after a state
that is like the first is what comes at first; of steps at once each order is the same; and a way that breaks a Service
is not made longer for it, so what is found is never more than it takes. Only the number of moments is a limit of the
search: the Service is the nearest to its end at those that are taken, and nothing is promised of the others.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from experiments.design.goal import ServiceGoal, needed
from simulator.attack.arsenal import Action
from simulator.attack.follow import FIRST, Moment, Step


@dataclass(frozen=True)
class Taken:
    """A step of a way."""

    step: Step
    alike: tuple[str, ...]
    """The other subjects at which it does the same."""
    after: float
    """Seconds since the step before."""
    counts: Mapping[str, tuple[int, int]]
    """By Service: endpoints that answered just before, and replicas desired."""


@dataclass(frozen=True)
class Way:
    """Steps, in order of time."""

    taken: tuple[Taken, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(one.step for one in self.taken)

    def __len__(self) -> int:
        return len(self.taken)

    def parts(self) -> Iterator["Way"]:
        """All smaller ways of some of these steps, each at its own time; the smallest first."""
        numbers = range(1, 2 ** len(self) - 1)
        for chosen in sorted(numbers, key=lambda number: (number.bit_count(), number)):
            yield _timed(one for at, one in enumerate(self.taken) if chosen >> at & 1)


def _timed(taken: Iterable[Taken]) -> Way:
    before, found = None, list[Taken]()
    for one in taken:
        found.append(replace(one, after=0.0 if before is None else one.step.time - before))
        before = one.step.time
    return Way(tuple(found))


@dataclass(frozen=True)
class Tried:
    """A way that was tried, and when it could go on."""

    way: Way
    moments: tuple[Moment, ...]
    breaks: frozenset[str]
    """The Services that it breaks."""


@dataclass(frozen=True)
class Candidate:
    """A way that is worth a try."""

    way: Way
    about: frozenset[str]
    """The Services that it might break."""
    slack: float
    """How many endpoints more than needed answer before its last step, of the Service where these are fewest."""


@dataclass(frozen=True)
class Cut:
    """What was left out since there are more moments than are tried."""

    moments: int = 0
    about: frozenset[str] = frozenset()
    """The Services that a step at one of them might have broken."""


def ranks(moment: Moment) -> dict[Action, int]:
    """The actions that are possible at first: which of those that are alike they belong to, by number."""
    return {
        replace(choice.action, subject=subject): number
        for number, choice in enumerate(moment.choices)
        for subject in (choice.action.subject, *choice.alike)
    }


def candidates(
    tried: Sequence[Tried], goals: Sequence[ServiceGoal], most: int, rank: Mapping[Action, int]
) -> tuple[list[Candidate], Cut]:
    """All ways of one step more, the most promising first; and what was left out for there are so many moments.

    `most`: moments after each way; `rank`: as of `ranks`.
    """
    found, cut = list[Candidate](), Cut()
    for one in tried:
        open_goals = [goal for goal in goals if goal.name not in one.breaks]
        if not open_goals:
            continue
        about = frozenset(goal.name for goal in open_goals)
        fresh = [moment for moment in one.moments if not one.way or not moment.again]
        kept = _kept(fresh, open_goals, most)
        if len(kept) < len(fresh):
            cut = Cut(cut.moments + len(fresh) - len(kept), cut.about | about)
        for moment in kept:
            time = _time(moment, first=moment is one.moments[0])
            for choice in moment.choices:
                if not _other_order(one.way, time, choice.action, rank):
                    after = time - one.way.steps[-1].time if one.way else 0.0
                    taken = Taken(Step(time, choice.action), choice.alike, after, moment.counts)
                    found.append(Candidate(Way((*one.way.taken, taken)), about, _slack(moment, open_goals)))
    return sorted(found, key=lambda candidate: candidate.slack), cut


def _kept(moments: Sequence[Moment], goals: Sequence[ServiceGoal], most: int) -> list[Moment]:
    """At most so many, in order of time: the first, the last, and those at which most is missing, the longest first."""
    if len(moments) <= most:
        return list(moments)
    between = sorted(moments[1:-1], key=lambda moment: (_slack(moment, goals), moment.begin - moment.end))
    chosen = [moments[0], *([moments[-1]] if most > 1 else []), *between[: max(0, most - 2)]]
    return sorted(chosen, key=lambda moment: moment.begin)


def _slack(moment: Moment, goals: Sequence[ServiceGoal]) -> float:
    counts = (moment.counts[goal.name] + (goal,) for goal in goals)
    return min((answering - needed(goal.predicate, desired) for answering, desired, goal in counts), default=math.inf)


def _time(moment: Moment, first: bool) -> float:
    """When in a stretch without changes: at its beginning, if that is the step before, else in its middle."""
    if first:
        return moment.begin
    middle = (moment.begin + moment.end) / 2
    whole = FIRST + math.floor(middle - FIRST)
    return whole if whole > moment.begin else middle


def _other_order(way: Way, time: float, action: Action, rank: Mapping[Action, int]) -> bool:
    """Whether steps at once would only be taken in another order than in a way that is tried, too."""
    if not way or way.steps[-1].time < time:
        return False
    before = way.steps[-1].action
    return before in rank and action in rank and rank[action] < rank[before]

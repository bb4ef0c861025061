"""The search: all single steps, then all ways of two that are worth a try, and so on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from experiments.attack.outage import Outage, longest_outage
from experiments.attack.question import Question
from experiments.attack.verdict import Attack, Break, Verdict
from experiments.attack.way import Candidate, Tried, Way, candidates, ranks
from experiments.design.goal import ServiceGoal
from experiments.runner.engines import Engine
from experiments.runner.engines.local import LocalEngine
from experiments.timeline.build import timeline
from models.input.problems import Refusal
from simulator.attack.arsenal import Action
from simulator.attack.follow import FIRST, Followed, Step, Target, follow, surveyed

Listener = Callable[[int, int, int], object]
"""Told of progress: the number of steps, ways tried of so many, and of how many."""
_Spec = tuple[Target, tuple[Step, ...], bool]


def attack(
    experiment: str, question: Question, engine: Engine | None = None, listen: Listener = lambda *_: None
) -> Attack:
    """The smallest ways to break each Service of the question. The same whatever the engine.

    Refusal if nothing can be made to strike.
    """
    return _Search(experiment, question, engine or LocalEngine(), listen).found()


def _followed(spec: _Spec) -> Followed:
    target, steps, moments = spec
    return follow(target, steps, moments)


class _Search:
    def __init__(self, experiment: str, question: Question, engine: Engine, listen: Listener) -> None:
        self._experiment = experiment
        self._question = question
        self._engine = engine
        self._listen = listen
        self._target, idle = surveyed(question.target)
        self._idle = tuple(idle)
        self._goals = {goal.name: goal for goal in question.goals}
        self._breaks: dict[str, list[Break]] = {name: [] for name in self._goals}
        self._complete = dict.fromkeys(self._goals, 0)
        self._simulations = 1
        self._not_tried: dict[int, int] = {}
        self._moments_left_out = 0
        self._partly_tried: set[str] = set()

    def found(self) -> Attack:
        """The answer."""
        nothing = follow(self._target, ())
        self._judge(Way(), nothing, frozenset(self._goals))
        if not nothing.moments[0].choices:
            idle = (
                f" ({', '.join(self._idle)}: at given times, following from others, or of nothing)"
                if self._idle
                else ""
            )
            raise Refusal(f"{self._experiment} has no failure mode and no operation that can be made to strike{idle}")
        tried, rank = [Tried(Way(), nothing.moments, frozenset())], ranks(nothing.moments[0])
        for size in range(1, self._question.at_most + 1):
            goals = [goal for name, goal in self._goals.items() if not self._breaks[name]]
            if not goals:
                break
            worth, cut = candidates(tried, goals, self._question.moments, rank)
            self._moments_left_out += cut.moments
            self._partly_tried |= cut.about
            tried = self._try(size, worth)
            if self._not_tried:
                break
            self._complete |= dict.fromkeys({goal.name for goal in goals} - self._partly_tried, size)
        return Attack(
            self._experiment,
            self._question,
            tuple(self._verdict(name) for name in self._goals),
            self._simulations,
            self._not_tried,
            self._moments_left_out,
            self._idle,
        )

    def _try(self, size: int, worth: Sequence[Candidate]) -> list[Tried]:
        """Tries the ways of one size, in their order; those that could go on.

        Results are looked at in the order of the ways: what a later one tells is not heard before, and what an earlier
        one makes needless is not heard at all, so the engine makes no difference.
        """
        goes_on = size < self._question.at_most
        tried: list[Tried] = []
        came: dict[int, Followed] = {}
        ended = False

        def specs() -> Iterator[tuple[int, _Spec]]:
            for number, candidate in enumerate(worth):
                if ended:
                    return
                if self._about(candidate, size):
                    yield number, (self._target, candidate.way.steps, goes_on)

        results = self._engine.map_unordered(_followed, specs())
        number = 0
        while number < len(worth):
            candidate = worth[number]
            about = self._about(candidate, size)
            if about and self._simulations >= self._question.simulations:
                ended = True
                self._not_tried[size] = sum(bool(self._about(one, size)) for one in worth[number:])
                break
            if about and number not in came:
                key, result = next(results)
                if isinstance(result, Exception):
                    raise result
                came[key] = result
                continue
            followed = came.pop(number, None)
            number += 1
            if about and followed is not None:
                self._simulations += 1
                broken = self._judge(candidate.way, followed, about)
                if goes_on and followed.possible:
                    before = frozenset(self._goals) - candidate.about
                    tried.append(Tried(candidate.way, followed.moments, broken | before))
            self._listen(size, number, len(worth))
        for _ in results:  # what was under way when there was enough
            pass
        return tried

    def _about(self, candidate: Candidate, size: int) -> frozenset[str]:
        """The Services for which the way is still to be tried."""
        if size == 1 or self._question.all_ways:
            return candidate.about
        return frozenset(name for name in candidate.about if not self._breaks[name])

    def _judge(self, way: Way, followed: Followed, about: frozenset[str]) -> frozenset[str]:
        """The Services that the way breaks, of those that it is about; each is noted."""
        broken = set()
        for name, goal in self._goals.items():
            outage = self._outage(followed, goal) if name in about else None
            if outage is not None:
                broken.add(name)
                self._breaks[name].append(Break(name, way, outage))
        return frozenset(broken)

    def _outage(self, followed: Followed, goal: ServiceGoal) -> Outage | None:
        return longest_outage(followed, goal, self._question.longer_than) if followed.possible else None

    def _verdict(self, name: str) -> Verdict:
        """The smallest ways, confirmed, the longest outage first; of the same steps at several times the worst."""
        longest: dict[tuple[Action, ...], Break] = {}
        for one in sorted(self._breaks[name], key=lambda one: -one.outage.seconds):
            longest.setdefault(tuple(sorted(step.action for step in one.way.steps)), one)
        minimal = [self._confirmed(one) for one in longest.values()]
        smallest = min((len(one.way) for one in minimal), default=0)
        kept = {one.way.steps: one for one in minimal if len(one.way) == smallest}
        ordered = sorted(kept.values(), key=lambda one: -one.outage.seconds)
        if ordered:
            ordered[0] = self._told(ordered[0])
        return Verdict(name, tuple(ordered), self._complete[name])

    def _confirmed(self, found: Break) -> Break:
        """The break, tried once more from fresh; or by the smallest part of it that does it, too."""
        goal = self._goals[found.service]
        for part in found.way.parts():
            outage = self._outage(follow(self._target, part.steps, moments=False), goal)
            if outage is not None:
                return Break(found.service, part, outage)
        return found

    def _told(self, found: Break) -> Break:
        """With its timeline, from a replay in a fresh simulation, which has to come out the same."""
        goal = self._goals[found.service]
        replayed = follow(self._target, found.way.steps, moments=False, keep_log=True)
        outage, run = self._outage(replayed, goal), replayed.run
        if outage != found.outage or run is None:
            raise RuntimeError(f"a replay of {found.way.steps} came out otherwise: {outage} instead of {found.outage}")
        start = FIRST + outage.start
        last = found.way.steps[-1].action if found.way else None
        cause = "" if last is None else f"{last.name}/{last.subject}"
        told = timeline(run, goal, self._question.scenario.policy, start, start + outage.length, cause)
        return replace(found, timeline=told)

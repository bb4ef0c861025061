"""The race: replications in rounds, to candidates of which more must be known, until the cheapest is.

Out of the race is who surely misses an objective, and who surely costs no less than one that surely meets all. So one
that misses by far is out after two replications, and one that is dearer than the answer may never run at all. Whatever
is cheaper than the answer has to be refuted, so the cheapest comes first: of those in the race the k-th cheapest gets a
k^2-th of its replications, about. So all others together get less than it does, and one of which nothing can be told
does not keep the others from being looked at. What is sure, and but for which chance: `experiments.inference.racing`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from experiments.design.search import Cost
from experiments.inference import racing
from experiments.search.candidate import Candidate
from experiments.search.outcome import Standing, State
from experiments.search.racer import Racer
from experiments.store.cell import Cell

ROUND = 16
"""Replications of a round, about: enough to keep some processes busy, the same however many there are."""
FOR_COSTS = 0.1
"""The part of the errors that is for what is said of costs; the others are for objectives."""

Simulate = Callable[[Mapping[int, range]], Mapping[int, Sequence[Cell]]]
"""Number of a candidate -> replications wanted; back come their cells, in order."""


@dataclass
class Race:
    """A race of candidates, until `run` ends; `at_most` replications in all."""

    candidates: Sequence[Candidate]
    cost: Cost
    alpha: float
    """The chance that anything is said that is not true."""
    at_most: int
    alike: float = 0.01
    racers: list[Racer] = field(init=False)

    def __post_init__(self) -> None:
        self.racers = [Racer(candidate, self.cost) for candidate in self.candidates]

    def run(self, simulate: Simulate) -> None:
        """Race until the answer is known, or the replications are used up."""
        while wanted := self._next_round():
            found = simulate(wanted)
            for number in wanted:
                racer = self.racers[number]
                alpha = self.alpha * (1 - FOR_COSTS)
                racer.look(found[number], racing.error(alpha, self._objectives, racer.looks + 1))

    @property
    def cheapest(self) -> Racer | None:
        """The one that costs least, as far as that is known, of those that surely meet all objectives."""
        meeting = [racer for racer in self.racers if racer.verdict == "meets"]
        return min(meeting, key=lambda racer: racer.likely_cost, default=None)

    def standings(self) -> list[Standing]:
        """The candidates as they stand, the cheapest first."""
        best = self.cheapest
        still = [racer for racer in self.racers if self._is_in(racer, best)]
        # Without an answer, one that meets all objectives but surely costs more is told from those that may be it.
        beatable = ("open", "meets") if still else ("open",)
        states: dict[int, State] = {}
        for number, racer in enumerate(self.racers):
            state: State = racer.verdict
            if racer is best and not still:
                state = "cheapest"
            elif racer is not best and racer not in still and racer.verdict in beatable:
                state = "beaten"
            states[number] = state
        order = sorted(states, key=lambda number: self.racers[number].likely_cost)
        return [self._standing(self.racers[number], states[number]) for number in order]

    def _standing(self, racer: Racer, state: State) -> Standing:
        candidate = racer.candidate
        return Standing(
            candidate.name,
            candidate.policy,
            candidate.values,
            state,
            racer.replications,
            racer.cost_interval(1 - self.alpha),
            racer.judgements,
            racer.downtimes,
            racer.error,
        )

    # --- who runs next -----------------------------------------------------------------------------------------------

    def _next_round(self) -> dict[int, range]:
        """Whom to give further replications, and which; nobody once the answer is known or all are used up."""
        best = self.cheapest
        wanting = [number for number, racer in enumerate(self.racers) if self._is_in(racer, best)]
        if best is not None and any(self._asks_for_more_of(best, self.racers[number]) for number in wanting):
            wanting.append(self.racers.index(best))
        wanting.sort(key=lambda number: (self.racers[number].likely_cost, number))
        turn = {number: self.racers[number].looks + _looks_behind(rank) for rank, number in enumerate(wanting)}
        wanting.sort(key=lambda number: turn[number])
        left = self.at_most - sum(racer.replications for racer in self.racers)
        wanted: dict[int, range] = {}
        for number in wanting:
            racer = self.racers[number]
            have, taken = len(racer.cells), sum(map(len, wanted.values()))
            more = min(racing.replications(racer.looks + 1) - have, left - taken)
            if more < 1 or (wanted and (taken + more > ROUND or turn[number] >= turn[wanting[0]] + 1)):
                break  # it is not the turn of those behind before the first has looked again
            wanted[number] = range(have, have + more)
        return wanted

    def _is_in(self, racer: Racer, best: Racer | None) -> bool:
        """Whether a candidate may still be the answer instead of the best so far."""
        if racer is best or racer.verdict in ("misses", "failed"):
            return False
        if best is None:
            return True
        return not racer.costs_as_much_as(best, self.alike, self._alpha_of_costs)

    def _asks_for_more_of(self, best: Racer, racer: Racer) -> bool:
        """Whether it takes more replications of the best so far to tell its cost from that of another."""
        if best.certain_cost is not None or len(best.cells) > len(racer.cells):
            return False
        return not best.costs_as_much_as(racer, 0.0, self._alpha_of_costs)

    @property
    def _alpha_of_costs(self) -> float:
        """The chance that one statement about the costs of two, of all that there may be, is ever wrong."""
        pairs = len(self.racers) * (len(self.racers) - 1)
        return self.alpha * FOR_COSTS / pairs

    @property
    def _objectives(self) -> int:
        """How many statements about objectives there may be."""
        return sum(len(racer.candidate.objectives) for racer in self.racers)


def _looks_behind(rank: int) -> float:
    """How many looks a candidate is behind the cheapest of the race (rank 0), so that it gets so much less."""
    return math.log((1 + rank) ** 2, racing.GROWTH)

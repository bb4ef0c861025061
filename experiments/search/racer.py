"""A candidate in the race: what of it was simulated, and what is known of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from experiments.design.search import Cost
from experiments.findings.findings import Findings
from experiments.findings.judgement import MET, MISSED, Judgement
from experiments.inference import estimate, racing
from experiments.inference.estimate import Estimate
from experiments.inference.intervals import Interval, ratio
from experiments.search.candidate import Candidate
from experiments.search.expected_cost import expected, is_certain, is_steady
from experiments.store.cell import Cell
from experiments.store.manifest import Manifest
from experiments.store.tables import tables
from models.arrays import Floats
from models.units import YEAR

CLOSE = 1e-9
"""Costs that differ by less than this share differ by the rounding of sums."""


@dataclass(eq=False)
class Racer:
    """What is known of a candidate; it changes as the race goes on."""

    candidate: Candidate
    cost: Cost
    cells: list[Cell] = field(default_factory=list)
    """Its first replications, in order, without those that failed."""
    looks: int = 0
    replications: int = 0
    """Those that were looked at, failed ones too."""
    verdict: Literal["open", "meets", "misses", "failed"] = "open"
    judgements: Sequence[Judgement] = ()
    downtimes: dict[str, Estimate] = field(default_factory=dict)
    error: str = ""

    def __post_init__(self) -> None:
        self._years = self.candidate.scenario.duration / YEAR
        self.expected = expected(self.candidate.scenario, self.cost) / self._years
        self.is_certain = is_certain(self.candidate.scenario, self.cost)
        """Whether its cost is taken to be the same in every run."""
        self.is_steady = is_steady(self.candidate.scenario)
        """Whether its cost is taken to vary a little in every run, and never by much."""

    @property
    def costs(self) -> Floats:
        """The cost of a year, by replication."""
        found = [[cell.metrics[metric] * price for metric, price in self.cost.prices] for cell in self.cells]
        return np.array([math.fsum(of) for of in found], dtype=float) / self._years

    @property
    def certain_cost(self) -> float | None:
        """The cost of a year, if it is the same in every run; None if it is not, or a run said otherwise."""
        certain = self.is_certain and np.allclose(self.costs, self.expected, rtol=CLOSE, atol=0)
        return self.expected if certain else None

    @property
    def likely_cost(self) -> float:
        """The cost of a year, as far as it is known."""
        return self.expected if self.certain_cost is not None or not self.cells else float(self.costs.mean())

    def cost_interval(self, confidence: float) -> Interval:
        """The cost of a year, with an interval for it alone."""
        if self.certain_cost is not None:
            return Interval(self.expected, self.expected, self.expected, "certain")
        if len(self.cells) < 2:
            return Interval(self.likely_cost, 0.0, np.inf, "a guess")
        return ratio(self.costs, np.ones(len(self.cells)), confidence)

    def costs_as_much_as(self, other: "Racer", alike: float, alpha: float) -> bool:
        """Whether it surely costs no less than another, but for a chance of `alpha` that this is ever said wrongly.

        By the differences in the replications that both have: they had the same luck. Costs that vary may be less by
        the part `alike`. Where something may change them by much in few runs, this may cost less in a run that was not
        met, by the most that the other was seen to cost: as if it cost nothing there.
        """
        mine, its = self.certain_cost, other.certain_cost
        if mine is not None and its is not None:
            return mine >= its * (1 - CLOSE)
        varying = [of for of in (self, other) if of.certain_cost is None]
        both = min(len(of.cells) for of in varying)
        ours = np.full(both, mine) if mine is not None else self.costs[:both]
        theirs = np.full(both, its) if its is not None else other.costs[:both]
        differences = ours - (1 - alike) * theirs
        if all(of.is_steady for of in varying):
            look = max(min(of.looks for of in varying), 1)
            return racing.surely_positive(differences, racing.error(alpha, 1, look))
        most = max(theirs, default=0.0) or max(ours, default=0.0)
        return racing.surely_positive_if_some_are_rare(differences, float(most), alpha)

    def look(self, cells: Sequence[Cell], error: float) -> None:
        """Take further replications into account: each objective is judged but for this chance of an error."""
        self.cells += cells
        self.looks += 1
        self.replications += len(cells)
        if failed := [cell for cell in self.cells if cell.status != "done"]:
            self.verdict, self.error = "failed", failed[0].error
            self.cells = [cell for cell in self.cells if cell.status == "done"]
        if self.verdict != "open":
            return
        found = self._findings(1 - error)
        self.judgements = found.objectives
        verdicts = {of.verdict for of in self.judgements}
        self.verdict = "misses" if MISSED in verdicts else "meets" if verdicts == {MET} else "open"
        services = [of.service for of in self.judgements if of.service in found.services]
        for service in dict.fromkeys(services or found.services[:1]):
            availability = found.availability(service, self.candidate.policy)
            self.downtimes[service] = estimate.downtime_per_year(availability)

    def _findings(self, confidence: float) -> Findings:
        scenario = self.candidate.scenario
        manifest = Manifest(
            name=self.candidate.name,
            policies=[scenario.policy],
            services=scenario.measured,
            replications=len(self.cells),
            confidence=confidence,
            duration=scenario.duration,
            warmup=scenario.warmup,
            seed=scenario.seed,
            scenarios={},
            objectives=[objective.to_json() for objective in self.candidate.objectives],
        )
        frames = tables(self.cells, manifest.policies, manifest.services)
        return Findings(manifest, frames, self.candidate.experiment.resolved)

"""What Services met: the experiment run on the second half that was foretold, and on the one that happened.

A log of outages does not say what became of Services. So the experiment is run on both: on second halves drawn from the
forecast, one a replication, and on the outages of the log as they came. What is compared is how well the laws stand for
the log, by all that the model makes of it; what else breaks in the experiment breaks in both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from experiments.backtest.backtest import Foretold
from experiments.backtest.halves import Downs, Halves
from experiments.backtest.prediction import AS_BEFORE, EXPONENTIAL, Prediction, prediction
from experiments.runner.replication import CellSpec, run_cell, scenario_key
from experiments.store.cell import Cell
from models.arrays import Floats
from models.input.problems import Refusal
from simulator.failures.outage_log import NodeOutage, OutageLog
from simulator.stories.disruption_kind import DisruptionKind, kind_of

if TYPE_CHECKING:
    from experiments.design.scenario import Scenario
    from experiments.runner.engines import Engine

NODES_DOWN = (DisruptionKind.NODE, DisruptionKind.RACK, DisruptionKind.ZONE)
"""Failure modes of these kinds take nodes down, as the log says: its outages stand in their place."""
NAME = "fitted"
"""Of the failure mode that brings the outages."""


@dataclass(frozen=True)
class Replaced:
    """What the outages of nodes stand in place of."""

    gone: tuple[str, ...]
    """Failure modes that take nodes down."""
    kept: tuple[str, ...]
    """The others."""


def fleet(scenarios: "Sequence[Scenario]") -> int:
    """How many nodes the experiment has; raises Refusal if not all its policies have the same."""
    counts = {len(scenario.cluster.nodes) for scenario in scenarios}
    if len(counts) > 1:
        raise Refusal("the policies have different numbers of nodes: give an experiment in which they have the same")
    return counts.pop()


def replaced(scenario: "Scenario") -> Replaced:
    """Which failure modes of a policy the log stands in place of."""
    gone = [mode.name for mode in scenario.failures if kind_of(mode) in NODES_DOWN]
    return Replaced(tuple(gone), tuple(mode.name for mode in scenario.failures if mode.name not in gone))


def predictions(
    scenarios: "Sequence[Scenario]",
    halves: Halves,
    of: Foretold,
    replications: int,
    confidence: float,
    engine: "Engine",
) -> tuple[Prediction, ...]:
    """Availability and outages of each Service, and reschedules, under every policy."""
    first, cut = halves.first, halves.first.end
    ways = {
        "own": ([*_drawn(of.own.downs, of.own.draws, replications)], cut, halves.length),
        EXPONENTIAL: ([*_drawn(of.naive.downs, of.naive.draws, replications)], cut, halves.length),
        "happened": ([halves.happened] * replications, cut, halves.length),
        AS_BEFORE: ([_before(halves)] * replications, first.start, first.length),
    }
    specs = (
        ((policy, way, number), CellSpec(made, scenario_key(made), number))
        for policy, scenario in enumerate(scenarios)
        for way, (histories, start, length) in ways.items()
        for number, downs in enumerate(histories)
        for made in [_with_outages(scenario, downs, start, length, first.names)]
    )
    cells: dict[tuple[int, str, int], Cell] = {}
    for key, cell in engine.map_unordered(run_cell, specs):
        if isinstance(cell, Exception):
            raise cell
        if cell.status != "done":
            raise Refusal(f"a replication of the policy {cell.policy!r} failed: {cell.error}")
        cells[key] = cell
    found: list[Prediction] = []
    for policy, scenario in enumerate(scenarios):
        by_way = {way: [cells[policy, way, number] for number in range(replications)] for way in ways}
        found += _compared(scenario, by_way, halves.length / first.length, confidence)
    return tuple(found)


def _compared(
    scenario: "Scenario", cells: dict[str, list[Cell]], longer: float, confidence: float
) -> Iterator[Prediction]:
    """What is foretold under one policy; `longer`: the second half, as a multiple of the first."""
    under = f"under {scenario.policy}"
    for goal in scenario.services:
        name = goal.name
        shares = {way: np.array([cell.services[name]["availability"] for cell in of]) for way, of in cells.items()}
        yield _prediction(f"availability of {name} {under}", shares, None, confidence)
        counts = {way: np.array([float(len(cell.outages[name])) for cell in of]) for way, of in cells.items()}
        yield _prediction(f"outages of {name} {under}", counts, longer, confidence)
    moved = {way: np.array([float(cell.metrics["reschedules"]) for cell in of]) for way, of in cells.items()}
    yield _prediction(f"reschedules {under}", moved, longer, confidence)


def _prediction(of: str, values: dict[str, Floats], longer: float | None, confidence: float) -> Prediction:
    """What happened, and what did before, are means over the replications: they differ by luck that no log tells."""
    naive = {EXPONENTIAL: values[EXPONENTIAL], AS_BEFORE: np.array([values[AS_BEFORE].mean() * (longer or 1.0)])}
    happened = float(values["happened"].mean())
    return prediction(of, "number" if longer else "availability", values["own"], happened, naive, confidence)


def _with_outages(scenario: "Scenario", downs: Downs, start: float, length: float, names: Sequence[str]) -> "Scenario":
    """The scenario with these outages of nodes in place of its own, from `start` on for so long."""
    known = [node.name for node in scenario.cluster.nodes]
    order = _in_cluster(names, known)
    outages = tuple(
        NodeOutage(order[node], max(begin - start, 0.0), end - start if end < start + length else None)
        for node, begin, end in zip(downs.node.tolist(), downs.begin.tolist(), downs.end.tolist(), strict=True)
    )
    gone = replaced(scenario).gone
    modes = tuple(mode for mode in scenario.failures if mode.name not in gone)
    if outages:
        modes = (*modes, OutageLog(NAME, outages=tuple(sorted(outages, key=lambda o: (o.start, o.node)))))
    return replace(scenario, failures=modes, warmup=0.0, duration=length)


def _in_cluster(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The cluster's node for each of the log's, and then for those that never failed: by name, else in order."""
    if not set(names) <= set(known):
        return list(known)
    return [*names, *(node for node in known if node not in names)]


def _before(halves: Halves) -> Downs:
    """The outages of the first half."""
    down = halves.first.down
    return Downs(np.zeros(len(down.node), int), down.node, down.begin, down.end, np.ones(len(down.node), bool))


def _drawn(downs: Downs, draws: int, replications: int) -> Iterator[Downs]:
    """So many of the draws, evenly spaced, so that all resampled laws are among them."""
    for number in range(replications):
        of = downs.draw == number * draws // replications
        yield Downs(downs.draw[of], downs.node[of], downs.begin[of], downs.end[of], downs.new[of])


def remark(scenarios: "Sequence[Scenario]") -> str:
    """What the outages stand in place of, and what was kept, in a sentence."""
    gone = dict.fromkeys(name for scenario in scenarios for name in replaced(scenario).gone)
    kept = dict.fromkeys(name for scenario in scenarios for name in replaced(scenario).kept)
    said = f"outages of nodes stand in the place of {', '.join(gone) or 'no failure mode'}"
    also = f"; {', '.join(kept)} as before" if kept else ""
    return f"{said}{also}; what happened to Services is the experiment run on the outages of the log"

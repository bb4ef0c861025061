"""The estimate of rare outages of the Services of one policy: a pilot in up to three phases, then what it planned."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from experiments.design.scenario import Scenario
from experiments.inference.rare_events import FEWEST, Diagnostics, RareEstimate
from experiments.rare import pilot
from experiments.rare.estimates import Rows, found
from experiments.rare.pilot import RarePlan
from experiments.rare.replication import RareSpec, run_rare_cell
from experiments.rare.settings import Phase, RareSettings
from experiments.store.rare_cell import RareCell

T = TypeVar("T")

RunCells = Callable[[Sequence[RareSpec]], Sequence[RareCell]]
"""Runs what is asked for, somewhere, and returns a cell for each, in their order."""

Asking = Generator[Sequence[RareSpec], Sequence[RareCell], T]
"""Yields the replications that it needs next, is sent a cell for each in their order, and returns what comes of it."""


def in_process(specs: Sequence[RareSpec]) -> Sequence[RareCell]:
    """Runs them here, one after the other."""
    return [run_rare_cell(spec) for spec in specs]


def side_by_side(studies: Sequence[Asking[T]], run_cells: RunCells) -> list[T]:
    """Leads studies to their ends together: what they need next runs at once, so that none waits for another's last.

    Returns what came of each, in their order.
    """
    ended: dict[int, T] = {}

    def go_on(number: int, cells: Sequence[RareCell] | None) -> Sequence[RareSpec]:
        try:
            return next(studies[number]) if cells is None else studies[number].send(cells)
        except StopIteration as end:
            ended[number] = end.value
            return []

    asked = {number: go_on(number, None) for number in range(len(studies))}
    while asked := {number: specs for number, specs in asked.items() if number not in ended}:
        cells = iter(run_cells([spec for specs in asked.values() for spec in specs]))
        asked = {number: go_on(number, list(islice(cells, len(specs)))) for number, specs in asked.items()}
    return [ended[number] for number in range(len(studies))]


class RareFailed(Exception):
    """A replication raised an exception."""


@dataclass(frozen=True)
class RareFinding:
    """What came of a Service."""

    plan: RarePlan | None
    """None: the pilot met no outage."""
    unavailability: RareEstimate | None
    outages_per_year: RareEstimate | None
    diagnostics: Diagnostics | None
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    """Those of the tables `rare` and `excursions`, of the main phase."""


def plans(
    scenario: Scenario, services: Sequence[str], relative: float, confidence: float
) -> Asking[dict[str, RarePlan | None]]:
    """By Service: how the effort is best spent; None if the pilot met no outage.

    A trial tells how many replications that takes. None is made where the fewest would do as the pilot was, before its
    effort was spent well. Raises `RareFailed`.
    """
    start = {service: pilot.first() for service in services}
    seen = _rows((yield from _cells(scenario, "scales", start, pilot.PILOT)), "excursions")
    tilted = {service: pilot.scaled(seen.get(service, [])) for service in services}
    cells = yield from _cells(scenario, "pilot", tilted, pilot.PILOT)
    met, runs = _rows(cells, "excursions"), _rows(cells, "rare")
    tuned = {service: pilot.tuned(tilted[service], [(tilted[service], met.get(service, []))]) for service in services}
    settings = {service: each for service, each in tuned.items() if each is not None}

    def planned(service: str, wanted: RareSettings, excursions: Rows) -> RarePlan | None:
        return pilot.plan(wanted, excursions, runs[service], relative, confidence)

    plans = {service: planned(service, wanted, met[service]) for service, wanted in settings.items()}
    uncertain = {service: settings[service] for service, plan in plans.items() if plan and plan.replications > FEWEST}
    if uncertain:
        cells = yield from _cells(scenario, "trial", uncertain, pilot.PILOT)
        again, runs = _rows(cells, "excursions"), _rows(cells, "rare")
        for service, tried in uncertain.items():
            rounds = [(tilted[service], met[service]), (tried, again.get(service, []))]
            wanted = pilot.tuned(tried, rounds)
            plans[service] = planned(service, wanted, again.get(service, [])) if wanted else None
    return {service: plans.get(service) for service in services}


def study(
    scenario: Scenario,
    service: str,
    relative: float = 0.1,
    confidence: float = 0.95,
    run_cells: RunCells = in_process,
) -> RareFinding:
    """The unavailability of one Service to about this relative half-width of its interval. Raises `RareFailed`."""
    [finding] = side_by_side([_found(scenario, service, relative, confidence)], run_cells)
    return finding


def _found(scenario: Scenario, service: str, relative: float, confidence: float) -> Asking[RareFinding]:
    plan = (yield from plans(scenario, [service], relative, confidence))[service]
    if plan is None:
        return RareFinding(None, None, None, None, {})
    cells = yield from _cells(scenario, "main", {service: plan.settings}, plan.replications)
    rows = {table: _rows(cells, table)[service] for table in ("rare", "excursions")}
    return RareFinding(plan, *found(rows["rare"], rows["excursions"], confidence), rows)


def _cells(
    scenario: Scenario, phase: Phase, settings: Mapping[str, RareSettings], replications: int
) -> Asking[Sequence[RareCell]]:
    """In the order of the replications, none of which failed."""
    cells = yield [RareSpec(scenario, phase, settings, number) for number in range(replications)]
    for cell in cells:
        if cell.status != "done":
            raise RareFailed(f"replication {cell.replication} for rare outages failed: {cell.error}")
    return cells


def _rows(cells: Sequence[RareCell], table: str) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of a table by Service."""
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in (row for cell in cells for row in cell.details[table]):
        rows.setdefault(row["service"], []).append(row)
    return rows

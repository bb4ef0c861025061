"""The estimate of rare outages of the Services of one policy: a pilot in up to three phases, then what it planned."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.design.scenario import Scenario
from experiments.inference.rare_events import FEWEST, Diagnostics, RareEstimate
from experiments.rare import pilot
from experiments.rare.estimates import Rows, found
from experiments.rare.pilot import RarePlan
from experiments.rare.replication import RareSpec, run_rare_cell
from experiments.rare.settings import Phase, RareSettings
from experiments.store.rare_cell import RareCell

RunCells = Callable[[Sequence[RareSpec]], Sequence[RareCell]]
"""Runs what is asked for, somewhere, and returns it in any order."""


def in_process(specs: Sequence[RareSpec]) -> Sequence[RareCell]:
    """Runs them here, one after the other."""
    return [run_rare_cell(spec) for spec in specs]


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
    scenario: Scenario, services: Sequence[str], relative: float, confidence: float, run_cells: RunCells = in_process
) -> dict[str, RarePlan | None]:
    """By Service: how the effort is best spent; None if the pilot met no outage.

    A trial tells how many replications that takes. None is made where the fewest would do as the pilot was, before its
    effort was spent well.
    """
    start = {service: pilot.first() for service in services}
    seen = _rows(_cells(scenario, "scales", start, pilot.PILOT, run_cells), "excursions")
    tilted = {service: pilot.scaled(seen.get(service, [])) for service in services}
    cells = _cells(scenario, "pilot", tilted, pilot.PILOT, run_cells)
    met, runs = _rows(cells, "excursions"), _rows(cells, "rare")
    tuned = {service: pilot.tuned(tilted[service], [(tilted[service], met.get(service, []))]) for service in services}
    settings = {service: each for service, each in tuned.items() if each is not None}

    def planned(service: str, wanted: RareSettings, excursions: Rows) -> RarePlan | None:
        return pilot.plan(wanted, excursions, runs[service], relative, confidence)

    plans = {service: planned(service, wanted, met[service]) for service, wanted in settings.items()}
    uncertain = {service: settings[service] for service, plan in plans.items() if plan and plan.replications > FEWEST}
    if uncertain:
        cells = _cells(scenario, "trial", uncertain, pilot.PILOT, run_cells)
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
    """The unavailability of one Service to about this relative half-width of its interval."""
    [plan] = plans(scenario, [service], relative, confidence, run_cells).values()
    if plan is None:
        return RareFinding(None, None, None, None, {})
    cells = _cells(scenario, "main", {service: plan.settings}, plan.replications, run_cells)
    rows = {table: _rows(cells, table)[service] for table in ("rare", "excursions")}
    return RareFinding(plan, *found(rows["rare"], rows["excursions"], confidence), rows)


def _cells(
    scenario: Scenario, phase: Phase, settings: Mapping[str, RareSettings], replications: int, run_cells: RunCells
) -> list[RareCell]:
    """In the order of the replications."""
    specs = [RareSpec(scenario, phase, settings, number) for number in range(replications)]
    cells = sorted(run_cells(specs), key=lambda cell: cell.replication)
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

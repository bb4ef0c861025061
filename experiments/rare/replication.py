"""A replication for rare outages: a run as it is, and the degraded periods begun from what was seen of it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.design.goal import Predicate, ServiceGoal
from experiments.design.scenario import Scenario, canonical
from experiments.rare.losses import RareLosses
from experiments.rare.settings import Phase, RareSettings
from experiments.store.files import digest
from experiments.store.rare_cell import RareCell
from simulator.garbage import left_alone
from simulator.rare.degraded import Tilting
from simulator.rare.excursions import Beginner, Excursion
from simulator.rare.runs import Look, Model, NaturalRun, Seen, natural
from simulator.rare.sojourns import Sojourn
from simulator.rare.watched import Up
from simulator.streams import Streams

LOOKS_PER_EXCURSION = 4
"""Moments that are looked at for each at which a degraded period is begun: so many to choose from."""


@dataclass(frozen=True)
class RareSpec:
    """What to run: plain values, so that it can be sent to another process."""

    scenario: Scenario
    phase: Phase
    settings: Mapping[str, RareSettings]
    """By Service."""
    replication: int

    @property
    def key(self) -> str:
        """Content id of all that the replication depends on, but its number: 16 hexadecimal digits."""
        return digest(f"rare/{self.scenario.id}/{self.phase}/{canonical(self.settings)}")


def model_of(scenario: Scenario) -> Model:
    """What is simulated, in the simulator's words."""
    return Model(
        {
            "cluster": scenario.cluster,
            "behaviour": scenario.behaviour,
            "loads": scenario.loads,
            "traffic": scenario.traffic,
            "profile": scenario.scheduler,
            "node_autoscaler": scenario.node_autoscaler,
            "people": scenario.people,
            "orchestrator": scenario.control_plane,
        },
        scenario.failures,
        scenario.operations,
        scenario.seed,
        scenario.warmup,
        scenario.duration,
    )


def run_rare_cell(spec: RareSpec) -> RareCell:
    """Simulates the replication, and what is begun from it; an exception of the model gives a failed cell."""
    try:
        with left_alone():
            rows = _rows(spec)
    except Exception as error:
        return failed_rare_cell(spec, error)
    return RareCell(spec.scenario.policy, spec.replication, spec.key, "done", "", rows)


def failed_rare_cell(spec: RareSpec, error: Exception) -> RareCell:
    """A replication of which nothing is known but the error."""
    text = f"{type(error).__name__}: {error}"
    return RareCell(spec.scenario.policy, spec.replication, spec.key, "failed", text, {})


def _rows(spec: RareSpec) -> dict[str, list[dict[str, Any]]]:
    model = model_of(spec.scenario)
    goals = {goal.name: goal for goal in spec.scenario.services if goal.name in spec.settings}
    looks = LOOKS_PER_EXCURSION * max(settings.looks for settings in spec.settings.values())
    # A run of its own in each phase: what the pilot met is not met again by what it decided about.
    luck = f"{spec.replication}/rare/{spec.phase}"
    rng = Streams(model.seed, luck).stream("looks")
    times = [(number + float(rng.random())) / looks * model.end for number in range(looks)]
    seen = {name: Seen(up(goal.predicate), spec.settings[name].usually_fatal) for name, goal in goals.items()}
    run = natural(model, luck, times, seen)
    rows: dict[str, list[dict[str, Any]]] = {"excursions": [], "rare": [], "rare_losses": []}
    for name, goal in goals.items():
        one = _Service(model, goal, spec.settings[name], luck, run, spec.phase == "main")
        where = {"service": name, "phase": spec.phase}
        excursions = [where | row for row in one.excursions()]
        rows["excursions"] += excursions
        rows["rare"].append(where | _summed(excursions) | one.counts())
        rows["rare_losses"] += [{"service": name} | row for row in one.losses.rows()]
    return rows


def up(predicate: Predicate) -> Up:
    """The predicate, asked about two numbers."""
    known: dict[tuple[int, int], bool] = {}

    def holds(answering: int, desired: int) -> bool:
        key = answering, desired
        if key not in known:
            known[key] = bool(predicate.holds(np.array([float(answering)]), np.array([float(desired)]))[0])
        return known[key]

    return holds


def _summed(excursions: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    def total(*columns: tuple[str, str]) -> float:
        """The sum of what each column has, by its weight."""
        of = [row["multiplier"] * row[weight] * row[column] for row in excursions for weight, column in columns]
        return math.fsum(of)

    return {
        "unavailability": total(("weight", "downtime_s"), ("sojourn_weight", "sojourn_downtime_s")),
        "outages_per_s": total(("weight", "outages"), ("sojourn_weight", "sojourn_outages")),
        "degraded_begun": total(("weight", "lasted_s")),
    }


class _Service:
    """What is begun for one Service in one replication."""

    def __init__(
        self,
        model: Model,
        goal: ServiceGoal,
        settings: RareSettings,
        luck: str,
        run: NaturalRun,
        taken_apart: bool,
    ) -> None:
        self._model, self._name, self._settings, self._luck, self._run = model, goal.name, settings, luck, run
        self._up = up(goal.predicate)
        self.losses = RareLosses(goal.name)
        """Of the degraded periods so far, if they are to be taken apart."""
        staying = frozenset(settings.staying)
        tilting = Tilting(settings.failures_per_period, settings.scales, staying, settings.untilted, settings.following)
        self._beginner = Beginner(
            model, goal.name, self._up, tilting, settings.modes, taken_apart, settings.usually_fatal
        )
        self._rng = Streams(model.seed, luck).stream(f"chosen/{goal.name}")
        self._full = [look for look in run.looks if goal.name in look.layouts]
        self._begun_from = [look for look in self._full if goal.name not in look.in_sojourn]
        self._running = 0

    def counts(self) -> dict[str, Any]:
        """What the run was like, as columns of `RARE`."""
        return {
            "degraded": self._run.degraded[self._name] / self._model.duration,
            "missing": self._run.missing[self._name],
            **self._needed(),
            "looks": len(self._run.looks),
            "full": len(self._full),
            "running": self._running,
            "otherwise": self._run.other_starts[self._name],
            "transitions": self._run.transitions,
        }

    def _needed(self) -> dict[str, float]:
        desired = self._run.desired[self._name]
        if desired is None:
            return {}
        replicas = max(desired - self._run.never_there[self._name], 0)
        needed = next((n for n in range(replicas + 1) if self._up(n, desired)), replicas + 1)
        return {"replicas": float(replicas), "needed": float(needed)}

    def excursions(self) -> Iterator[dict[str, Any]]:
        """The degraded periods, as rows of `EXCURSIONS`; multipliers so that their weighted sum is the expectation."""
        # The integral over [0, end] is that over the looks, each of which stands for an equal part of the time.
        each = self._model.end / len(self._run.looks) / self._model.duration
        running = [look for look in self._begun_from if look.settled is None]
        for look, part in self._by_layout([look for look in self._begun_from if look.settled is not None]):
            assert look.settled is not None
            begun = self._beginner.from_settled(look.settled, self._named(look), look.precarious[self._name])
            if begun is None:  # it cannot be brought about: the run itself can
                begun = self._beginner.from_run(self._luck, look.time, self._named(look))
                yield self._row("running", begun, each * begun.rate * part, part, look.layouts[self._name])
            else:
                yield self._row("settled", begun, each * begun.rate * part, part, look.layouts[self._name])
        self._running = len(running)
        for look, part in self._some(running, self._settings.most_running):
            begun = self._beginner.from_run(self._luck, look.time, self._named(look))
            yield self._row("running", begun, each * begun.rate * part, part, look.layouts[self._name])
        numbers = range(self._run.other_starts[self._name])
        for number, part in self._some(numbers, self._settings.most_otherwise):
            begun = self._beginner.from_other_start(self._luck, number)
            yield self._row("otherwise", begun, part / self._model.duration, part, "")

    def _row(self, kind: str, begun: Excursion, multiplier: float, stands_for: float, layout: str) -> dict[str, Any]:
        self.losses.add(begun, multiplier)
        return _row(kind, begun, multiplier, stands_for, layout)

    def _named(self, look: Look) -> str:
        return f"{self._luck}/{self._name}/{look.time!r}"

    def _by_layout(self, looks: Sequence[Look]) -> Iterator[tuple[Look, float]]:
        """About as many of the looks as are wanted, and how many each stands for.

        Of every layout in proportion to how often it was met and to how much what begins from there varies, as far as
        that is known, and to the root of how often: what is rare may be what outages come from.
        """
        alike: dict[str, list[Look]] = {}
        for look in looks:
            alike.setdefault(look.layouts[self._name], []).append(look)
        known = self._settings.layouts
        spread = {layout: len(group) * known.get(layout, 0.0) for layout, group in alike.items()}
        roots = {layout: math.sqrt(len(group)) for layout, group in alike.items()}
        for layout, group in sorted(alike.items()):
            share = roots[layout] / sum(roots.values())
            if total := sum(spread.values()):
                share = (share + 2 * spread[layout] / total) / 3
            yield from self._some(group, max(1, round(self._settings.looks * share)))

    def _some(self, items: Sequence[Any], most: int) -> Iterator[tuple[Any, float]]:
        """At most so many of the items, drawn without replacement, and how many each of them stands for."""
        if len(items) <= most:
            chosen = list(range(len(items)))
        else:
            chosen = sorted(int(i) for i in self._rng.choice(len(items), most, replace=False))
        for i in chosen:
            yield items[i], len(items) / len(chosen)


def _row(begun: str, excursion: Excursion, multiplier: float, stands_for: float, layout: str) -> dict[str, Any]:
    period, sojourn = excursion.period, excursion.sojourn or Sojourn()
    return {
        "begun": begun,
        "mode": excursion.mode,
        "struck": ",".join((*period.struck, *(() if period.outages else sojourn.struck))),
        "layout": layout,
        "fatal": ",".join(excursion.fatal),
        "stands_for": stands_for,
        "multiplier": multiplier,
        "weight": period.weight,
        "downtime_s": period.downtime,
        "outages": period.begun_within,
        "lasted_s": period.lasted,
        "repair_s": period.repair,
        "scale_s": period.scale,
        "sojourn_layout": sojourn.layout,
        "sojourn_s": sojourn.lasted,
        "sojourn_weight": sojourn.weight,
        "sojourn_downtime_s": sojourn.downtime,
        "sojourn_outages": sojourn.begun_within,
        "transitions": excursion.transitions,
    }

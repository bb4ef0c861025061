"""From what a pilot saw to how the effort is best spent."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from experiments.inference.rare_events import planned, spread_of_variance
from experiments.rare.estimates import Rows, contribution, contributions_of
from experiments.rare.settings import FAILURES_PER_PERIOD, RareSettings
from models.units import YEAR
from simulator.rare.watched import mode_of

LONG = 0.95
"""The quantile of the lengths of degraded periods that is their time scale."""
_LEAST_SHARE = 0.3
"""Of the degraded periods that is spread evenly over the failure modes, whatever the pilot saw of them."""
LOOKS = 24
"""Moments of a replication at which a degraded period is begun in the pilot, and at least later."""
FIRST_LOOKS = 8
"""As many in the first phase: lengths vary less than what comes of them."""
MANY_LOOKS = 1, 2, 4, 8
"""Times as many later, if that is less work for the same interval,"""
MANY = 60
"""and so many replications are left: what a replication seldom comes to, and keeps, is met in few of them."""
OUTAGES_AT_A_TENTH = 768
"""So many outages of exponential lengths make half of an interval at 95 % a tenth of the downtime."""
USUALLY = 0.2
"""Of the moments at which all endpoints answer: a failure mode that is an outage at once at more of them makes no state
a precarious one, for runs that are looked at come there often enough."""
LEAST_UNTILTED, MOST_UNTILTED = 0.1, 0.5
"""Of the degraded periods that are followed as they are, for the sake of what they lead to."""
PILOT = 8
"""Replications of each phase of a pilot."""


def first() -> RareSettings:
    """How degraded periods are followed to see how long they last: as they are."""
    return RareSettings(0.0, looks=FIRST_LOOKS)


def scaled(excursions: Rows) -> RareSettings:
    """Settings for the second phase, from the degraded periods of the first."""
    lengths, repairs = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for row in excursions:
        if row["lasted_s"] > 0:
            lengths[mode_of(row["mode"])].append(row["lasted_s"])
            repairs[mode_of(row["mode"])].append(row["repair_s"])
    scales = {mode: float(np.quantile(of, LONG)) for mode, of in sorted(lengths.items())}
    staying = tuple(mode for mode in sorted(lengths) if _stays(np.array(lengths[mode]), np.array(repairs[mode])))
    usual = _usually_fatal(excursions)
    return RareSettings(FAILURES_PER_PERIOD, scales, staying, MOST_UNTILTED, usually_fatal=usual, looks=LOOKS)


def _usually_fatal(excursions: Rows) -> tuple[str, ...]:
    """The failure modes that are an outage at once at many of the moments."""
    moments = sum(row["stands_for"] for row in excursions if row["begun"] != "otherwise")
    fatal = defaultdict[str, float](float)
    for row in excursions:
        for mode in filter(None, row["fatal"].split(",")):
            fatal[mode] += row["stands_for"]
    return tuple(mode for mode, of in sorted(fatal.items()) if of > USUALLY * moments)


def _stays(lengths: np.ndarray, repairs: np.ndarray) -> bool:
    """Whether a replica is missing until the repair, also where that takes long: of the longest third, nearly all."""
    longest = np.argsort(repairs)[-max(1, len(repairs) // 3) :]
    waited = (repairs[longest] > 0) & (lengths[longest] >= 0.95 * repairs[longest])
    return bool(waited.mean() > 0.9)


@dataclass(frozen=True)
class RarePlan:
    """What the estimate of a Service will take."""

    settings: RareSettings
    replications: int
    transitions: float
    """State changes of one replication, expected."""

    outages_per_year: float
    """As the pilot has it."""

    outages_asked_for: float
    """As many outages as they come would tell as much, if their lengths are exponential."""

    def plain_replications(self, duration: float) -> float:
        """How many plain ones of this length, in seconds, would see the outages that this precision takes.

        Infinitely many if no outage begins, as where the Service is down from the start.
        """
        if not self.outages_per_year:
            return math.inf
        return self.outages_asked_for / (self.outages_per_year * duration / YEAR)

    @property
    def work(self) -> float:
        """State changes in all."""
        return self.replications * self.transitions


def tuned(settings: RareSettings, rounds: Sequence[tuple[RareSettings, Rows]]) -> RareSettings | None:
    """Settings by which the effort is spent where outages come from; None if no round met one.

    `rounds`: the degraded periods of each, and the settings that they were begun by.
    """
    excursions = [row for _, rows in rounds for row in rows]
    contributions = contributions_of(excursions).tolist()
    if not math.fsum(contributions) > 0:
        return None
    modes, following = _modes(rounds), _following(excursions, contributions)
    layouts, untilted = _layouts(excursions, contributions), _untilted(excursions)
    return replace(settings, untilted=untilted, modes=modes, following=following, layouts=layouts)


def _untilted(excursions: Rows) -> float:
    """The more, the more what follows degraded periods varies beside what is in them."""
    parts = [
        math.sqrt(math.fsum((row["multiplier"] * row[weight] * row[seconds]) ** 2 for row in excursions))
        for weight, seconds in (("weight", "downtime_s"), ("sojourn_weight", "sojourn_downtime_s"))
    ]
    return LEAST_UNTILTED + (MOST_UNTILTED - LEAST_UNTILTED) * parts[1] / sum(parts)


def _layouts(excursions: Rows, contributions: Sequence[float]) -> dict[str, float]:
    """How much what begins from each layout varies: the root of its mean square, a moment each."""
    squares = defaultdict[str, list[float]](list)
    for row, brought in zip(excursions, contributions, strict=True):
        if row["begun"] == "settled":
            squares[row["layout"]].append((brought / row["stands_for"]) ** 2)
    return {layout: math.sqrt(math.fsum(of) / len(of)) for layout, of in sorted(squares.items())}


def plan(settings: RareSettings, excursions: Rows, runs: Rows, relative: float, confidence: float) -> RarePlan | None:
    """What the estimate takes, by what was seen of degraded periods; None if no outage was met in them."""
    contributions = contributions_of(excursions).tolist()
    total = math.fsum(contributions) / len(runs)
    rate = YEAR * float(np.mean([run["outages_per_s"] for run in runs]))
    if not total > 0:
        return None
    kinds = {kind: _Kind(kind, excursions, contributions, runs) for kind in ("settled", "running", "otherwise")}
    # What degraded periods of a replication have in common is not averaged over them: replicas that came to lie
    # together in it, and stay so.
    common = _variance([run["unavailability"] for run in runs]) - sum(kind.moment for kind in kinds.values())
    doubt = spread_of_variance(np.array(contributions))
    outages = OUTAGES_AT_A_TENTH * (0.1 / relative) ** 2
    own = float(np.mean([run["transitions"] for run in runs]))
    plans = []
    for looks in (LOOKS * times for times in MANY_LOOKS):
        running, otherwise = (kinds[kind].how_many(looks, kinds["settled"]) for kind in ("running", "otherwise"))
        numbers = {
            "settled": looks / LOOKS,
            "running": running / settings.most_running,
            "otherwise": otherwise / settings.most_otherwise,
        }
        variance = max(0.0, common) + sum(kind.moment / numbers[name] for name, kind in kinds.items())
        cost = (
            own + looks * kinds["settled"].cost + running * kinds["running"].cost + otherwise * kinds["otherwise"].cost
        )
        replications = planned(variance * doubt / total**2, relative, confidence)
        found = replace(settings, looks=looks, most_running=running, most_otherwise=otherwise)
        plans.append(RarePlan(found, replications, cost, rate, outages))
    return min((plans[0], *(each for each in plans if each.replications >= MANY)), key=lambda each: each.work)


class _Kind:
    """What the trial showed of the degraded periods that began in one way."""

    def __init__(self, kind: str, excursions: Rows, contributions: Sequence[float], runs: Rows) -> None:
        pairs = zip(excursions, contributions, strict=True)
        mine = [(contribution, row["transitions"]) for row, contribution in pairs if row["begun"] == kind]
        self.moment = math.fsum(contribution**2 for contribution, _ in mine) / len(runs)
        """Sum of squares a replication: an upper bound of the variance that they bring to its value."""
        self.cost = float(np.mean([transitions for _, transitions in mine])) if mine else 0.0
        """State changes of one."""
        self._there = 0 if kind == "settled" else int(max(run[kind] for run in runs))

    def how_many(self, looks: int, settled: "_Kind") -> int:
        """Neyman's allocation: in proportion to the standard deviation over the root of the cost, and at least one."""
        if not self.moment or not self._there:
            return 1
        if not settled.moment:
            return max(2, min(8, self._there))
        spread = math.sqrt(self.moment / max(self.cost, 1.0))
        return int(min(max(1, round(looks * spread / math.sqrt(settled.moment / max(settled.cost, 1.0)))), 16))


def _variance(values: Sequence[float]) -> float:
    return float(np.var(values, ddof=1)) if len(values) > 1 else 0.0


def _modes(rounds: Sequence[tuple[RareSettings, Rows]]) -> dict[str, float]:
    """How likely each failure mode is to be chosen: by what it contributed, and all of them to some degree."""
    brought = defaultdict[str, list[float]](list)
    for settings, rows in rounds:
        for row in rows:
            if row["begun"] != "otherwise" and row["mode"]:
                brought[row["mode"]].append(contribution(row) * settings.modes.get(row["mode"], 1.0))
    # Chosen with probability p, a mode contributes x/p to a moment in p of the cases: optimal is p ~ sqrt(E[x^2]).
    root = {mode: math.sqrt(math.fsum(x * x for x in of) / len(of)) for mode, of in brought.items()}
    total = sum(root.values())
    if not total:
        return {}
    even = _LEAST_SHARE / len(root)
    return {mode: even + (1 - _LEAST_SHARE) * of / total for mode, of in sorted(root.items())}


def _following(excursions: Rows, contributions: Sequence[float]) -> dict[str, float]:
    """How the tilt is shared: as failures struck in what led to outages (cross-entropy).

    A kind that the pilot did not meet keeps its part of 1, beside which the others are small: it is rare, and where it
    can strike it may be what matters.
    """
    struck: defaultdict[str, float] = defaultdict(float)
    for row, brought in zip(excursions, contributions, strict=True):
        for kind in filter(None, row["struck"].split(",")) if brought else ():
            struck[kind] += brought
    levels: defaultdict[str, float] = defaultdict(float)
    for kind, of in struck.items():
        levels[_level(kind)] += of
    kinds = Counter(map(_level, struck))
    return {
        kind: _LEAST_SHARE / kinds[_level(kind)] + (1 - _LEAST_SHARE) * of / levels[_level(kind)]
        for kind, of in sorted(struck.items())
        if of
    }


def _level(kind: str) -> str:
    """How many endpoints answered: those kinds share the tilt."""
    return kind.partition(":")[0]

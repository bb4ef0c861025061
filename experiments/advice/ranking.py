"""Judges mends that were tried, and puts them in order.

Every mend is compared with what there is, paired by replication (`experiments.inference.comparison`). Its interval is
as wide as it takes for those of all k mends to hold together (Bonferroni: each at 1 - (1 - confidence) / k; of rare
outages, where those of Services are added, k times their number), so the best of many is not believed for its luck. It
helps, or makes it worse, if its interval excludes 0, the sign-flip test says so adjusted for all mends, and enough
outages were seen. Pairs, which are chosen by what was seen, are judged on luck of their own; theirs hold together with
the others, since all are counted.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from experiments.advice.candidate import Candidate, Pair
from experiments.advice.loss import Yardstick
from experiments.advice.standing import Standing, State
from experiments.design.scenario import Scenario
from experiments.design.search import COSTS, Cost
from experiments.findings.findings import Findings
from experiments.inference.comparison import Comparison, Versus, compare
from experiments.inference.estimate import STATED_OUTAGE
from experiments.inference.intervals import FEW_OUTAGES, Interval
from experiments.inference.sample import Sample
from experiments.search.expected_cost import expected
from models.units import YEAR

ALIKE = 0.005
"""Costs that vary by luck and differ by less than this share are alike."""
_UNKNOWN = Interval(math.nan, -math.inf, math.inf, "failed")


def standings(
    tried: Sequence[Candidate | Pair],
    findings: Findings,
    scenarios: Mapping[str, Scenario],
    yardstick: Yardstick,
    beside: int = 0,
) -> list[Standing]:
    """Every mend as it stands against the first policy, the best first, as `ranked` has them.

    `beside`: so many are judged elsewhere, and all are to hold together.
    """
    failed = {str(row["policy"]): str(row["error"]) for _, row in findings.failed.iterrows()}
    compared = _compared([of.name for of in tried if of.name not in failed], findings, yardstick, beside)
    before, found = lost_a_year(findings, findings.baseline, yardstick), list[Standing]()
    for of in tried:
        node_hours, pod_hours = (
            _more(findings, scenarios, of.name, cost, metric)
            for cost, metric in ((COSTS["nodeHours"], "node_hours"), (COSTS["podHours"], "pod_hours"))
        )
        blank = Standing(of, "open", _UNKNOWN, math.nan, {}, node_hours, pod_hours, math.nan, 0, before)
        if of.name in failed:
            found.append(replace(blank, state="failed", error=failed[of.name]))
        elif of.name in compared:
            mine = compared[of.name]
            share = mine.saved.value / before if before > 0 else math.nan
            state = _state(mine, 1 - findings.manifest.confidence)
            found.append(
                replace(
                    blank,
                    state=state,
                    saved=mine.saved,
                    share=share,
                    by_service=mine.by_service,
                    p=mine.p,
                    outages=mine.outages,
                )
            )
        else:
            found.append(blank)
    return ranked(found)


def ranked(found: Iterable[Standing]) -> list[Standing]:
    """The best first: those that help, of these what costs nothing, then what costs pods, then what costs nodes.

    Each of these by what they save for the cost. Then those of which no gain was seen, and those that make it worse.
    """
    order: list[State] = ["helps", "open", "worse", "failed"]
    return sorted(found, key=lambda of: (order.index(of.state), *_order(of)))


def lost_a_year(findings: Findings, policy: str, yardstick: Yardstick) -> float:
    """Weighed seconds a year that are lost under a policy."""
    if yardstick.is_rare(findings, policy):
        lost = {service: findings.availability(service, policy).unavailability[0] for service in yardstick.services}
        return math.fsum(weight * lost[name] * YEAR for name, weight in yardstick.weights.items() if lost[name] > 0)
    sample = yardstick.together(findings, policy)
    return math.fsum(sample.downtimes) / math.fsum(sample.windows) * YEAR if len(sample.windows) else 0.0


def _order(of: Standing) -> tuple[float, ...]:
    if of.state == "helps":
        return of.tier, -of.saved_per_hour
    return (-of.saved.value,) if math.isfinite(of.saved.value) else (0.0,)


@dataclass(frozen=True)
class _Compared:
    """A mend against what there is: what is saved in all, and by Service."""

    saved: Interval
    by_service: Mapping[str, Interval]
    p: float
    """Adjusted for all mends."""
    outages: int

    def among(self, all_mends: int, mine: int) -> "_Compared":
        """With p, which is adjusted for `mine`, adjusted for all: each family has its part of the errors allowed."""
        return replace(self, p=min(self.p * all_mends / mine, 1.0))


def _state(of: _Compared, alpha: float) -> State:
    if not of.p < alpha or of.outages < FEW_OUTAGES:
        return "open"
    return "helps" if of.saved.low > 0 else "worse" if of.saved.high < 0 else "open"


def _compared(names: Sequence[str], findings: Findings, yardstick: Yardstick, beside: int = 0) -> dict[str, _Compared]:
    """Every mend that can be compared, at a confidence at which all of them, and those beside, hold together."""
    is_rare = any(yardstick.is_rare(findings, name) for name in (findings.baseline, *names))
    count = max(len(names), 1)
    intervals = (count + beside) * (len(yardstick.services) if is_rare else 1)  # a sum needs those of all Services
    confidence = 1 - (1 - findings.manifest.confidence) / intervals
    strict = Findings(replace(findings.manifest, confidence=confidence), findings.tables, findings.resolved)
    single: dict[tuple[str, str], Comparison] = {}
    for service in yardstick.services:
        if service in yardstick.by_requests:
            samples = {name: yardstick.sample(findings, service, name) for name in (findings.baseline, *names)}
            found = compare({name: _versus(samples[name], samples[findings.baseline]) for name in names}, confidence)
        else:
            every = {name: strict.comparison(service, name) for name in names}
            found = {name: comparison for name, comparison in every.items() if comparison is not None}
        single |= {(name, service): comparison for name, comparison in found.items()}
    if is_rare:
        sums = {name: _sum(name, single, yardstick) for name in names}
        return {name: of.among(count + beside, count) for name, of in sums.items() if of is not None}
    before = yardstick.together(findings, findings.baseline)
    family = {name: _versus(yardstick.together(findings, name), before) for name in names}
    return {
        name: _Compared(_saved(of), _by_service(name, single), of.adjusted, of.outages).among(count + beside, count)
        for name, of in compare(family, confidence).items()
    }


def _versus(mine: Sample, before: Sample) -> Versus:
    """Two samples; an outage of which none was seen is taken to last as long as those that were seen do."""
    means = [float(of.lengths.mean()) for of in (mine, before) if len(of.lengths)]
    return Versus(mine, before, max([STATED_OUTAGE, *means]))


def _by_service(name: str, single: Mapping[tuple[str, str], Comparison]) -> dict[str, Interval]:
    return {service: _saved(of) for (of_mend, service), of in single.items() if of_mend == name}


def _sum(name: str, single: Mapping[tuple[str, str], Comparison], yardstick: Yardstick) -> _Compared | None:
    """Of rare outages: the weighed sum over Services; its interval reaches as far as theirs together.

    Its p is the least of theirs, times their number.
    """
    mine = {service: of for (of_mend, service), of in single.items() if of_mend == name}
    if mine.keys() != yardstick.weights.keys():
        return None
    by_service = _by_service(name, single)
    value, low, high = (
        math.fsum(weight * getattr(by_service[service], end) for service, weight in yardstick.weights.items())
        for end in ("value", "low", "high")
    )
    p = min(of.adjusted for of in mine.values()) * len(mine)
    outages = max(of.outages for of in mine.values())
    return _Compared(Interval(value, low, high, "sum"), by_service, min(p, 1.0), outages)


def _saved(comparison: Comparison) -> Interval:
    """What is saved, of a comparison that says what is added."""
    of = comparison.difference
    return Interval(-of.value if of.value else 0.0, -of.high, -of.low, of.method)


def _more(findings: Findings, scenarios: Mapping[str, Scenario], name: str, cost: Cost, metric: str) -> float:
    """What a mend costs more in a year: as written, or, where autoscalers decide, as it was seen."""
    scenario, before = scenarios[name], scenarios[findings.baseline]
    if not (scenario.node_autoscaler or scenario.cluster.autoscalers):
        return (expected(scenario, cost) - expected(before, cost)) * YEAR / scenario.duration
    cells = findings.cells.loc[findings.cells["status"] == "done"]
    mine, its = (cells.loc[cells["policy"] == policy, metric].mean() for policy in (name, findings.baseline))
    more = float(mine - its)
    return more * YEAR / scenario.duration if abs(more) > ALIKE * float(its) else 0.0

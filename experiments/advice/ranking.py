"""Judges mends that were tried, and puts them in order.

Every mend is compared with what there is, paired by replication. Its interval is as wide as it takes for those of all k
mends to hold together (Bonferroni: each at 1 - (1 - confidence) / k), so the best of many is not believed for its luck.
It helps, or makes it worse, if its interval excludes 0, the sign-flip test says so adjusted for all mends
(`experiments.inference.significance`), and enough outages were seen. Of several Services the weighed sum counts: its
interval is as far as those of the Services together, as if all erred to one side, which is never too narrow.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from experiments.advice.candidate import Candidate, Pair
from experiments.advice.loss import Yardstick
from experiments.advice.standing import Standing, State
from experiments.design.scenario import Scenario
from experiments.design.search import COSTS, Cost
from experiments.findings.findings import Findings
from experiments.inference.comparison import Comparison, Versus, compare
from experiments.inference.intervals import FEW_OUTAGES, Interval
from experiments.inference.significance import sign_flips
from experiments.search.expected_cost import expected
from models.units import YEAR

ALIKE = 0.005
"""Costs that vary by luck and differ by less than this share are alike."""
_UNKNOWN = Interval(math.nan, -math.inf, math.inf, "failed")


def standings(
    tried: Sequence[Candidate | Pair], findings: Findings, scenarios: Mapping[str, Scenario], yardstick: Yardstick
) -> list[Standing]:
    """Every mend as it stands against the first policy, the best first.

    First those that help: of those that cost nothing, then those that cost pods, then those that cost nodes, each by
    what they save for the cost. Then those of which no gain was seen, and those that make it worse.
    """
    failed = {str(row["policy"]): str(row["error"]) for _, row in findings.failed.iterrows()}
    sound = [of for of in tried if of.name not in failed]
    compared, p = _compared(sound, findings, yardstick), _adjusted(sound, findings, yardstick)
    before = lost_a_year(findings, findings.baseline, yardstick)
    found = []
    for of in tried:
        node_hours, pod_hours = (
            _more(findings, scenarios, of.name, cost, metric)
            for cost, metric in ((COSTS["nodeHours"], "node_hours"), (COSTS["podHours"], "pod_hours"))
        )
        if of.name in failed:
            found.append(
                Standing(of, "failed", _UNKNOWN, math.nan, {}, node_hours, pod_hours, math.nan, 0, failed[of.name])
            )
            continue
        mine = compared[of.name]
        by_service = {service: _saved(comparison) for service, comparison in mine.items()}
        saved = _together(by_service, yardstick.weights)
        outages = sum(comparison.outages for comparison in mine.values())
        state = _state(saved, p.get(of.name, math.nan), 1 - findings.manifest.confidence, outages)
        share = saved.value / before if before > 0 else math.nan
        found.append(
            Standing(of, state, saved, share, by_service, node_hours, pod_hours, p.get(of.name, math.nan), outages)
        )
    order: list[State] = ["helps", "open", "worse", "failed"]
    return sorted(found, key=lambda of: (order.index(of.state), *_order(of)))


def lost_a_year(findings: Findings, policy: str, yardstick: Yardstick) -> float:
    """Weighed seconds a year that are lost under a policy."""
    if _is_rare(findings, policy, yardstick):
        lost = {service: findings.availability(service, policy).unavailability[0] for service in yardstick.services}
        return math.fsum(weight * lost[name] * YEAR for name, weight in yardstick.weights.items() if lost[name] > 0)
    values = yardstick.lost(findings, policy).values()
    return math.fsum(values) / len(values) if values else 0.0


def _order(of: Standing) -> tuple[float, ...]:
    if of.state == "helps":
        return of.tier, -of.saved_per_hour
    return (-of.saved.value,) if math.isfinite(of.saved.value) else (0.0,)


def _state(saved: Interval, p: float, alpha: float, outages: int) -> State:
    by_test = math.isnan(p) or p < alpha
    if not by_test or outages < FEW_OUTAGES:
        return "open"
    return "helps" if saved.low > 0 else "worse" if saved.high < 0 else "open"


def _compared(
    tried: Sequence[Candidate | Pair], findings: Findings, yardstick: Yardstick
) -> dict[str, dict[str, Comparison]]:
    """Mend -> Service -> the comparison with what there is, at a confidence at which all of them hold together."""
    confidence = 1 - (1 - findings.manifest.confidence) / max(len(tried), 1)
    strict = Findings(replace(findings.manifest, confidence=confidence), findings.tables, findings.resolved)
    found: dict[str, dict[str, Comparison]] = {of.name: {} for of in tried}
    family: dict[tuple[str, str], Versus] = {}
    for of in tried:
        for service in yardstick.services:
            if service in yardstick.by_requests:
                mine, before = (yardstick.sample(findings, service, name) for name in (of.name, findings.baseline))
                family[of.name, service] = Versus(mine, before)
            elif (comparison := strict.comparison(service, of.name)) is not None:
                found[of.name][service] = comparison
    for (name, service), comparison in compare(family, confidence).items():
        found[name][service] = comparison
    return found


def _adjusted(tried: Sequence[Candidate | Pair], findings: Findings, yardstick: Yardstick) -> dict[str, float]:
    """Mend -> p of no difference in the weighed sum, adjusted for all; none of those where an estimate is rare."""
    plain = [of.name for of in tried if not _is_rare(findings, of.name, yardstick)]
    if not plain or _is_rare(findings, findings.baseline, yardstick):
        return {}
    before = yardstick.lost(findings, findings.baseline)
    differences = np.zeros((len(before), len(plain)))
    for column, name in enumerate(plain):
        after = yardstick.lost(findings, name)
        found = [after[number] - lost if number in after else 0.0 for number, lost in before.items()]
        differences[:, column] = np.round(found, 6)  # below a microsecond it is rounding
    return dict(zip(plain, sign_flips(differences).adjusted.tolist(), strict=True))


def _is_rare(findings: Findings, policy: str, yardstick: Yardstick) -> bool:
    return any(findings.rare.of(service, policy) is not None for service in yardstick.services)


def _saved(comparison: Comparison) -> Interval:
    """What is saved, of a comparison that says what is added."""
    of = comparison.difference
    return Interval(-of.value if of.value else 0.0, -of.high, -of.low, of.method)


def _together(by_service: Mapping[str, Interval], weights: Mapping[str, float]) -> Interval:
    """The weighed sum, its interval as far as those of the parts together."""
    if by_service.keys() != weights.keys():  # fewer than two replications in common
        return Interval(math.nan, -math.inf, math.inf, "nothing to compare")
    value, low, high = (
        math.fsum(weight * getattr(by_service[service], end) for service, weight in weights.items())
        for end in ("value", "low", "high")
    )
    return Interval(value, low, high, next(iter(by_service.values())).method)


def _more(findings: Findings, scenarios: Mapping[str, Scenario], name: str, cost: Cost, metric: str) -> float:
    """What a mend costs more in a year: as written, or, where autoscalers decide, as it was seen."""
    scenario, before = scenarios[name], scenarios[findings.baseline]
    if not (scenario.node_autoscaler or scenario.cluster.autoscalers):
        return (expected(scenario, cost) - expected(before, cost)) * YEAR / scenario.duration
    cells = findings.cells.loc[findings.cells["status"] == "done"]
    mine, its = (cells.loc[cells["policy"] == policy, metric].mean() for policy in (name, findings.baseline))
    more = float(mine - its)
    return more * YEAR / scenario.duration if abs(more) > ALIKE * float(its) else 0.0

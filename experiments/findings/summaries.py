"""Findings as data frames: a row per Service and policy, per comparison, per rank."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.findings.pairs import of_pair
from experiments.inference import estimate
from models.units import YEAR

if TYPE_CHECKING:
    import pandas as pd

    from experiments.findings.findings import Findings
    from experiments.inference.ranking import Ranking
    from models.manifests import Named

_COMPARED = [
    *("service", "policy", "baseline", "difference_s_per_year", "difference_low", "difference_high"),
    *("p", "p_adjusted", "stars", "resolved", "correlation", "outages", "replications", "paired"),
]
_RANKED = ["rank", "policy", "group", "downtime_s_per_year", "downtime_low", "downtime_high", "outages"]


def summary(findings: "Findings") -> "pd.DataFrame":
    """One row per Service and policy; a value without an outage behind it is NaN and has bounds only."""
    import pandas as pd

    return pd.DataFrame(rows(findings))


def rows(findings: "Findings") -> list[dict[str, Any]]:
    """The rows of `summary` as plain values."""
    return [_row(findings, service, policy) for service in findings.services for policy in findings.policies]


def fields(named: "Sequence[Named]") -> "pd.DataFrame":
    """One row per field that may matter and is not read, and per object that is referred to and not there."""
    import pandas as pd

    rows = [(one.field, str(one.effect), one.count, str(one.first), one.sentence, one.why) for one in named]
    return pd.DataFrame(rows, columns=["field", "effect", "count", "first", "sentence", "why"])


def _row(findings: "Findings", service: str, policy: str) -> dict[str, Any]:
    s, availability = findings.sample(service, policy), findings.availability(service, policy)
    row: dict[str, Any] = {"service": service, "policy": policy}
    for name, estimated in (
        ("availability", availability),
        ("unavailability", estimate.unavailability(availability)),
        ("nines", estimate.nines(availability)),
        ("downtime_s_per_year", estimate.downtime_per_year(availability)),
        ("outages_per_year", findings.outage_rate(service, policy)),
    ):
        row |= {name: estimated.value, f"{name}_low": estimated.low, f"{name}_high": estimated.high}
    return (
        row
        | {
            "mttr_s": mean_outage(findings, service, policy),
            "mttd_s": detection(findings, service, policy),
            "longest_s": float(s.lengths.max(initial=0.0)),
            "outages": int(s.counts.sum()),
            "replications": len(s.windows),
            "years": float(s.windows.sum()) / YEAR,
            "confidence": availability.confidence,
            "method": availability.method,
        }
        | _gain(findings, service, policy)
        | _requests(findings, service, policy)
    )


def mean_outage(findings: "Findings", service: str, policy: str) -> float:
    """Seconds that an outage lasts in the mean; NaN if none is known."""
    s, rare = findings.sample(service, policy), findings.rare.of(service, policy)
    if rare is not None:
        return rare.mean_outage
    return float(s.downtimes.sum() / s.counts.sum()) if s.counts.sum() else math.nan


def _gain(findings: "Findings", service: str, policy: str) -> dict[str, float]:
    """How many times as much work plain replications would take, if rare outages were looked for; NaN where not."""
    if not findings.manifest.rare:
        return {}
    choice = findings.rare.choice(service, policy)
    return {"rare_gain": (choice and choice.gain) or math.nan}


def detection(findings: "Findings", service: str, policy: str) -> float:
    """Mean time, in seconds, from the beginning of an outage until the list of ready endpoints shows it.

    Of the outages that it shows; NaN if it shows none.
    """
    runs = of_pair(findings.runs, service, policy)
    runs = runs.loc[runs["mttd_s"].notna()]
    shown = runs["outages"] - runs["undetected"]
    return float((runs["mttd_s"] * shown).sum() / shown.sum()) if shown.sum() else math.nan


def _requests(findings: "Findings", service: str, policy: str) -> dict[str, float]:
    """What became of requests, if there are any in this experiment; NaN for a Service without traffic."""
    if len(findings.tables["requests"]) == 0:
        return {}
    answered = findings.request_availability(service, policy)
    value, low, high = (answered.value, answered.low, answered.high) if answered else (math.nan,) * 3
    return {"request_availability": value, "request_availability_low": low, "request_availability_high": high}


def compared(findings: "Findings", baseline: str) -> "pd.DataFrame":
    """One row per Service and policy but the baseline: the paired difference of yearly downtime, in seconds."""
    import pandas as pd

    rows = []
    for service in findings.services:
        for policy in findings.policies:
            if (comparison := findings.comparison(service, policy, baseline)) is not None:
                of = comparison.difference
                row = [service, policy, baseline, of.value, of.low, of.high, comparison.p, comparison.adjusted]
                row += [comparison.stars, comparison.resolved, comparison.correlation, comparison.outages, of.n]
                row += [comparison.paired]
                rows.append(row)
    return pd.DataFrame(rows, columns=_COMPARED)


def ranking(ranked: "Ranking") -> "pd.DataFrame":
    """One row per policy, least downtime first, in seconds a year; NaN with an upper bound where no outage was seen."""
    import pandas as pd

    letters = ranked.letters
    rows = [
        [i, policy, letters[policy], downtime.value, downtime.low, downtime.high, ranked.outages[policy]]
        for i, (policy, downtime) in enumerate(ranked.downtimes.items(), 1)
    ]
    return pd.DataFrame(rows, columns=_RANKED)

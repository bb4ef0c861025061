"""Results as data frames: a row per Service and policy, per comparison, per rank."""

import math
from typing import TYPE_CHECKING, Any

from experiments.inference import estimate
from experiments.inference.sample import of_pair

if TYPE_CHECKING:
    import pandas as pd

    from experiments.inference.ranking import Ranking
    from experiments.results import Results

_COMPARED = [
    *("service", "policy", "baseline", "difference_s_per_year", "difference_low", "difference_high"),
    *("p", "p_adjusted", "stars", "resolved", "correlation", "outages", "replications"),
]
_RANKED = ["rank", "policy", "group", "downtime_s_per_year", "downtime_low", "downtime_high", "outages"]


def summary(results: "Results") -> "pd.DataFrame":
    """See `Results.summary`."""
    import pandas as pd

    return pd.DataFrame([_row(results, service, policy) for service in results.services for policy in results.policies])


def _row(results: "Results", service: str, policy: str) -> dict[str, Any]:
    s, found = results.sample(service, policy), results.availability(service, policy)
    row: dict[str, Any] = {"service": service, "policy": policy}
    for name, one in (
        ("availability", found),
        ("nines", estimate.nines(found)),
        ("downtime_s_per_year", estimate.downtime_per_year(found)),
        ("outages_per_year", results.outage_rate(service, policy)),
    ):
        row |= {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}
    return (
        row
        | {
            "mttr_s": s.downtimes.sum() / s.counts.sum() if s.counts.sum() else math.nan,
            "mttd_s": detection(results, service, policy),
            "longest_s": float(s.lengths.max(initial=0.0)),
            "outages": int(s.counts.sum()),
            "replications": len(s.windows),
            "years": float(s.windows.sum()) / estimate.YEAR,
            "confidence": found.confidence,
            "method": found.method,
        }
        | _requests(results, service, policy)
    )


def detection(results: "Results", service: str, policy: str) -> float:
    """Mean time, in seconds, from the beginning of an outage until the list of ready endpoints shows it.

    Of the outages that it shows; NaN if it shows none.
    """
    runs = of_pair(results.runs, service, policy)
    runs = runs.loc[runs["mttd_s"].notna()]
    shown = runs["outages"] - runs["undetected"]
    return float((runs["mttd_s"] * shown).sum() / shown.sum()) if shown.sum() else math.nan


def _requests(results: "Results", service: str, policy: str) -> dict[str, float]:
    """What became of requests, if there are any in this experiment; NaN for a Service without traffic."""
    if len(results.tables["requests"]) == 0:
        return {}
    found = results.request_availability(service, policy)
    value, low, high = (found.value, found.low, found.high) if found else (math.nan,) * 3
    return {"request_availability": value, "request_availability_low": low, "request_availability_high": high}


def compared(results: "Results", baseline: str) -> "pd.DataFrame":
    """See `Results.compare`."""
    import pandas as pd

    rows = []
    for service in results.services:
        for policy in results.policies:
            if (found := results.comparison(service, policy, baseline)) is not None:
                of = found.difference
                row = [service, policy, baseline, of.value, of.low, of.high, found.p, found.adjusted]
                rows.append([*row, found.stars, found.resolved, found.correlation, found.outages, of.n])
    return pd.DataFrame(rows, columns=_COMPARED)


def ranking(ranked: "Ranking") -> "pd.DataFrame":
    """See `Results.ranking`."""
    import pandas as pd

    letters = ranked.letters
    rows = [
        [i, policy, letters[policy], found.value, found.low, found.high, ranked.outages[policy]]
        for i, (policy, found) in enumerate(ranked.downtimes.items(), 1)
    ]
    return pd.DataFrame(rows, columns=_RANKED)

"""How rollouts went: how many, how long they took, which got stuck, and what they cost the Service in front."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.inference.estimate import show_seconds
from models.units import YEAR

if TYPE_CHECKING:
    import pandas as pd

    from experiments.findings.findings import Findings

HEADINGS = ("POLICY", "ROLLOUTS/Y", "MEDIAN", "95% WITHIN", "STUCK", "REPLACED", "FEWEST ANSWERING", "PODS LACKING")


@dataclass(frozen=True)
class Row:
    """The rollouts behind a Service under one policy, as text in the order of `HEADINGS`.

    Durations are of those that were completed; lacking are the endpoints that answer, on average during a rollout, to
    the desired replicas.
    """

    policy: str
    rate: str
    median: str
    most: str
    stuck: str
    replaced: str
    fewest: str
    lacking: str

    def cells(self) -> tuple[str, ...]:
        """The texts in the order of `HEADINGS`."""
        return tuple(vars(self).values())


def rows(findings: "Findings", service: str) -> Iterator[Row]:
    """One per policy with rollouts."""
    for policy, mine in _by_policy(findings, service).items():
        took = mine["end_s"] - mine["start_s"]
        complete = took.loc[mine["outcome"] == "complete"]
        outcomes = mine["outcome"].value_counts()
        yield Row(
            policy,
            f"{_rate(findings, service, policy, mine):.3g}",
            show_seconds(float(complete.median())) if len(complete) else "-",
            show_seconds(float(complete.quantile(0.95))) if len(complete) else "-",
            f"{outcomes.get('stuck', 0)} of {len(mine)}",
            str(outcomes.get("replaced", 0)),
            str(mine["min_answering"].min()),
            _mean(float(mine["lost_pod_s"].sum() / took.sum())) if took.sum() > 0 else "-",
        )


def said(findings: "Findings", service: str) -> str:
    """The same in a line, for all policies together but for those with stuck rollouts; empty without any rollout."""
    found = _by_policy(findings, service)
    if not found:
        return ""
    under = "" if len(found) == len(findings.policies) else f" under {', '.join(found)}"
    rates = [_rate(findings, service, policy, mine) for policy, mine in found.items()]
    complete = [mine.loc[mine["outcome"] == "complete"] for mine in found.values()]
    medians = [float((one["end_s"] - one["start_s"]).median()) for one in complete if len(one)]
    half = f", half within {_range(medians, show_seconds)}" if medians else ""
    stuck = {policy: int((mine["outcome"] == "stuck").sum()) for policy, mine in found.items()}
    counts = ", ".join(f"{n} of {len(found[policy])} under {policy}" for policy, n in stuck.items() if n)
    outcome = f"stuck: {counts}" if counts else "none stuck"
    return f"rollouts{under}: {_range(rates, '{:.3g}'.format)} a year{half}, {outcome}"


def _by_policy(findings: "Findings", service: str) -> "dict[str, pd.DataFrame]":
    """The rollouts behind a Service under each policy that has any."""
    rollouts = findings.rollouts.loc[findings.rollouts["service"] == service]
    found = {policy: rollouts.loc[rollouts["policy"] == policy] for policy in findings.policies}
    return {policy: mine for policy, mine in found.items() if len(mine)}


def _rate(findings: "Findings", service: str, policy: str, mine: "pd.DataFrame") -> float:
    """Rollouts a year."""
    return len(mine) / float(findings.sample(service, policy).windows.sum()) * YEAR


def _range(values: Sequence[float], show: Callable[[float], str]) -> str:
    """The least and the largest, unless they look alike."""
    return " to ".join(dict.fromkeys((show(min(values)), show(max(values)))))


def _mean(pods: float) -> str:
    return "<0.01" if 0 < pods < 0.01 else f"{pods:.2g}"

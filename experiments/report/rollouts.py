"""How rollouts went: how many, how long they took, which got stuck, and what they cost the Service in front."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from experiments.inference.estimate import show_seconds
from experiments.report.table import POLICY, Column, Row, Table
from models.units import YEAR

if TYPE_CHECKING:
    import pandas as pd

    from experiments.findings.findings import Findings

COLUMNS = (
    POLICY,
    Column("ROLLOUTS/Y", "rollouts begun in a year"),
    Column("MEDIAN", "time within which half of the complete rollouts were complete"),
    Column("95% WITHIN", "time within which 95 % of the complete rollouts were complete"),
    Column("STUCK", "rollouts that got stuck, of all"),
    Column("REPLACED", "rollouts that the next one replaced before they were complete"),
    Column("FEWEST ANSWERING", "the fewest endpoints that answered during any rollout"),
    Column("PODS LACKING", "endpoints that answer fewer than the desired replicas, mean over the time of rollouts"),
)


def table(findings: "Findings", service: str) -> Table:
    """How the rollouts behind a Service went: a row per policy with rollouts."""
    return Table(COLUMNS, tuple(_rows(findings, service)))


def _rows(findings: "Findings", service: str) -> Iterator[Row]:
    for policy, mine in _by_policy(findings, service).items():
        took = mine["end_s"] - mine["start_s"]
        complete = took.loc[mine["outcome"] == "complete"]
        outcomes = mine["outcome"].value_counts()
        yield (
            policy,
            f"{_rate(findings, service, policy, mine):.3g}",
            show_seconds(float(complete.median())) if len(complete) else "-",
            show_seconds(float(complete.quantile(0.95))) if len(complete) else "-",
            f"{outcomes.get('stuck', 0)} of {len(mine)}",
            str(outcomes.get("replaced", 0)),
            str(mine["min_answering"].min()),
            _mean(float(mine["lost_pod_s"].sum() / took.sum())) if took.sum() > 0 else "-",
        )


def sentence(findings: "Findings", service: str) -> str:
    """How the rollouts behind a Service went, in a line; empty without any rollout.

    Rates and medians are ranges over the policies; stuck rollouts are counted under each.
    """
    rollouts = _by_policy(findings, service)
    if not rollouts:
        return ""
    under = "" if len(rollouts) == len(findings.policies) else f" under {', '.join(rollouts)}"
    rates = [_rate(findings, service, policy, mine) for policy, mine in rollouts.items()]
    complete = [mine.loc[mine["outcome"] == "complete"] for mine in rollouts.values()]
    medians = [float((mine["end_s"] - mine["start_s"]).median()) for mine in complete if len(mine)]
    half = f", half within {_range(medians, show_seconds)}" if medians else ""
    stuck = {policy: int((mine["outcome"] == "stuck").sum()) for policy, mine in rollouts.items()}
    counts = ", ".join(f"{n} of {len(rollouts[policy])} under {policy}" for policy, n in stuck.items() if n)
    outcome = f"stuck: {counts}" if counts else "none stuck"
    return f"rollouts{under}: {_range(rates, '{:.3g}'.format)} a year{half}, {outcome}"


def _by_policy(findings: "Findings", service: str) -> "dict[str, pd.DataFrame]":
    """The rollouts behind a Service under each policy that has any."""
    rollouts = findings.rollouts.loc[findings.rollouts["service"] == service]
    by_policy = {policy: rollouts.loc[rollouts["policy"] == policy] for policy in findings.policies}
    return {policy: mine for policy, mine in by_policy.items() if len(mine)}


def _rate(findings: "Findings", service: str, policy: str, mine: "pd.DataFrame") -> float:
    """Rollouts a year."""
    return len(mine) / float(findings.sample(service, policy).windows.sum()) * YEAR


def _range(values: Sequence[float], show: Callable[[float], str]) -> str:
    """The least and the largest, unless they look alike."""
    return " to ".join(dict.fromkeys((show(min(values)), show(max(values)))))


def _mean(pods: float) -> str:
    return "<0.01" if 0 < pods < 0.01 else f"{pods:.2g}"

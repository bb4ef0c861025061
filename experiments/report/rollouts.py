"""How rollouts went: how many, how long they took, which got stuck, and what they cost the Service in front."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from experiments.findings.rollouts import rolled_out
from experiments.inference.estimate import show_seconds
from experiments.report.table import POLICY, Column, Row, Table

if TYPE_CHECKING:
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
    for of in rolled_out(findings, service):
        yield (
            of.policy,
            f"{of.per_year:.3g}",
            show_seconds(of.took[0]) if of.took else "-",
            show_seconds(of.took[1]) if of.took else "-",
            f"{of.stuck} of {of.begun}",
            str(of.replaced),
            str(of.fewest_answering),
            "-" if of.pods_lacking is None else _mean(of.pods_lacking),
        )


def sentence(findings: "Findings", service: str) -> str:
    """How the rollouts behind a Service went, in a line; empty without any rollout.

    Rates and medians are ranges over the policies; stuck rollouts are counted under each.
    """
    found = list(rolled_out(findings, service))
    if not found:
        return ""
    under = "" if len(found) == len(findings.policies) else f" under {', '.join(of.policy for of in found)}"
    medians = [of.took[0] for of in found if of.took]
    half = f", half within {_range(medians, show_seconds)}" if medians else ""
    counts = ", ".join(f"{of.stuck} of {of.begun} under {of.policy}" for of in found if of.stuck)
    outcome = f"stuck: {counts}" if counts else "none stuck"
    return f"rollouts{under}: {_range([of.per_year for of in found], '{:.3g}'.format)} a year{half}, {outcome}"


def _range(values: Sequence[float], show: Callable[[float], str]) -> str:
    """The least and the largest, unless they look alike."""
    return " to ".join(dict.fromkeys((show(min(values)), show(max(values)))))


def _mean(pods: float) -> str:
    return "<0.01" if 0 < pods < 0.01 else f"{pods:.2g}"

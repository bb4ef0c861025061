"""The difference from the baseline, as tables show it, and a remark on those that attribution contradicts."""

from experiments.findings.contradiction import Contradiction, contradiction
from experiments.findings.findings import Findings
from experiments.inference.estimate import show_seconds

MARK = "†"
"""After a difference that attribution contradicts."""
MOST = 3
"""Failure modes and operations that are named of those by which policies differ."""


def shown(findings: Findings, service: str, policy: str, baseline: str | None = None) -> str:
    """The difference of a policy's yearly downtime: "4m17s [2m, 6m] ** †"; "-" for the baseline."""
    against = findings.comparison(service, policy, baseline)
    if against is None:
        return "-"
    return f"{against} {MARK}" if contradiction(findings, service, policy, baseline) else str(against)


def remarks(findings: Findings, baseline: str | None = None) -> list[str]:
    """A sentence for each policy with differences that attribution contradicts."""
    sentences = []
    for policy in findings.policies:
        found = {service: contradiction(findings, service, policy, baseline) for service in findings.services}
        if of := {service: each for service, each in found.items() if each}:
            sentences.append(_sentence(policy, baseline or findings.baseline, of))
    return sentences


def _sentence(policy: str, baseline: str, of: dict[str, Contradiction]) -> str:
    modes = list(dict.fromkeys(mode for each in of.values() for mode in each.modes))
    more = f" and {len(modes) - MOST} more" if len(modes) > MOST else ""
    costs = ", ".join(f"{show_seconds(each.attributed)} at {service}" for service, each in of.items())
    return (
        f"{MARK} {policy} differs from {baseline} only by {', '.join(modes[:MOST])}{more}. "
        f"That is to blame for {costs} a year (kubenines why); the rest of the difference lies in causes that both "
        "policies have: it is luck, or a side effect such as pods that lie elsewhere. More replications, or another "
        "seed, would tell"
    )

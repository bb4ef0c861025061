"""Differences that the attribution of downtime contradicts.

Where two policies differ by failure modes and operations alone, what these took away is known: attribution says it of
every lost second. A difference between the policies that is resolved and still leaves that out of its interval, on the
side of no difference, lies in causes that both have. The same nodes break under both (common random numbers), so it is
luck (a mode or operation also moves pods, and from then on other pods are hit: the pairs are hardly paired), or a side
effect, such as pods that lie elsewhere for good. Another seed tells one from the other; so many replications that luck
is small, too.

The interval of the difference holds the luck of the shared causes, and the attributed seconds lie outside only if that
luck is large for its kind. Where the new causes cost nothing every false verdict is marked, since a verdict excludes 0.
Policies that differ by anything else (replicas, constraints, timings) are not judged: what they change is how much the
shared causes cost.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.findings.findings import Findings

_STORIES = ("failures", "operations")


@dataclass(frozen=True)
class Contradiction:
    """A difference that is not in the causes by which two policies differ."""

    modes: tuple[str, ...]
    """Failure modes and operations that only one of the policies has, or that are not the same under both."""
    attributed: float
    """Seconds of downtime a year that are due to them, less what is under the other policy."""


def contradiction(findings: Findings, service: str, policy: str, baseline: str | None = None) -> Contradiction | None:
    """What contradicts the verdict on a policy against the baseline; None if nothing does, or nothing can be said."""
    baseline = baseline or findings.baseline
    against = findings.comparison(service, policy, baseline)
    modes = _differing(findings.resolved, policy, baseline)
    if against is None or not against.resolved or not modes:
        return None
    costs = [_attributed(findings, service, each, modes) for each in (policy, baseline)]
    if any(map(math.isnan, costs)):
        return None
    attributed, of = costs[0] - costs[1], against.difference
    explained = attributed >= of.low if of.low > 0 else attributed <= of.high
    return None if explained else Contradiction(modes, attributed)


def _differing(resolved: Any, policy: str, other: str) -> tuple[str, ...]:
    """The failure modes and operations by which two policies differ; none if they differ by anything else."""
    policies = {of["name"]: of for of in (resolved or {}).get("spec", {}).get("policies", ())}
    if not {policy, other} <= policies.keys():
        return ()
    mine, its = policies[policy], policies[other]
    rest = (mine.keys() | its.keys()) - {"name", *_STORIES}
    if any(mine.get(key) != its.get(key) for key in rest):
        return ()
    told, others = list(_stories(mine)), list(_stories(its))
    return tuple(
        dict.fromkeys(
            story["name"] for these, those in ((told, others), (others, told)) for story in these if story not in those
        )
    )


def _stories(policy: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    return (story for kind in _STORIES for story in policy.get(kind, ()))


def _attributed(findings: Findings, service: str, policy: str, modes: Iterable[str]) -> float:
    """Seconds a year that the modes took; NaN if the downtime was not taken apart."""
    parts = findings.parts(service, policy)
    if not parts and findings.sample(service, policy).downtimes.sum() > 0:
        return math.nan
    return math.fsum(part.per_year for part in parts if part.cause in modes)

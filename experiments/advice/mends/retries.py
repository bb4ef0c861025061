"""Retries: a request that failed is sent again, to another endpoint."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.advice.candidate import Candidate, mend
from experiments.advice.situation import Situation

ATTEMPTS = 2
"""Further attempts, as Istio makes by default (DestinationRule aside)."""
_BUDGET = 0.2


@mend("retries")
def retries(situation: Situation) -> Iterator[Candidate]:
    """Clients try twice more, a fifth of their requests at most: of Services whose requests count and nobody retries.

    It is for what can be asked twice. No manifest says it: it is done in the clients, or in a mesh.
    """
    written = _written(situation.experiment.resolved["spec"], situation.policy)
    for traffic in situation.scenario.traffic:
        name = traffic.service
        if name not in situation.yardstick.by_requests or traffic.retries.attempts or name not in written:
            continue
        entry = copy.deepcopy(dict(written[name]))
        given = entry.get("retries") or {}
        entry["retries"] = {**given, "attempts": ATTEMPTS, "budgetShare": _BUDGET}
        yield Candidate(
            "retries",
            (f"Service/{name}",),
            f"{ATTEMPTS} more attempts of a request that failed, of at most {_BUDGET:.0%} of them",
            "requests fail, and nobody sends them again",
            fields={"traffic": [entry]},
            elsewhere="in the clients or the mesh (Istio: VirtualService http.retries)",
        )


def _written(spec: Mapping[str, Any], policy: str) -> dict[str, Mapping[str, Any]]:
    """Service -> its traffic as it is written: the policy's goes before the experiment's."""
    own = next(of for of in spec["policies"] if of["name"] == policy)
    entries = [*(spec.get("traffic") or ()), *(own.get("traffic") or ())]
    return {entry["service"]: entry for entry in entries}

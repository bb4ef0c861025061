"""Failure modes that never caused an outage of a Service, and how long one would last if they did.

A mode that never struck says nothing; one that struck and never caused an outage says that its outages are rare. In
both cases none was seen in the time that was simulated, and the rule of three bounds how many there may be. How long
one would last is known where the mode took replicas away without making an outage: an outage is hardly longer than the
absence of the replicas that it is made of.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.file.only_requests import is_written_for_requests_only
from experiments.inference.estimate import STATED_OUTAGE

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Unseen:
    """What failure modes and operations did to Services under all policies of an experiment."""

    modes: dict[str, tuple[str, ...]]
    """Policy -> failure modes and operations."""
    operations: frozenset[str]
    """And failure modes that only requests see under every policy: they count only if they took replicas away."""
    taken_apart: frozenset[tuple[str, str]]
    """Services and policies whose outages have causes."""
    disruptions: dict[tuple[str | None, str | None, str], float]
    """Service (None: any), policy (None: any) and mode -> for how long it took replicas away, the mean in seconds."""

    @classmethod
    def of(cls, tables: "Mapping[str, pd.DataFrame]", policies: Sequence[str], resolved: Any) -> "Unseen":
        """Read the tables of an experiment, and the experiment as resolved (None: no operations are known), once."""
        cells = tables["cells"]
        modes: dict[str, dict[str, None]] = {policy: {} for policy in policies}
        for policy, text in zip(cells["policy"], cells["strikes"], strict=True):
            modes[policy] |= dict.fromkeys(json.loads(text))
        spec = (resolved or {}).get("spec", {})
        owners = (spec, *spec.get("policies", ()))
        operations = frozenset(story["name"] for of in owners for story in of.get("operations", ()))
        failures = [mode for of in owners for mode in of.get("failures", ()) if not mode.get("remove")]
        invisible = {True: set[str](), False: set[str]()}
        for mode in failures:
            invisible[is_written_for_requests_only(mode)].add(mode["name"])
        for_requests = invisible[True] - invisible[False]
        losses = tables["losses"]
        alike = tables["disruptions"].groupby(["service", "policy", "cause"])
        all_times, all_seconds = alike["times"].sum(), alike["missing_s"].sum()
        total: dict[tuple[str | None, str | None, str], tuple[int, float]] = {}
        for (service, policy, mode), times, seconds in zip(all_times.index, all_times, all_seconds, strict=True):
            for key in ((service, policy, mode), (service, None, mode), (None, None, mode)):
                before = total.get(key, (0, 0.0))
                total[key] = before[0] + times, before[1] + seconds
        return cls(
            {policy: tuple(names) for policy, names in modes.items()},
            operations | for_requests,
            frozenset(zip(losses["service"], losses["policy"], strict=True)),
            {key: float(seconds / times) for key, (times, seconds) in total.items()},
        )

    def by(self, service: str, policy: str, seen: set[str]) -> dict[str, float]:
        """Mode -> seconds that an outage is taken to last, of all modes under the policy that are not among `seen`.

        The mean absence that the mode caused for this Service under this policy, or else under any, or else for any
        Service, or else `STATED_OUTAGE`. Operations count only if they took replicas of the Service away: they are
        scheduled, and what they do not touch they never will. None where outages were not taken apart.
        """
        if (service, policy) not in self.taken_apart:
            return {}
        lengths = {}
        for mode in self.modes[policy]:
            if mode not in seen and (mode not in self.operations or (service, None, mode) in self.disruptions):
                keys = (service, policy, mode), (service, None, mode), (None, None, mode)
                lengths[mode] = next((self.disruptions[key] for key in keys if key in self.disruptions), STATED_OUTAGE)
        return lengths

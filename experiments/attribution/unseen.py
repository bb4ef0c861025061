"""Failure modes that never caused an outage of a Service, and how long one would last if they did.

A mode that never struck says nothing; one that struck and never caused an outage says that its outages are rare. In
both cases none was seen in the time that was simulated, and the rule of three bounds how many there may be. How long
one would last is known where the mode took replicas away without making an outage: an outage is hardly longer than the
absence of the replicas that it is made of.
"""

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.estimate import STATED_OUTAGE

if TYPE_CHECKING:
    from experiments.results import Results


@dataclass(frozen=True)
class Unseen:
    """What failure modes and operations did to Services under all policies of some results."""

    modes: dict[str, tuple[str, ...]]
    """Policy -> failure modes and operations."""
    operations: frozenset[str]
    taken_apart: frozenset[tuple[str, str]]
    """Services and policies whose outages have causes."""
    absences: dict[tuple[str, str, str], tuple[int, float]]
    """Service, policy and mode -> how often it took replicas away, and for how many seconds in all."""

    @classmethod
    def of(cls, results: "Results") -> "Unseen":
        """Read the tables of some results once."""
        modes: dict[str, dict[str, None]] = {policy: {} for policy in results.policies}
        for policy, text in zip(results.cells["policy"], results.cells["strikes"], strict=True):
            modes[policy] |= dict.fromkeys(json.loads(text))
        spec = (results.resolved or {}).get("spec", {})
        owners = (spec, *spec.get("policies", ()))
        operations = frozenset(story["name"] for of in owners for story in of.get("operations", ()))
        losses, table = results.tables["losses"], results.tables["absences"]
        sums = table.groupby(["service", "policy", "cause"])[["times", "missing_s"]].sum()
        return cls(
            {policy: tuple(names) for policy, names in modes.items()},
            operations,
            frozenset(zip(losses["service"], losses["policy"], strict=True)),
            {key: (int(times), float(seconds)) for key, times, seconds in sums.itertuples()},
        )

    def by(self, service: str, policy: str, seen: set[str]) -> dict[str, float]:
        """Mode -> seconds that an outage is taken to last, of all modes under the policy that are not among `seen`.

        The mean absence that the mode caused for this Service under this policy, or else under any, or else for any
        Service, or else `STATED_OUTAGE`. Operations count only if they took replicas of the Service away: they are
        scheduled, and what they do not touch they never will. None where outages were not taken apart.
        """
        if (service, policy) not in self.taken_apart:
            return {}
        found = {}
        for mode in self.modes[policy]:
            own = self._mean(mode, service)
            if mode not in seen and (mode not in self.operations or own is not None):
                lengths = (self._mean(mode, service, policy), own, self._mean(mode), STATED_OUTAGE)
                found[mode] = next(length for length in lengths if length is not None)
        return found

    def _mean(self, mode: str, service: str | None = None, policy: str | None = None) -> float | None:
        """The mean absence of replicas that a mode caused; None if it caused none."""
        found = [
            absent
            for (where, under, cause), absent in self.absences.items()
            if cause == mode and service in (None, where) and policy in (None, under)
        ]
        times = sum(times for times, _ in found)
        return math.fsum(seconds for _, seconds in found) / times if times else None

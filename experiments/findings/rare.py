"""Rare outages as estimates: of the Services under the policies for which they were looked for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.closed_form import fewer_than
from experiments.findings.pairs import of_pair
from experiments.inference import rare_events
from experiments.inference.estimate import Estimate
from experiments.inference.rare_events import Diagnostics, RareEstimate
from experiments.rare.estimates import contribution, found
from experiments.store.manifest import Manifest
from models.arrays import Floats
from models.units import YEAR
from simulator.rare.watched import mode_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Choice:
    """How one Service under one policy is estimated, and why; `Manifest.rare` keeps it."""

    service: str
    policy: str
    method: str
    """rare or plain."""
    why: str
    replications: int = 0
    work: float = 0.0
    """State changes that rare replications take for the precision asked for, expected; 0 if that is not known."""
    plain_work: float = 0.0
    """State changes that plain replications would take for the same precision, as far as the pilot tells."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Choice":
        """The inverse of `vars`."""
        return cls(**values)

    @property
    def gain(self) -> float | None:
        """How many times as much work plain replications would take; None if it is not estimated by rare outages."""
        return self.plain_work / self.work if self.method == "rare" and self.work else None


@dataclass(frozen=True)
class RareOutages:
    """What is known of the rare outages of a Service under a policy."""

    unavailability: RareEstimate
    outages_per_year: RareEstimate
    diagnostics: Diagnostics
    missing: RareEstimate
    """Share of the replicas that was missing on average, as seen."""
    excursions: int
    """Degraded periods that were begun on purpose."""
    hits: int
    """Of these, those with an outage."""
    replications: tuple[int, ...]
    """Their numbers."""
    shares: Floats
    """The unavailability as each of them has it."""
    modes: frozenset[str]
    """Failure modes that were made to strike."""
    begun: Mapping[str, float]
    """Where the unavailability comes from, as shares of it: from periods that began when nothing was under way
    (settled), when something was (running), or without a failure clock (otherwise)."""
    independent: tuple[float, float, float] | None
    """What the unavailability would be if replicas were missing independently, each with the share `missing`: value and
    the ends that those of `missing` give; None if the number of replicas changes.

    It leaves out common causes, replicas that share a node, and that what is missing already changes how soon the next
    is: more pods on fewer nodes, a rollout that waits, a node that is repaired alone.
    """

    @classmethod
    def of(
        cls, tables: "Mapping[str, pd.DataFrame]", service: str, policy: str, confidence: float
    ) -> "RareOutages | None":
        """From the tables of an experiment; None if they were not looked for, or are not yet known."""
        rare, excursions = (of_pair(tables[name], service, policy) for name in ("rare", "excursions"))
        rare, excursions = (rows.loc[rows["phase"] == "main"] for rows in (rare, excursions))
        if len(rare) < 2:
            return None
        told: tuple[Any, Any] = rare.to_dict("records"), excursions.to_dict("records")
        hits = int((excursions["downtime_s"] + excursions["sojourn_downtime_s"] > 0).sum())
        missing = rare_events.estimate(rare["missing"].to_numpy(), confidence)
        return cls(
            *found(*told, confidence),
            missing,
            len(excursions),
            hits,
            tuple(rare["replication"].tolist()),
            rare["unavailability"].to_numpy(),
            frozenset(map(mode_of, excursions["mode"].unique())),
            _begun(excursions),
            _independent(rare, missing),
        )

    def availability(self, confidence: float) -> Estimate:
        """As the availability of the Service."""
        of = self.unavailability
        return Estimate(
            1 - of.value,
            1 - of.high,
            1 - of.low,
            confidence,
            of.replications,
            f"rare outages: t, {of.replications} replications, {self.excursions} weighted degraded periods",
            lost=(of.value, of.low, of.high),
        )

    @property
    def mean_outage(self) -> float:
        """Seconds that an outage lasts in the mean; NaN if there is none."""
        rate = self.outages_per_year.value
        return self.unavailability.value * YEAR / rate if rate else math.nan

    def rate(self, confidence: float) -> Estimate:
        """As the outages a year."""
        of = self.outages_per_year
        method = f"rare outages: t, {of.replications} replications"
        return Estimate(of.value, of.low, of.high, confidence, of.replications, method, "rate")


def chance_of_meeting(
    excursions: "pd.DataFrame", replications: Sequence[int], within: float, period: float, confidence: float
) -> Estimate | None:
    """The share of periods of so many seconds that lose at most `within` seconds; None if no degraded period lost more.

    It is the chance that no degraded period, and no sojourn after one, comes that loses more; where outages are rare,
    two hardly add up.
    """
    least = within * (1 + 1e-9)
    weights = excursions["weight"] * (excursions["downtime_s"] > least)
    weights += excursions["sojourn_weight"] * (excursions["sojourn_downtime_s"] > least)
    if not weights.any():
        return None
    per_second = (excursions["multiplier"] * weights).groupby(excursions["replication"]).sum()
    misses = rare_events.estimate(
        per_second.reindex(list(replications), fill_value=0.0).to_numpy() * period, confidence
    )
    method = f"rare outages: t, {misses.replications} replications"
    met, least, most = (math.exp(-of) for of in (misses.value, misses.high, misses.low))
    return Estimate(met, least, most, confidence, misses.replications, method, "chance")


def in_common(mine: RareOutages | None, other: RareOutages | None) -> tuple[Floats, Floats] | None:
    """The shares of both, if both have the same replications, one of them perhaps more; else None."""
    if mine is None or other is None:
        return None
    most = min(len(mine.replications), len(other.replications))
    return (mine.shares, other.shares) if mine.replications[:most] == other.replications[:most] else None


def _begun(excursions: "pd.DataFrame") -> dict[str, float]:
    lost = contribution(excursions).groupby(excursions["begun"])
    by_kind = {kind: float(part) for kind, part in lost.sum().items()}
    total = math.fsum(by_kind.values())
    return {kind: by_kind.get(kind, 0.0) / total if total else 0.0 for kind in ("settled", "running", "otherwise")}


def _independent(rare: "pd.DataFrame", missing: RareEstimate) -> tuple[float, float, float] | None:
    counts = rare[["replicas", "needed"]].drop_duplicates()
    if len(counts) != 1 or counts.isna().any(axis=None):
        return None
    [(replicas, needed)] = counts.astype(int).itertuples(index=False)
    of, low, high = (fewer_than(needed, replicas, min(q, 1.0)) for q in (missing.value, missing.low, missing.high))
    return of, low, high


class RareRows:
    """Which Services under which policies are estimated by rare outages, and what is known of these."""

    def __init__(self, tables: "Mapping[str, pd.DataFrame]", manifest: Manifest) -> None:
        self._tables, self._manifest = tables, manifest
        self._known: dict[tuple[str, str, float], RareOutages | None] = {}

    def of(self, service: str, policy: str, confidence: float | None = None) -> RareOutages | None:
        """The rare outages of one Service under one policy; None if they were not looked for."""
        if self._tables["rare"].empty:
            return None
        confidence = self._manifest.confidence if confidence is None else confidence
        key = service, policy, confidence
        if key not in self._known:
            self._known[key] = RareOutages.of(self._tables, service, policy, confidence)
        return self._known[key]

    def choice(self, service: str, policy: str) -> Choice | None:
        """How one Service under one policy is estimated, if rare outages were looked for, or it was asked about."""
        wanted = service, policy
        return next((of for of in map(Choice.of, self._manifest.rare) if (of.service, of.policy) == wanted), None)

"""Rare outages as estimates: of the Services under the policies for which they were looked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.findings.pairs import of_pair
from experiments.inference.estimate import Estimate
from experiments.inference.rare_events import Diagnostics, RareEstimate
from experiments.rare.estimates import found

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RareOutages:
    """What is known of the rare outages of a Service under a policy."""

    unavailability: RareEstimate
    outages_per_year: RareEstimate
    diagnostics: Diagnostics
    missing: float
    """Share of the replicas that was missing on average, as seen."""
    excursions: int
    """Degraded periods that were begun on purpose."""
    hits: int
    """Of these, those with an outage."""

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
        hits = int((excursions["downtime_s"] > 0).sum())
        return cls(*found(*told, confidence), float(rare["missing"].mean()), len(excursions), hits)

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

    def rate(self, confidence: float) -> Estimate:
        """As the outages a year."""
        of = self.outages_per_year
        method = f"rare outages: t, {of.replications} replications"
        return Estimate(of.value, of.low, of.high, confidence, of.replications, method, "rate")

"""What a sweep found: estimates at all of its points, and what was promised there."""

import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from experiments.findings.judgement import Judgement, verdict
from experiments.inference.estimate import Estimate, Quantity
from experiments.store.manifest import Manifest

if TYPE_CHECKING:
    import pandas as pd

_QUANTITIES: dict[str, Quantity] = {
    "availability": "availability",
    "unavailability": "unavailability",
    "nines": "nines",
    "downtime_s_per_year": "downtime",
    "outages_per_year": "rate",
}
"""Column of the table -> what it is of."""


class SweepRow(NamedTuple):
    """A Service under a policy at a point."""

    point: int
    values: tuple[Any, ...]
    """Of the axes: numbers, or as people write them."""
    service: str
    policy: str
    estimates: dict[str, Estimate]
    """By column of the table."""


class SweepFindings:
    """What a sweep found, of the folder that holds it."""

    def __init__(self, manifest: Manifest, path: Path) -> None:
        assert manifest.sweep is not None
        self.manifest, self.path = manifest, path
        self.axes: tuple[str, ...] = tuple(axis["name"] for axis in manifest.sweep["axes"])
        self.policies = manifest.policies

    def table(self) -> "pd.DataFrame":
        """A row per point, policy and Service: `point`, the axes, `policy`, `service`, and what `Results.summary` has.

        Of an axis whose values are not all numbers the column has them as people write them. Points of which nothing
        ran are not in it; see `points`.
        """
        return self._table.copy()

    @cached_property
    def _table(self) -> "pd.DataFrame":
        import pandas as pd

        return pd.read_parquet(self.path / "summary.parquet")

    @cached_property
    def points(self) -> "pd.DataFrame":
        """A row per point: its number, the axes, `label`, `status` (done, failed or missing) and what failed in it."""
        return self._points.drop(columns=["keys", "failures", "objectives"])

    @cached_property
    def _points(self) -> "pd.DataFrame":
        import pandas as pd

        points = pd.read_parquet(self.path / "points.parquet")
        # A folder that was written before failures were told of has none to tell of.
        return points if "failures" in points else points.assign(failures="[]")

    @cached_property
    def services(self) -> list[str]:
        """The names of what is measured at any point, in the order of the experiment."""
        return list(dict.fromkeys([*self.manifest.services, *self._table["service"]]))

    @property
    def failed(self) -> int:
        """How many cells failed."""
        return self.manifest.counts.get("failed", 0)

    def count(self, service: str | None = None, policy: str | None = None) -> int:
        """How many rows the table has, of one Service or policy if it is named."""
        return len(self._about(service, policy))

    def rows(
        self, service: str | None = None, policy: str | None = None, most: int | None = None
    ) -> Iterator[SweepRow]:
        """The rows of the table as estimates, of one Service or policy if it is named; the first `most` of them."""
        confidence, about = self.manifest.confidence, self._about(service, policy)
        about = about if most is None else about.head(most)
        axes = about[list(self.axes)].to_numpy(dtype=object)
        for values, row in zip(axes, about.to_dict("records"), strict=True):
            estimates = {
                name: Estimate(
                    row[name],
                    row[f"{name}_low"],
                    row[f"{name}_high"],
                    confidence,
                    row["replications"],
                    row["method"],
                    quantity,
                )
                for name, quantity in _QUANTITIES.items()
            }
            yield SweepRow(row["point"], tuple(values), row["service"], row["policy"], estimates)

    def _about(self, service: str | None, policy: str | None) -> "pd.DataFrame":
        table = self._table
        table = table if service is None else table.loc[table["service"] == service]
        return table if policy is None else table.loc[table["policy"] == policy]

    # --- objectives --------------------------------------------------------------------------------------------------

    @cached_property
    def objectives(self) -> list[tuple[str, Judgement]]:
        """Every objective at every point, with the point's label, judged by the whole interval."""
        if not self.manifest.objectives:
            return []
        from experiments.findings.points import judgement_of

        told = zip(self._points["label"], self._points["objectives"], strict=True)
        return [(label, judgement_of(values)) for label, text in told for values in json.loads(text)]

    def verdict(self) -> int:
        """The exit code: 3 failed cells, 1 an objective missed at a point, 4 one inconclusive, 0 else."""
        return verdict((judgement for _, judgement in self.objectives), self.failed)

"""The plots of a study of uncertain inputs: each takes `ax=` (or makes one) and returns it."""

from pathlib import Path
from typing import TYPE_CHECKING

from experiments.design.sensitivity import QUANTILES
from experiments.inference.estimate import show_seconds
from experiments.plots import drawing, sobol, tornado, uncertainty
from models.units import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.sensitivity import Influence, Sensitivity

KINDS = ("tornado", "sobol", "uncertainty")
"""The kinds of pictures, each a method of `SensitivityPlots`."""


class SensitivityPlots:
    """The plots of a study; of the first Service and the first policy unless said otherwise."""

    def __init__(self, found: "Sensitivity") -> None:
        self._found = found

    def tornado(self, service: str | None = None, policy: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Downtime with each uncertain input low and high, the others at their medians, the largest effect on top."""
        of = self._found.of(service, policy)
        m = self._found.manifest
        points = counted(1 + 2 * len(of.inputs), "point")
        basis = self._basis(f"{points} x {counted(m.replications, 'replication')}")
        return tornado.bars(of, f"What inputs do to the downtime of {_of(of)}", basis, QUANTILES, ax)

    def sobol(self, service: str | None = None, policy: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Share of the downtime's variance that comes from each uncertain input: alone, and with the others."""
        of = self._found.of(service, policy)
        return sobol.shares(of, f"Variance of the downtime of {_of(of)}", self._drawn(), ax)

    def uncertainty(self, service: str | None = None, policy: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Distribution of the downtime that a run says: by the inputs alone, by luck alone, by both."""
        of = self._found.of(service, policy)
        return uncertainty.distribution(of, f"What is open of the downtime of {_of(of)}", self._drawn(), ax)

    def draw(self, kind: str, path: Path, service: str | None = None, policy: str | None = None) -> Path:
        """Write the picture of a kind to a file: SVG, PNG or PDF by its ending."""
        ax = getattr(self, kind)(service, policy)
        return drawing.save(ax.figure, path)

    def _drawn(self) -> str:
        found = self._found
        return self._basis(f"{found.rows} rows of {len(found.inputs) + 2} points x {found.per_point} replications")

    def _basis(self, points: str) -> str:
        m = self._found.manifest
        warmup = f" after {show_seconds(m.warmup)} of warm-up" if m.warmup else ""
        return f"{drawing.literal(m.name)}: {points} of {show_seconds(m.duration)}{warmup}, seed {m.seed}"


def _of(of: "Influence") -> str:
    return f"{drawing.shortened(of.service, 24)} under {drawing.shortened(of.policy, 24)}"

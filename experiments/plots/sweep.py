"""The plots of a sweep, by kind."""

from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.findings.sweep import SweepFindings
from experiments.plots import along, drawing
from experiments.plots import heatmap as heatmaps
from experiments.store.files import write
from models.input.problems import Refusal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("curves", "heatmap")
MOST_SERVICES = 4
"""So many Services are drawn for the report."""


class SweepPlots:
    """The plots of a sweep; `service` is the first Service unless said otherwise, `x` the first axis.

    `fixed`: values of axes that stay as they are, by the axis, as the table of the sweep has them.
    """

    def __init__(self, findings: SweepFindings) -> None:
        self._findings = findings

    def curves(
        self,
        x: str | None = None,
        service: str | None = None,
        fixed: Mapping[str, Any] | None = None,
        figure: "Figure | None" = None,
    ) -> "Figure":
        """Nines along an axis, a line with its band for each policy; a panel for each combination of the other axes."""
        return along.curves(self._findings, self._first(service), x or self._findings.axes[0], fixed or {}, figure)

    def heatmap(
        self,
        x: str | None = None,
        y: str | None = None,
        service: str | None = None,
        fixed: Mapping[str, Any] | None = None,
        figure: "Figure | None" = None,
    ) -> "Figure":
        """Availability over two axes (the first two), for each policy."""
        left = [axis for axis in self._findings.axes if axis not in (x, y, *(fixed or ()))]
        if len(left) < (x is None) + (y is None):
            raise Refusal("a heat map has two axes: this sweep has no other axis")
        x = x or left.pop(0)
        y = y or left.pop(0)
        if x == y:
            raise Refusal(f"a heat map has two axes; {x} is given for both")
        return heatmaps.heatmap(self._findings, self._first(service), x, y, fixed or {}, figure)

    @cached_property
    def drawings(self) -> dict[str, str]:
        """Name -> SVG: `curves-*` and, of more axes than one that are no sample, `heatmap-*` for each Service drawn.

        Further axes stay at their first values. Equal findings give equal text. What is too much for one picture is
        left out.
        """
        found, drawings = self._findings, {}
        fixed = {axis: found.points[axis].iloc[0] for axis in found.axes[2:]} if self._lines else {}
        for service in found.services[:MOST_SERVICES]:
            draw = [("curves", partial(self.curves, None, service, fixed))]
            if len(found.axes) > 1 and self._lines:
                draw.append(("heatmap", partial(self.heatmap, None, None, service, fixed)))
            for kind, picture in draw:
                try:
                    drawings[f"{kind}-{service.replace('/', '.')}"] = drawing.svg(picture)
                except Refusal:
                    continue
        return drawings

    @property
    def _lines(self) -> bool:
        """Whether points share values of axes."""
        sweep = self._findings.manifest.sweep
        return sweep is not None and sweep["mode"] == "grid"

    def save(self, folder: Path) -> list[Path]:
        """Write the `drawings`."""
        for name, text in self.drawings.items():
            write(folder / f"{name}.svg", text)
        return [folder / f"{name}.svg" for name in self.drawings]

    def draw(self, kind: str, path: Path, **of: Any) -> Path:
        """Write the picture of one of `KINDS` to a file: SVG, PNG or PDF by its ending."""
        return drawing.save(getattr(self, kind)(**of), path)

    def _first(self, service: str | None) -> str:
        if service is None and not self._findings.services:
            raise Refusal("no Service is measured, so there is nothing to draw")
        return self._findings.services[0] if service is None else service

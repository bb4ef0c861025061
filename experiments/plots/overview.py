"""One Service in four plots."""

from typing import TYPE_CHECKING

from experiments.plots import curves, downtime, drawing, outages, over_time, windowed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.findings.findings import Findings


def four(findings: "Findings", service: str, figure: "Figure | None" = None) -> "Figure":
    """Availability over time, downtime in a period, lengths of outages, and the worst window.

    Two by two, or below each other where each has a panel for every policy.
    """
    rows, columns = (4, 1) if curves.in_panels(findings) else (2, 2)
    height = 4 * (1.1 + 0.9 * curves.rows(findings, service)) if columns == 1 else 7.4
    figure = drawing.figure(figure, (10.5, height))
    plots = (over_time.availability, downtime.distribution, outages.lengths, windowed.worst)
    axes = [plot(findings, service, figure.add_subplot(rows, columns, number)) for number, plot in enumerate(plots, 1)]
    titles = ("Over time", "Downtime in a period", "Lengths of outages", "Worst window")
    basis = f"{drawing.literal(service)} in {drawing.behind(findings)}"
    return drawing.together(figure, axes, titles, basis, told_by=1)

"""One Service in four plots."""

from typing import TYPE_CHECKING

from experiments.plots import downtime, drawing, outages, over_time, windowed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.findings.findings import Findings


def four(findings: "Findings", service: str, figure: "Figure | None" = None) -> "Figure":
    """Availability over time, downtime in a year, lengths of outages, and the worst window."""
    figure = drawing.figure(figure, (10.5, 7.0))
    plots = (over_time.availability, downtime.distribution, outages.lengths, windowed.worst)
    axes = [plot(findings, service, figure.add_subplot(2, 2, number)) for number, plot in enumerate(plots, 1)]
    titles = ("Over time", "Downtime in a year", "Lengths of outages", "Worst window")
    return drawing.together(figure, findings, axes, titles, f"{service} in ")

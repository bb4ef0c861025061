"""One Service in a few plots."""

import math
from typing import TYPE_CHECKING

from experiments.findings.budgets import promise
from experiments.plots import budget, curves, downtime, drawing, outages, over_time, replicas, windowed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.findings.findings import Findings


def of_service(findings: "Findings", service: str, figure: "Figure | None" = None) -> "Figure":
    """Availability over time, downtime in a period, lengths of outages, and the worst window.

    Besides, where policies differ in it, the number of replicas, and the error budget, if there is one. Two beside each
    other, or all below each other (and none by replicas) where they have a panel for every policy.
    """
    plots = {
        "Downtime in a period": downtime.distribution,
        "Over time": over_time.availability,
        "Lengths of outages": outages.lengths,
        "Worst window": windowed.worst,
    }
    columns, width = (1 if curves.in_panels(findings) else 2), 10.5
    if columns > 1 and replicas.tell_apart(findings, service, width / columns - 1.2):
        plots["By replicas"] = replicas.nines
    if promise(findings, service) is not None:
        plots["Error budget"] = budget.spent
    rows = math.ceil(len(plots) / columns)
    height = 1.1 + 0.9 * curves.rows(findings, service) if columns == 1 else 3.7
    figure = drawing.figure(figure, (width, rows * height))
    axes = [
        plot(findings, service, figure.add_subplot(rows, columns, number))
        for number, plot in enumerate(plots.values(), 1)
    ]
    basis = f"{drawing.literal(service)} in {drawing.behind(findings)}"
    return drawing.together(figure, axes, list(plots), basis)

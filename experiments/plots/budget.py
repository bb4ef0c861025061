"""Error budgets: how much of it is spent, over time."""

from typing import TYPE_CHECKING

import numpy as np

from experiments.design.goal import Slo
from experiments.findings.budgets import promise
from experiments.inference.batch_means import lost_before
from experiments.inference.estimate import show_seconds
from experiments.plots import curves, drawing
from experiments.plots.curves import Curve
from models.arrays import Floats
from models.input.problems import Refusal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings


def spent(findings: "Findings", service: str, ax: "Axes | None" = None, points: int = 100) -> "Axes":
    """Share of the error budget spent in the last period of the SLO: median over replications, 5-95 % band.

    `Refusal` if nothing is promised of the Service.
    """
    if (slo := promise(findings, service)) is None:
        raise Refusal(
            f"nothing is promised of {service}, so it has no error budget; in the experiment's services: "
            f"{{name: {service}, slo: {{objective: 99.9%, period: 30d}}}}"
        )
    ax, end = curves.axes(ax, findings, service), findings.manifest.duration
    times = np.linspace(0.0, end, points + 1)
    drawn = [_curve(findings, service, policy, slo, times) for policy in findings.policies]
    most = max([1.0, *(float(curve.high.max()) / 100 for curve in drawn if curve.high is not None and curve.high.size)])

    def frame(ax: "Axes") -> None:
        ax.set_xlim(0, end)
        drawing.seconds(ax, "time since the start of measuring", linear=True)
        ax.set_ylim(0, 106 * most)
        ax.set_ylabel("spent of the error budget, %")
        ax.axhline(100, color="#000000", lw=1, ls=(0, (6, 3)))

    budget = f"{100 * slo.objective:.10g}\u00a0% over {show_seconds(slo.period)}: {show_seconds(slo.budget)}"
    shows = [f"in the last {show_seconds(slo.period)} (budget of {budget})"]
    shows += ["line: median of the replications", "band: 5-95\u00a0% of them", "dashes: all is spent"]
    shows.append(curves.draw(ax, findings, drawn, frame))
    title = f"Error budget of {service}"
    return drawing.finish(ax, title, drawing.behind(findings), "; ".join(filter(None, shows)))


def _curve(findings: "Findings", service: str, policy: str, slo: Slo, times: Floats) -> Curve:
    sample, remark = findings.sample(service, policy), drawing.remark(findings, service, policy)
    if not len(sample.windows):
        return Curve(policy, remark, np.empty(0), np.empty(0))
    lost = np.array(
        [
            lost_before(sample, number, times) - lost_before(sample, number, times - slo.period)
            for number in sample.replications
        ]
    )
    low, middle, high = np.quantile(100 * lost / slo.budget, (0.05, 0.5, 0.95), axis=0)
    return Curve(policy, remark, times, middle, low, high)

"""What pictures of a single run share: the axis of time, and what they rest on."""

import re
from typing import TYPE_CHECKING

from experiments.plots import drawing
from models.input.problems import Refusal
from models.units import format_to_the_second
from simulator.log import TransitionLog
from simulator.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.findings.findings import Findings


def basis(findings: "Findings", policy: str, run: Run) -> str:
    """Which run it is."""
    name = drawing.literal(findings.manifest.name)
    return f"{name}: replication {run.replication} under {drawing.literal(policy)}, seed {run.seed}"


def log_of(run: Run) -> TransitionLog:
    """The transitions of a run; `Refusal` if it kept none."""
    if run.log is None:
        raise Refusal("the run kept no transitions")
    return run.log


_SPARE = re.compile(r"(?<=[dhm])(00[hms])+$")
"""Of 2d00h00m00s all but the days."""


def time(ax: "Axes", start: float, end: float) -> None:
    """Time from `start` to `end`, drawn as seconds since `start`."""
    ax.set_xlim(0, end - start)
    origin = _SPARE.sub("", format_to_the_second(start))  # not rounded: the axis counts from it in seconds
    since = f"{origin} after failures began" if round(start) else "failures began"
    drawing.seconds(ax, f"time since {since}", linear=True)

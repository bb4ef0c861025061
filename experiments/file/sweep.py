"""How a sweep is written: `{axes: [{name: zones, path: "cluster.pools[general].zones", values: [[a], [a, b]]}]}`."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from experiments.design.sweep import Axis, Between, Method, Mode, Spread, Sweep, Times, Unit
from experiments.file.fields import FileModel, Name
from experiments.file.laws import AnyLaw
from models.input.problems import shown
from models.units import parse_duration, parse_percent

MOST_POINTS = 1_000_000
"""Points that a sweep may have: each has rows of its own."""
_AnyValue = Annotated[Any, WithJsonSchema({"title": "Value", "examples": ["30d", 3, ["a", "b"]]})]
_Bound = Annotated[Any, WithJsonSchema({"type": ["string", "number"], "title": "Bound", "examples": ["60d", "1%", 3]})]


class AxisFile(FileModel):
    """Other values for one place of this file."""

    name: Name
    """What tables, plots and `--point` call it."""
    path: str
    """The place below `spec`, as `--set` has it, items of lists by their names:
    `failures[node-crash].timeToFailure.mean`, `policies[spread].replicas`."""
    values: list[_AnyValue] | None = None
    """What stands there instead, at one point after the other. In a sample each is equally likely."""
    law: AnyLaw | None = None
    """In a sample, instead of `values`: the law of a time, `{kind: lognormal, median: 90d, p95: 200d}`."""
    between: list[_Bound] | None = None
    """In a sample, instead of `values`: evenly between two durations, percentages or numbers, `[60d, 200d]`. Two whole
    numbers give whole numbers, both of them included; write `[1.0, 4.0]` for what lies between, too."""
    scale: Literal["linear", "log"] | None = None
    """With `between`: evenly on this scale (linear)."""

    def spread(self) -> Spread | None:
        """What values are drawn from; None if they are listed. Raises ValueError."""
        if self.law is not None:
            return Times(self.law.value())
        if self.between is None:
            return None
        low, high, unit = _bounds(self.between)
        return Between(low, high, unit, self.scale == "log")

    def value(self) -> Axis:
        """The axis itself; raises ValueError."""
        return Axis(self.name, self.path, tuple(self.values or ()), self.spread())


class SweepFile(FileModel):
    """The experiment at many points, of which each has other values at some places of this file."""

    mode: Mode = "grid"
    """grid: every value of each axis with every value of the others. zip: the first values of all axes together, then
    the second, and so on. sample: so many points drawn over the whole space."""
    axes: Annotated[list[AxisFile], Field(min_length=1)]
    """The places, and what stands there instead. Policies, replications and seed are those of the experiment at every
    point, so that the same replication meets the same luck at all of them."""
    samples: Annotated[int, Field(ge=1, le=MOST_POINTS)] | None = None
    """With `mode: sample`: how many points. Powers of 2 fill the space most evenly with Sobol's sequence."""
    method: Method | None = None
    """With `mode: sample`: `sobol`, a scrambled Sobol sequence, or `latinHypercube` (sobol)."""

    def value(self, seed: int) -> Sweep:
        """The sweep itself, of an experiment with this seed; raises ValueError."""
        axes = tuple(axis.value() for axis in self.axes)
        return Sweep(axes, self.mode, self.samples or 0, self.method or "sobol", seed)


def _bounds(written: list[Any]) -> tuple[float, float, Unit]:
    """Two bounds and what they are; raises ValueError."""
    if len(written) != 2:
        raise ValueError(f"expected two bounds like [60d, 200d] (got {len(written)})")
    if all(isinstance(bound, int | float) and not isinstance(bound, bool) for bound in written):
        low, high = map(float, written)
        return low, high, "whole" if all(isinstance(bound, int) for bound in written) else "number"
    if all(isinstance(bound, str) and bound.endswith("%") for bound in written):
        low, high = map(parse_percent, written)
        return low, high, "percent"
    if all(isinstance(bound, str) for bound in written):
        low, high = map(parse_duration, written)
        return low, high, "duration"
    raise ValueError(f"expected two durations, two percentages or two numbers (got {shown(written)})")

"""Where the values of an axis of a sweep stand in a picture: at their numbers if they have any, else in order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from experiments.design.sweep import value_text
from experiments.plots import drawing
from models.units import parse_duration, parse_percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Scale = Literal["numbers", "seconds", "percent", "words"]
MANY_TIMES = 10.0
"""From this ratio of the largest to the smallest value on, a scale is logarithmic."""


@dataclass(frozen=True)
class Positions:
    """The distinct values of an axis, from left to right."""

    name: str
    values: tuple[Any, ...]
    at: tuple[float, ...]
    scale: Scale

    @classmethod
    def of(cls, name: str, values: Sequence[Any]) -> "Positions":
        """The positions of the values of an axis, of which some may be equal."""
        distinct = list(dict.fromkeys(values))
        scale, numbers = _numbers(distinct)
        order = sorted(range(len(distinct)), key=numbers.__getitem__)
        return cls(name, tuple(distinct[i] for i in order), tuple(numbers[i] for i in order), scale)

    @property
    def logarithmic(self) -> bool:
        """Whether equal ratios are equally far apart."""
        return self.scale != "words" and self.at[0] > 0 and self.at[-1] >= MANY_TIMES * self.at[0]

    def where(self, value: Any) -> float:
        """The position of a value."""
        return self.at[self.values.index(value)]

    def label(self, ax: "Axes") -> None:
        """Scale, ticks and label of the horizontal axis."""
        from matplotlib.ticker import NullLocator

        name = drawing.literal(self.name)
        if self.logarithmic:
            ax.set_xscale("log")
        ax.set_xlabel(name)
        if self.scale == "seconds" and len(self.at) > 7:
            drawing.seconds(ax, name, linear=not self.logarithmic)
        elif len(self.at) <= 12:
            ax.set_xticks(self.at, [text(value) for value in self.values], rotation=0 if self._short else 30)
            ax.xaxis.set_minor_locator(NullLocator())

    @property
    def _short(self) -> bool:
        return sum(len(text(value)) + 2 for value in self.values) < 60


def text(value: Any) -> str:
    """A value beside its place."""
    return drawing.literal(drawing.shortened(value_text(value), 24))


def _numbers(values: Sequence[Any]) -> tuple[Scale, list[float]]:
    """What values are, and a number for each."""
    if all(isinstance(value, int | float) for value in values):
        return "numbers", [float(value) for value in values]
    scales: tuple[tuple[Scale, Any], ...] = (("seconds", parse_duration), ("percent", parse_percent))
    for scale, read in scales:
        try:
            numbers = [float(read(value)) for value in values]
        except ValueError:
            continue
        if all(map(math.isfinite, numbers)):
            return scale, numbers
    return "words", [float(i) for i in range(len(values))]

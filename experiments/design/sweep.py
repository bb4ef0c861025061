"""A sweep: axes over values of the experiment file, and the points at which the experiment is run, as values."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import exp, floor, inf, log, log1p, log10, prod
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

from models.distributions import Distribution

if TYPE_CHECKING:
    from models.arrays import Floats

Mode = Literal["grid", "zip", "sample"]
"""grid: every value of each axis with every value of the others. zip: the first values together, the second, and so on.
sample: points drawn over the whole space, evenly."""
Method = Literal["sobol", "latinHypercube"]
"""How a sample is drawn: a scrambled Sobol sequence, or a Latin hypercube."""
Unit = Literal["duration", "percent", "number", "whole"]

_DIGITS = 5
"""Significant digits of a value that is drawn: it is written as people would, and read back as it was run.

Between bounds that lie close together there are more.
"""
_MOST_DIGITS = 15
"""So many survive in a float."""
_LARGEST_WHOLE = 2.0**53
_TIMES = (("d", 86400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0))


class Spread(Protocol):
    """How a value that one is unsure of, or free to choose, is spread."""

    def at(self, share: float) -> Any:
        """The value, as a file writes it, that is reached with this probability, in (0, 1)."""
        ...


@dataclass(frozen=True)
class Times:
    """A time that follows a law."""

    law: Distribution

    def at(self, share: float) -> str:
        return written_time(self.law.age_at(-log1p(-share)))


@dataclass(frozen=True)
class Between:
    """Evenly between two bounds, or, on a logarithmic scale, evenly between their logarithms.

    Durations are in seconds and percentages are shares; of whole numbers both bounds are among the values.
    """

    low: float
    high: float
    unit: Unit = "number"
    logarithmic: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high < inf:
            raise ValueError("the first bound must be below the second")
        if self.logarithmic and not self.low > 0:
            raise ValueError("a logarithmic scale needs bounds above 0")

    def at(self, share: float) -> Any:
        if self.unit == "whole":
            return min(max(floor(self._number(share, self.high + 1)), int(self.low)), int(self.high))
        number = self._number(share, self.high)
        match self.unit:
            case "duration":
                unit, size = _unit_of(number)
                return f"{self._written(number, size)}{unit}"
            case "percent":
                return f"{self._written(number, 0.01)}%"
        return float(self._written(number, 1.0))

    def _number(self, share: float, high: float) -> float:
        if self.logarithmic:
            return self.low * exp(share * log(high / self.low))
        return self.low + share * (high - self.low)

    def _written(self, number: float, size: float) -> str:
        """In units of this size: to more digits the closer the bounds are, and never beyond them."""
        narrower = max(floor(log10(max(abs(self.low), abs(self.high)) / (self.high - self.low))), 0)
        text = _rounded(number / size, min(_DIGITS + narrower, _MOST_DIGITS))
        found = float(text) * size
        within = min(max(found, self.low), self.high)
        return text if found == within else _rounded(within / size, _MOST_DIGITS)


@dataclass(frozen=True)
class Axis:
    """Values of one place of the file: those listed, or those of a spread, from which a sample is drawn."""

    name: str
    path: str
    """Below `spec`, as `--set` has it: `failures[node-crash].timeToFailure.mean`."""
    values: tuple[Any, ...] = ()
    """As the file would say them: plain values; in a sample each is equally likely."""
    law: Spread | None = None
    """Instead of values, in a sample."""

    def at(self, share: float) -> Any:
        """The value that is reached with this probability, in (0, 1)."""
        if self.law is not None:
            return self.law.at(share)
        return self.values[min(floor(share * len(self.values)), len(self.values) - 1)]


@dataclass(frozen=True)
class Point:
    """One value of each axis: an experiment of its own."""

    index: int
    values: tuple[Any, ...]
    """Plain values, in the order of the axes."""
    label: str
    """For people: "node-mttf=30d zones=a,b"."""


@dataclass(frozen=True)
class Sweep:
    """The axes, and how their values come together."""

    axes: tuple[Axis, ...]
    mode: Mode = "grid"
    samples: int = 0
    """Points of a sample."""
    method: Method = "sobol"
    """Of a sample."""
    seed: int = 0
    """The experiment's: the same seed draws the same sample."""

    @property
    def points(self) -> "Points":
        """All points, each made when it is asked for."""
        return Points(self)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the axes."""
        return tuple(axis.name for axis in self.axes)

    def point(self, index: int, values: Sequence[Any]) -> Point:
        """A point of these values, which need not be among the sweep's."""
        told = zip(self.names, map(shown, values), strict=True)
        return Point(index, tuple(values), " ".join(f"{name}={value}" for name, value in told))

    def count(self) -> int:
        """How many points there are."""
        match self.mode:
            case "grid":
                return prod(len(axis.values) for axis in self.axes)
            case "zip":
                return len(self.axes[0].values)
        return self.samples

    @cached_property
    def shares(self) -> "Floats":
        """A sample as probabilities in (0, 1): a row a point, a column an axis."""
        from warnings import catch_warnings, simplefilter

        import numpy as np
        from scipy.stats import qmc

        from simulator.streams import Streams

        rng = np.random.default_rng(Streams(self.seed, "sweep").stream(f"sweep/{self.method}").integers(2**63))
        drawn = qmc.Sobol if self.method == "sobol" else qmc.LatinHypercube
        with catch_warnings():  # that a number of points is no power of 2 is ours to say
            simplefilter("ignore")
            shares = drawn(len(self.axes), seed=rng).random(self.samples)
        edge = 2.0**-40
        return shares.clip(edge, 1 - edge)


class Points(Sequence[Point]):
    """The points of a sweep, by their index: of a grid the last axis changes first."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep, self._count = sweep, sweep.count()

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Point: ...
    @overload
    def __getitem__(self, index: slice) -> list[Point]: ...
    def __getitem__(self, index: int | slice) -> Point | list[Point]:
        if isinstance(index, slice):
            return [self._at(i) for i in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(f"there are {self._count} points (asked for {index})")
        return self._at(index % self._count)

    def __iter__(self) -> Iterator[Point]:
        return map(self._at, range(self._count))

    def _at(self, index: int) -> Point:
        sweep = self._sweep
        match sweep.mode:
            case "grid":
                values, left = [], index
                for axis in reversed(sweep.axes):
                    left, position = divmod(left, len(axis.values))
                    values.append(axis.values[position])
                values.reverse()
            case "zip":
                values = [axis.values[index] for axis in sweep.axes]
            case "sample":
                values = [axis.at(float(s)) for axis, s in zip(sweep.axes, sweep.shares[index], strict=True)]
        return sweep.point(index, values)


def shown(value: Any) -> str:
    """A value of an axis for people: 30d, a,b, 3; what is more than a list of words as JSON.

    A whole number is without a point, as it may stand in a column of others: 1.0 is 1.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_WHOLE:
        return str(int(value))
    if isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value):
        return ",".join(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def value_text(value: Any) -> str:
    """A value of a table's column, as `shown`."""
    return shown(value.item() if hasattr(value, "item") else value)  # a table has numbers of numpy's


def written_time(seconds: float) -> str:
    """A duration in its largest unit, to five digits: "87.312d"."""
    unit, size = _unit_of(seconds)
    return f"{_rounded(seconds / size, _DIGITS)}{unit}"


def _unit_of(seconds: float) -> tuple[str, float]:
    """The largest unit that a duration has one of, and its seconds."""
    return next(((unit, size) for unit, size in _TIMES if seconds >= size), _TIMES[-1])


def _rounded(number: float, digits: int) -> str:
    return f"{Decimal(f'{number:.{digits}g}'):f}"

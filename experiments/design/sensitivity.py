"""A study of the inputs that one is unsure of, as values: at which points an experiment is run, and with which luck."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from experiments.design.pick_freeze import BLOCKS, PickFreeze
from experiments.design.sweep import Axis, Point, Sweep
from models.input.problems import Refusal
from models.units import counted

QUANTILES = 0.1, 0.9
"""Of an input: what is called low and high."""
WORK = 512
"""Replications at the first points of all rows together; at all points it is (inputs + 2) times as many."""
MOST_PER_POINT = 16
"""Replications of a point that is drawn: more would leave too few points."""
LEAST_WORK = 2 * BLOCKS
"""A row in each block, two replications a point: the least that says anything."""


@dataclass(frozen=True)
class Trial:
    """An experiment to run: a point, and the numbers of its replications."""

    point: Point
    replications: range


@dataclass(frozen=True)
class Study:
    """Inputs, and how much is spent on them.

    First each input by itself, low and high with the others at their medians: `ends`, with the luck of the
    experiment's replications. Then points that are drawn from the laws: `sample`, in rows with luck of their own.
    """

    inputs: tuple[Axis, ...]
    seed: int
    replications: int
    """Of each of `ends`; also of the run whose uncertainty is told."""
    work: int = WORK
    """A power of 2, at least `LEAST_WORK`."""

    @classmethod
    def of(cls, inputs: tuple[Axis, ...], seed: int, replications: int, runs: int | None) -> "Study":
        """With at most so many `runs` of a policy at points that are drawn (None: `WORK`); Refusal if too few."""
        each = WORK if runs is None else runs // (len(inputs) + 2)
        if replications < 2:
            raise Refusal("a study of uncertain inputs needs at least 2 replications of each input low and high (-n)")
        if each < LEAST_WORK:
            least = LEAST_WORK * (len(inputs) + 2)
            studied = counted(len(inputs), "uncertain input")
            raise Refusal(f"a study of {studied} needs at least {least} runs at points that are drawn (--runs)")
        return cls(inputs, seed, replications, 2 ** (each.bit_length() - 1))

    @property
    def runs(self) -> int:
        """Runs of a policy at points that are drawn."""
        return (len(self.inputs) + 2) * self.work

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return tuple(axis.name for axis in self.inputs)

    @property
    def ends(self) -> list[Trial]:
        """All inputs at their medians; then each in turn low, and high."""
        middle = [0.5] * len(self.inputs)
        shares = [middle] + [
            [share if i == number else 0.5 for i in range(len(self.inputs))]
            for number in range(len(self.inputs))
            for share in QUANTILES
        ]
        return [Trial(self._point(index, of), range(self.replications)) for index, of in enumerate(shares)]

    def sample(self, per_point: int) -> Iterator[Trial]:
        """Row after row, and of each row A, B, and A with each input in turn as in B (`PickFreeze.points`)."""
        design = PickFreeze.scrambled(len(self.inputs), self.work // per_point, self.seed).points
        _, blocks, each, _ = design.shape
        for number in range(blocks * each):
            row, block = divmod(number, blocks)  # so that twice the work repeats none of it
            replications = range(number * per_point, (number + 1) * per_point)
            for column, point in enumerate(design[:, block, row]):
                index = 1 + 2 * len(self.inputs) + number * len(design) + column
                yield Trial(self._point(index, point.tolist()), replications)

    def count(self) -> int:
        """Replications of a policy in all, of whatever number a point."""
        return (1 + 2 * len(self.inputs)) * self.replications + self.runs

    def _point(self, index: int, shares: list[float]) -> Point:
        values = [axis.at(share) for axis, share in zip(self.inputs, shares, strict=True)]
        return self.sweep.point(index, values)

    @cached_property
    def sweep(self) -> Sweep:
        """The inputs as the axes of a sample."""
        return Sweep(self.inputs, "sample", seed=self.seed)

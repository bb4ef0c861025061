"""What an attack found."""

from collections.abc import Mapping
from dataclasses import dataclass

from experiments.attack.outage import Outage
from experiments.attack.question import Question
from experiments.attack.way import Way
from experiments.timeline.timeline import Timeline


@dataclass(frozen=True)
class Break:
    """A way that breaks a Service, confirmed in a fresh simulation, and no part of it does."""

    service: str
    way: Way
    outage: Outage
    timeline: Timeline | None = None


@dataclass(frozen=True)
class Verdict:
    """What is known of one Service."""

    service: str
    breaks: tuple[Break, ...]
    """The smallest ways that were found, all of equally many steps; none if none was."""
    complete: int
    """Up to so many steps all was tried that is worth a try, or stood for by what was: at every moment."""

    @property
    def size(self) -> int | None:
        """The steps that it takes to break it; None if no way was found."""
        return len(self.breaks[0].way) if self.breaks else None

    def survives(self, steps: int) -> bool | None:
        """Whether it survives any so many; None if that is not known."""
        if self.size is not None and self.size <= steps:
            return False
        return True if self.complete >= steps else None


@dataclass(frozen=True)
class Attack:
    """What was asked, and what came of it."""

    experiment: str
    question: Question
    verdicts: tuple[Verdict, ...]
    simulations: int
    """Of ways that were tried; those that confirm what was found are not counted."""
    not_tried: Mapping[int, int]
    """By number of steps: ways that the budget left out."""
    moments_left_out: int
    """Stretches between changes at which no further step was tried, beyond the number of moments asked for."""
    left_out: tuple[str, ...]
    """The failure modes of which nothing can be made to strike."""

    @property
    def leaves_open(self) -> bool:
        """Whether of some Service it is not known if it survives one of the numbers of steps that were asked for."""
        sizes = range(1, self.question.at_most + 1)
        return any(verdict.survives(steps) is None for verdict in self.verdicts for steps in sizes)

    @property
    def exit_code(self) -> int:
        """0 nothing breaks any, 1 something does, 4 nothing was found and not all was tried."""
        if any(verdict.breaks for verdict in self.verdicts):
            return 1
        return 4 if any(verdict.complete < self.question.at_most for verdict in self.verdicts) else 0

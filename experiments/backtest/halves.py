"""A log cut in two by time: what is known of every node at the cut, and what happened after it."""

import math
from dataclasses import dataclass

import numpy as np

from experiments.file.outages import Outage, OutageLog
from experiments.fitting.lifetimes import Sample, last_instant, union
from models.arrays import Bools, Floats, Ints
from models.input.problems import InputError, Location, Problem, Refusal


@dataclass(frozen=True)
class Spells:
    """Times of up, or of down, of the nodes of a fleet: one entry each."""

    node: Ints
    begin: Floats
    length: Floats
    """Until it was over, or until the cut."""
    over: Bools

    @property
    def end(self) -> Floats:
        """When it was over, or the cut."""
        return self.begin + self.length

    def sample(self, of: Ints | None = None) -> Sample:
        """The times as they are fitted; `of`: these entries, some perhaps several times."""
        length, over = (self.length, self.over) if of is None else (self.length[of], self.over[of])
        observed, censored = np.sort(length[over]), np.sort(length[~over])
        return Sample(observed[observed > 0], censored[censored > 0], int((observed == 0).sum()))


@dataclass(frozen=True)
class FirstHalf:
    """What is known at the cut: spells up to there, and how long each node has been up or down."""

    names: tuple[str, ...]
    """Of the nodes that are in the log; those without a name, which never failed, come after them."""
    start: float
    end: float
    """The cut."""
    up: Spells
    down: Spells
    age: Floats
    """Of every node: how long it has been up at the cut, or down."""
    is_down: Bools
    """Of every node, at the cut."""

    @property
    def nodes(self) -> int:
        """How many there are, those that never failed included."""
        return len(self.age)

    @property
    def length(self) -> float:
        """In seconds."""
        return self.end - self.start

    @property
    def failures(self) -> int:
        """Outages that began before the cut, those that overlap or touch united."""
        return len(self.down.length)

    @property
    def availability(self) -> float:
        """The mean over the nodes."""
        return 1 - float(self.down.length.sum()) / (self.nodes * self.length)


@dataclass(frozen=True)
class Downs:
    """Outages of nodes after the cut, of one history or of many that are drawn: one entry each."""

    draw: Ints
    node: Ints
    begin: Floats
    end: Floats
    """At most the end of the half."""
    new: Bools
    """Whether it began after the cut: the others were under way there."""

    def counts(self, draws: int) -> Floats:
        """Outages that began, of each history."""
        return np.bincount(self.draw[self.new], minlength=draws).astype(float)

    def availabilities(self, draws: int, nodes: int, length: float) -> Floats:
        """The mean over the nodes, in each history."""
        lost = np.bincount(self.draw, self.end - self.begin, minlength=draws)
        return np.asarray(1 - lost / (nodes * length))


@dataclass(frozen=True)
class Halves:
    """A log cut in two."""

    first: FirstHalf
    end: float
    """Of the second half."""
    happened: Downs
    united: int
    """Outages that are part of an earlier one of the same node."""

    @property
    def length(self) -> float:
        """How long the second half is, in seconds."""
        return self.end - self.first.end


def halves(
    log: OutageLog,
    share: float | None = 0.5,
    at: float | None = None,
    observed_from: float | None = None,
    observed_until: float | None = None,
    nodes: int | None = None,
) -> Halves:
    """Cuts a log; without limits it is observed from its first outage to the last instant in it.

    `share`: of the time that is before the cut, if it is not given by its instant, `at`. `nodes`: how many there are,
    those that never failed included; by default those that the log names, in either half. Of an outage that lasts at
    the cut only the beginning is known, as it was then. Raises InputError or Refusal, also if nothing failed before
    the cut, or nothing was up.
    """
    start = min(outage.start for outage in log.outages) if observed_from is None else observed_from
    end = last_instant(log) if observed_until is None else observed_until
    _check(log, start, end)
    cut = start + (share or 0.5) * (end - start) if at is None else at
    if not start < cut < end:
        raise Refusal(f"{log.file}: the split must be within the observation, after its start and before its end")
    by_node: dict[str, list[Outage]] = {}
    for outage in sorted(log.outages, key=lambda outage: (outage.start, outage.line)):
        by_node.setdefault(outage.entity, []).append(outage)
    fleet = len(by_node) if nodes is None else nodes
    if fleet < len(by_node):
        raise Refusal(f"{log.file}: it names {len(by_node):,} nodes, more than the {fleet:,} that there are")
    downs = [union(outages) for outages in by_node.values()]
    up, down, age, is_down = _known(downs, start, cut, fleet)
    if not len(down.length):
        raise Refusal(f"{log.file}: no outage began before the split, so there is nothing to fit")
    if not up.length.any():
        raise Refusal(f"{log.file}: no node was up before the split, so there is no up-time to fit")
    after = [
        (node, max(begin, cut), min(finish, end), begin >= cut)
        for node, spells in enumerate(downs)
        for begin, finish in spells
        if finish > cut or begin >= cut
    ]
    node, begin, finish, new = (np.array([row[i] for row in after]) for i in range(4))
    happened = Downs(
        np.zeros(len(after), int), node.astype(int), begin.astype(float), finish.astype(float), new.astype(bool)
    )
    first = FirstHalf(tuple(by_node), start, cut, up, down, age, is_down)
    return Halves(first, end, happened, len(log.outages) - sum(map(len, downs)))


def _check(log: OutageLog, start: float, end: float) -> None:
    problems = []
    for outage in log.outages:
        if outage.start < start:
            problems.append(log.problem(outage, "the outage starts before the observation (--observed-from)"))
        if max(outage.start, outage.end or outage.start) > end:
            problems.append(log.problem(outage, "the outage is not over at the end of the observation"))
    if not problems and not start < end:
        problems.append(Problem(Location(log.file), "", "all of it happens at one instant: there are no two halves"))
    if problems:
        raise InputError(problems)


def _known(
    downs: list[list[tuple[float, float]]], start: float, cut: float, fleet: int
) -> tuple[Spells, Spells, Floats, Bools]:
    """Spells of up and of down until the cut, and the state of every node there."""
    up: list[tuple[int, float, float, bool]] = []
    down: list[tuple[int, float, float, bool]] = []
    age, is_down = np.full(fleet, cut - start), np.zeros(fleet, bool)
    for node in range(fleet):
        since = start
        for begin, end in downs[node] if node < len(downs) else []:
            if begin >= cut:
                break
            up.append((node, since, begin - since, True))
            down.append((node, begin, min(end, cut) - begin, end <= cut))
            since = end
        is_down[node] = since > cut
        age[node] = cut - (down[-1][1] if since > cut else since)
        if since < math.inf and since < cut:
            up.append((node, since, cut - since, False))
    return _spells(up), _spells(down), age, is_down


def _spells(rows: list[tuple[int, float, float, bool]]) -> Spells:
    node, begin, length, over = (np.array([row[i] for row in rows]) for i in range(4))
    return Spells(node.astype(int), begin.astype(float), length.astype(float), over.astype(bool))

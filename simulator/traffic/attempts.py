"""What becomes of one request, given how things stand at each of its attempts: exact expectations, nothing drawn."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from models.arrays import Bools, Floats, Ints
from models.traffic import Retries
from simulator.traffic.paths import allowed, arrivals, limit

DEAD, REMOVED, NONE, OVERLOAD = "dead endpoint", "removed endpoint", "no endpoint", "overload"
"""Why an attempt fails: it met an endpoint that is still listed but does not answer; one that is being deleted or
gone; nothing to be sent to; one that was asked for more than it can do."""
WRONG = "wrong answer"
"""Another: it met an endpoint that is ready, and does not answer right (a grey failure)."""

Reason = tuple[str, str]
"""Why, and the cause behind it: ("dead endpoint", "node-crash/node-3"); no cause: ""."""


@dataclass(frozen=True)
class Chance:
    """One endpoint at one attempt."""

    share: float
    """The part of the attempts that goes to it, if no endpoint was tried before; in [0, 1]."""
    success: float = 1.0
    reason: Reason = ("", "")
    """Why it may fail."""


@dataclass(frozen=True)
class Look:
    """What a request meets at one attempt: the endpoints that it may be sent to."""

    chances: Mapping[int, Chance]
    nothing: Reason = (NONE, "")
    """Why it fails if there is none."""


@dataclass
class Outcome:
    """What becomes of one request, on average."""

    lost: dict[Reason, float] = field(default_factory=dict)
    """The share that is lost, by why the last attempt failed."""
    retries: float = 0.0
    """Attempts beyond the first."""
    shed: float = 0.0
    """Attempts that met overload."""

    @property
    def losing(self) -> float:
        """The share of requests that is lost."""
        return sum(self.lost.values())


_NOWHERE = Chance(0.0, 0.0)
_Kind = tuple[int, ...]
"""Numbers of the chances of an endpoint, by attempt."""
_Problem = tuple[tuple[tuple[_Kind, int], ...], tuple[Reason, ...]]
"""The endpoints, as kinds and how many there are of each; why each attempt fails if it has none to go to."""


def outcomes(looks: Sequence[Look], rows: Sequence[Sequence[int]], retries: Retries) -> list[Outcome]:
    """What becomes of requests, by row: the entries of `looks` that its attempts meet, the first and all retries.

    All rows have the same length. Those that meet the same odds share an outcome.
    """
    numbers = {_NOWHERE: 0}
    met = [{e: numbers.setdefault(one, len(numbers)) for e, one in look.chances.items()} for look in looks]
    good = [bool(look.chances) and all(one.success == 1 for one in look.chances.values()) for look in looks]
    alike: dict[_Problem, list[int]] = {}
    found = [Outcome()] * len(rows)
    for number, row in enumerate(rows):
        if good[row[0]]:
            continue
        here = [met[look] for look in row]
        endpoints = list(dict.fromkeys(endpoint for one in dict.fromkeys(row) for endpoint in met[one]))
        kinds = Counter(zip(*([one.get(endpoint, 0) for endpoint in endpoints] for one in here), strict=True))
        nothing = tuple(looks[look].nothing for look in row)
        alike.setdefault((tuple(sorted(kinds.items())), nothing), []).append(number)
    for key, outcome in _worked_out(_Chances.of(list(numbers)), list(alike), retries):
        for number in alike[key]:
            found[number] = outcome
    return found


class _Chances(NamedTuple):
    """Chances by number, in parallel arrays."""

    shares: Floats
    failing: Floats
    overload: Bools
    reasons: list[Reason]

    @classmethod
    def of(cls, chances: Sequence[Chance]) -> "_Chances":
        return cls(
            np.array([chance.share for chance in chances]),
            1.0 - np.array([chance.success for chance in chances]),
            np.array([chance.reason[0] == OVERLOAD for chance in chances]),
            [chance.reason for chance in chances],
        )


def _worked_out(
    chances: _Chances, problems: Sequence[_Problem], retries: Retries
) -> Iterator[tuple[_Problem, Outcome]]:
    """Every problem with its outcome; those with the same pasts together."""
    fails = ((chances.failing > 0) & (chances.shares > 0)).tolist()
    together: dict[tuple[int, ...], list[tuple[_Problem, list[tuple[_Kind, int]]]]] = {}
    for problem in problems:
        most = [limit(size, len(kind), tried=any(fails[chance] for chance in kind[:-1])) for kind, size in problem[0]]
        order = sorted(range(len(most)), key=most.__getitem__)
        kinds = [problem[0][i] for i in order]
        together.setdefault(tuple(most[i] for i in order), []).append((problem, kinds))
    for limits, several in together.items():
        shape = (len(several), len(limits), -1 if limits else len(several[0][0][1]))
        which = np.array([[kind for kind, _ in kinds] for _, kinds in several], dtype=np.int64).reshape(shape)
        sizes = np.array([[size for _, size in kinds] for _, kinds in several], dtype=np.int64).reshape(shape[:2])
        nothing = [reasons for (_, reasons), _ in several]
        found = _outcomes(chances, which.transpose(0, 2, 1), sizes, limits, nothing, retries)
        yield from zip([problem for problem, _ in several], found, strict=True)


def _outcomes(
    chances: _Chances,
    which: Ints,
    sizes: Ints,
    limits: tuple[int, ...],
    nothing: Sequence[Sequence[Reason]],
    retries: Retries,
) -> list[Outcome]:
    """The outcomes of problems with the same pasts; `which`: by problem, attempt and class, one of the chances."""
    attempts = which.shape[1]
    failing = chances.failing[which]
    arriving = arrivals(chances.shares[which], failing, sizes, limits, elsewhere=retries.elsewhere)
    fails = arriving.at * failing
    failed = fails.sum(axis=2) + arriving.nowhere
    again = allowed(failed[:, :-1], retries.budget_share)
    reached = again[:, None] ** np.arange(attempts)
    last = np.where(np.arange(attempts) < attempts - 1, 1.0 - again[:, None], 1.0)
    repeated = (reached * failed * (1.0 - last)).sum(axis=1).tolist()
    shed = (reached[:, :, None] * fails * chances.overload[which]).sum(axis=(1, 2)).tolist()
    found = [Outcome({}, *one) for one in zip(repeated, shed, strict=True)]
    ending = reached * last
    lost = ending[:, :, None] * fails
    places = np.nonzero(lost)
    for problem, chance, share in zip(places[0].tolist(), which[places].tolist(), lost[places].tolist(), strict=True):
        _add(found[problem], chances.reasons[chance], share)
    lost = ending * arriving.nowhere
    places = np.nonzero(lost)
    for problem, attempt, share in zip(*(one.tolist() for one in (*places, lost[places])), strict=True):
        _add(found[problem], nothing[problem][attempt], share)
    return found


def _add(outcome: Outcome, reason: Reason, share: float) -> None:
    outcome.lost[reason] = outcome.lost.get(reason, 0.0) + share

"""The order of policies by downtime, and which of the differences are noise.

Every pair is compared on common random numbers, adjusted for all the pairs of the Service (`inference.comparison`).
Policies that share a letter cannot be told apart: the compact letter display of Piepho (Journal of Computational and
Graphical Statistics 13, 2004). "Cannot be told apart" is no statement that they are alike, and it does not carry over:
a may be told from c, and neither of them from b.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from experiments.inference.comparison import Comparison
from experiments.inference.estimate import Estimate


@dataclass(frozen=True)
class Ranking:
    """Policies of one Service, least downtime first; `apart` are the pairs of them that differ for certain."""

    service: str
    downtimes: Mapping[str, Estimate]
    """Policy -> downtime a year."""
    outages: Mapping[str, int]
    apart: frozenset[frozenset[str]]

    @property
    def order(self) -> list[str]:
        """Policies by downtime; where no outage was seen in the order of the experiment, before all others."""
        return list(self.downtimes)

    @property
    def groups(self) -> list[list[str]]:
        """Largest sets of policies of which no two can be told apart, best first; a policy may be in several."""
        columns = [set(self.order)]
        for pair in combinations(self.order, 2):
            if frozenset(pair) in self.apart:
                split = [part for column in columns for part in _without(column, pair)]
                columns = [
                    c for i, c in enumerate(split) if not any(_covers(split, other, i) for other in range(len(split)))
                ]
        found = [[policy for policy in self.order if policy in column] for column in columns]
        return sorted(found, key=lambda group: [self.order.index(policy) for policy in group])

    @property
    def letters(self) -> dict[str, str]:
        """Policy -> the letters of its groups: "a", "ab", "b"."""
        groups = self.groups
        return {p: "".join(_letter(i) for i, group in enumerate(groups) if p in group) for p in self.order}

    def sentences(self) -> Iterator[str]:
        """What can be said of the order: which policies cannot be told apart, which has the least or most downtime.

        Sentences without a full stop.
        """
        groups = self.groups
        for group in groups:
            if len(group) > 1:
                unseen = all(self.downtimes[policy].is_bound for policy in group)
                yield f"{_listed(group)} cannot be told apart" + (" (no outage seen under any of them)" * unseen)
        for policy, place in ((self.order[0], "least"), (self.order[-1], "most")) if len(self.order) > 1 else ():
            if all(frozenset((policy, other)) in self.apart for other in self.order if other != policy):
                yield f"{policy} has the {place} downtime"


def rank(
    service: str,
    downtimes: Mapping[str, Estimate],
    outages: Mapping[str, int],
    pairs: Mapping[tuple[str, str], Comparison],
) -> Ranking:
    """Order policies of one Service by their downtime a year; those without a replication are left out."""
    known = {policy: downtime for policy, downtime in downtimes.items() if downtime.n}
    ordered = sorted(known, key=lambda policy: 0.0 if known[policy].is_bound else known[policy].value)
    apart = frozenset(frozenset(names) for names, comparison in pairs.items() if comparison.resolved)
    return Ranking(service, {policy: known[policy] for policy in ordered}, outages, apart)


def _without(column: set[str], pair: tuple[str, str]) -> list[set[str]]:
    """The column, as two that hold one of the pair each if it holds both."""
    return [column - {policy} for policy in pair] if set(pair) <= column else [column]


def _covers(columns: Sequence[set[str]], other: int, this: int) -> bool:
    """Whether another column holds all of this one; of equal ones the first stays."""
    return other != this and columns[this] <= columns[other] and (columns[this] != columns[other] or other < this)


def _letter(number: int) -> str:
    """The letter of a group by its number, from 0 on: a to z, then a2, b2 and so on."""
    again = number // 26
    return chr(ord("a") + number % 26) + (str(again + 1) if again else "")


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"

"""What becomes of one request in the first, slow form: past after past; what the fast one is held against."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.traffic import Retries
from simulator.traffic.attempts import OVERLOAD, Chance, Look, Reason


@dataclass
class Outcome:
    """What becomes of one request, on average."""

    lost: dict[Reason, float] = field(default_factory=dict)
    """The share that is lost, by why the last attempt failed."""
    retries: float = 0.0
    """Attempts beyond the first."""
    shed: float = 0.0
    """Attempts that met overload."""
    arrivals: dict[int, float] = field(default_factory=dict)
    """Attempts that reach each endpoint."""

    @property
    def losing(self) -> float:
        """The share of requests that is lost."""
        return sum(self.lost.values())


_NOWHERE = Chance(0.0, 0.0)


def outcome(looks: Sequence[Look], retries: Retries) -> Outcome:
    """What becomes of a request whose attempts meet `looks`, one each: the first attempt and all retries."""
    first = looks[0]
    if first.chances and all(chance.success == 1 for chance in first.chances.values()):
        return Outcome(arrivals={endpoint: chance.share for endpoint, chance in first.chances.items()})
    if len(looks) == 1:
        return _only_attempt(first)
    classes: dict[tuple[Chance, ...], list[int]] = defaultdict(list)
    for endpoint in dict.fromkeys(endpoint for look in looks for endpoint in look.chances):
        classes[tuple(look.chances.get(endpoint, _NOWHERE) for look in looks)].append(endpoint)
    kinds, sizes = list(classes), [len(members) for members in classes.values()]

    arriving, failing = _all_attempts(looks, kinds, sizes, retries)
    failed = [sum(reasons.values()) for reasons in failing]
    again = _allowed(failed[:-1], retries.budget_share)
    found = Outcome()
    for number, (reasons, arrived) in enumerate(zip(failing, arriving, strict=True)):
        reached = again**number
        last = 1.0 if number == len(looks) - 1 else 1.0 - again
        found.retries += reached * failed[number] * (1.0 - last)
        for reason, share in reasons.items():
            if last:
                found.lost[reason] = found.lost.get(reason, 0.0) + reached * last * share
            if reason[0] == OVERLOAD:
                found.shed += reached * share
        for members, share in zip(classes.values(), arrived, strict=True):
            for endpoint in members if share else ():
                found.arrivals[endpoint] = found.arrivals.get(endpoint, 0.0) + reached * share / len(members)
    return found


def _only_attempt(look: Look) -> Outcome:
    """Without retries."""
    found = Outcome(arrivals={endpoint: chance.share for endpoint, chance in look.chances.items()})
    total = sum(found.arrivals.values())
    if not total:
        return Outcome(lost={look.nothing: 1.0})
    for chance in look.chances.values():
        if chance.success < 1 and (share := chance.share / total * (1.0 - chance.success)):
            found.lost[chance.reason] = found.lost.get(chance.reason, 0.0) + share
            found.shed += share * (chance.reason[0] == OVERLOAD)
    return found


def _all_attempts(
    looks: Sequence[Look], kinds: list[tuple[Chance, ...]], sizes: list[int], retries: Retries
) -> tuple[list[list[float]], list[dict[Reason, float]]]:
    """By attempt, if every failure is followed by another: where attempts arrive, by class; why they fail.

    Endpoints that look alike at every attempt form a class; how many of each were tried says all about the past.
    """
    arriving, failing = [], []
    past = {(0,) * len(kinds): 1.0}  # endpoints tried, by class -> probability that all attempts so far have failed
    for number, look in enumerate(looks):
        arrived, reasons = [0.0] * len(kinds), defaultdict[Reason, float](float)
        following = defaultdict[tuple[int, ...], float](float)
        for tried, probability in past.items():
            weights = [kind[number].share * (size - t) for kind, size, t in zip(kinds, sizes, tried, strict=True)]
            fresh = sum(weights) > 0
            if not fresh:  # all were tried: once more round
                weights = [kind[number].share * size for kind, size in zip(kinds, sizes, strict=True)]
            total = sum(weights)
            if not total:
                reasons[look.nothing] += probability
                following[tried] += probability
            for c, weight in enumerate(weights):
                if not weight:
                    continue
                share = probability * weight / total
                arrived[c] += share
                if (fails := share * (1.0 - kinds[c][number].success)) > 0:
                    reasons[kinds[c][number].reason] += fails
                    moved = retries.elsewhere and fresh
                    following[(*tried[:c], tried[c] + 1, *tried[c + 1 :]) if moved else tried] += fails
        arriving.append(arrived)
        failing.append(dict(reasons))
        past = following
    return arriving, failing


def _allowed(failed: Sequence[float], budget: float) -> float:
    """The share of failed attempts that may be followed by another, so that retries keep within the budget.

    `failed[k]`: the share of requests whose first k + 1 attempts all fail, if every failure is followed by another.
    """
    if sum(failed) <= budget:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        spent = sum(middle ** (k + 1) * share for k, share in enumerate(failed))
        low, high = (middle, high) if spent <= budget else (low, middle)
    return low

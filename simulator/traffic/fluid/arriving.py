"""Where the attempts of requests arrive, and the load of any endpoint at most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.arrays import Floats, Ints
from models.traffic import Traffic
from simulator.traffic.conditions import Conditions
from simulator.traffic.paths import allowed, arrivals, limit
from simulator.traffic.views import Views


@dataclass(frozen=True)
class EndpointLoad:
    """What is asked of the endpoints at some moment, as far as it matters."""

    rate: float = 1.0
    """Requests per second."""
    served: Mapping[int, float] = field(default_factory=dict)
    """The part of the attempts that an overloaded endpoint answers."""


class Arriving:
    """Attempts at each endpoint for a request, by view (`Views`) and by which endpoints answer (`Conditions.kinds`)."""

    def __init__(self, traffic: Traffic, conditions: Conditions, views: Views) -> None:
        self.attempts = len(traffic.retries.delays(traffic.timeout))
        """Of a request at most."""
        self._retries, self._conditions, self._views = traffic.retries, conditions, views
        self._unloaded: dict[tuple[int, int, float], Mapping[int, float]] = {}

    def depends(self, view: int, kind: int) -> bool:
        """Whether they depend on the rate."""
        return self._views.balancing.compares and not self._views.members(view) <= self._conditions.answering[kind]

    def answering(self, kind: int) -> frozenset[int]:
        """The endpoints that answer."""
        return self._conditions.answering[kind]

    def chosen(self, view: int, kind: int, rate: float) -> Mapping[int, float]:
        """By endpoint, the share of first attempts."""
        rate = rate if self.depends(view, kind) else 1.0
        return dict(self._views.chosen(view, self._conditions.answering[kind], rate))

    def unloaded(self, view: int, kind: int, rate: float) -> Mapping[int, float]:
        """By endpoint that answers, while none is overloaded."""
        key = (view, kind, rate if self.depends(view, kind) else 1.0)
        if key not in self._unloaded:
            self._unloaded[key] = self._while_all_succeed(*key)
        return self._unloaded[key]

    def _while_all_succeed(self, view: int, kind: int, rate: float) -> Mapping[int, float]:
        answering = self._conditions.answering[kind]
        kinds: dict[tuple[bool, float], list[int]] = {}
        for endpoint, share in self.chosen(view, kind, rate).items():
            kinds.setdefault((endpoint not in answering, share), []).append(endpoint)
        if not any(fails for fails, _ in kinds):
            return {endpoint: share for (_, share), members in kinds.items() for endpoint in members}
        sizes = np.array([[len(members) for members in kinds.values()]])
        at_each = self.at_each(
            np.array([[share for _, share in kinds]]),
            np.array([[float(fails) for fails, _ in kinds]]),
            sizes,
            tuple(limit(len(members), self.attempts, tried=fails) for (fails, _), members in kinds.items()),
        )
        found = zip(kinds.items(), at_each[0].tolist(), strict=True)
        return {endpoint: many for ((fails, _), members), many in found if not fails for endpoint in members}

    def at_each(self, shares: Floats, failing: Floats, sizes: Ints, limits: tuple[int, ...]) -> Floats:
        """By problem and class, the attempts at each endpoint; as if the retries of a request came at once.

        The arguments are those of `paths.arrivals`, but that shares and failing are the same for all attempts.
        """
        shape = (len(shares), self.attempts, len(limits))
        shares, failing = (np.broadcast_to(one[:, None, :], shape) for one in (shares, failing))
        found = arrivals(shares, failing, sizes, limits, elsewhere=self._retries.elsewhere)
        failed = (found.at * failing).sum(axis=2) + found.nowhere
        again = allowed(failed[:, :-1], self._retries.budget_share)
        reached = again[:, None] ** np.arange(self.attempts)
        return np.asarray((found.at * reached[:, :, None]).sum(axis=1) / sizes)


class Bounds:
    """The load of any endpoint at most, for a request a second, while clients know some of a few lists."""

    def __init__(self, traffic: Traffic, arriving: Arriving, by_content: Sequence[Ints], weights: Floats) -> None:
        """`by_content`, `weights`: by place, the view of each content of a list, and the share of all requests."""
        self._routed, self._counts = bool(traffic.routing), traffic.capacity is not None
        self._arriving, self._by_content, self._weights = arriving, by_content, weights
        self._found: dict[tuple[int, tuple[int, ...], float], float] = {}

    def at_most(self, kind: int, contents: tuple[int, ...], rate: float = 0.0) -> float:
        """While lists with these contents are known. Exact for one list; 0 without a capacity.

        Infinite if it depends on the rate, as clients compare endpoints of which some fail at once, and none is given.
        """
        key = (kind, contents, rate)
        if key not in self._found:
            self._found[key] = self._worked_out(kind, contents, rate)
        return self._found[key]

    def _worked_out(self, kind: int, contents: tuple[int, ...], rate: float) -> float:
        loads: dict[int, float] = {}
        for row, weight in self._groups(contents):
            if not rate and any(self._arriving.depends(view, kind) for view in row):
                return np.inf
            if not self._counts:
                continue
            most: dict[int, float] = {}
            for view in dict.fromkeys(row):
                for endpoint, share in self._arriving.unloaded(view, kind, rate).items():
                    most[endpoint] = max(most.get(endpoint, 0.0), share)
            for endpoint, share in most.items():
                loads[endpoint] = loads.get(endpoint, 0.0) + weight * share
        return max(loads.values(), default=0.0)

    def _groups(self, contents: tuple[int, ...]) -> Sequence[tuple[list[int], float]]:
        """The views of these contents, and the part of the requests that has them; places that are alike are one."""
        if not self._routed:
            return [(self._by_content[0][list(contents)].tolist(), float(self._weights.sum()))]
        table = np.array([views[list(contents)] for views in self._by_content])
        rows, into = np.unique(table, axis=0, return_inverse=True)
        return list(zip(rows.tolist(), np.bincount(into.ravel(), self._weights).tolist(), strict=True))

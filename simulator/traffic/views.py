"""To which endpoints the clients of a Service are sent, by where they are and what they know.

Places from which the endpoints look alike share a view, and so do lists with the same endpoints.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints
from models.cluster import Cluster
from models.traffic import Traffic
from simulator.traffic.attempts import NONE, Reason
from simulator.traffic.balancing import Balancing, Candidates
from simulator.traffic.balancing.uniform_random import Random
from simulator.traffic.endpoints import EndpointHistory
from simulator.traffic.proxies import Known, Proxy
from simulator.traffic.routing import OUTSIDE, Client, routed

_ELSEWHERE = -2
"""Stands for every node that holds none of the endpoints."""


@dataclass(frozen=True)
class _View:
    client: Client
    known: Known
    unresolved: str
    """Why clients there do not find the Service by its name; "": they do."""
    members: frozenset[int]
    """The endpoints that routing leaves."""


class Views:
    """What clients may be sent to; a view is a number."""

    def __init__(
        self,
        traffic: Traffic,
        history: EndpointHistory,
        cluster: Cluster,
        known: Sequence[Known],
        proxies: Sequence[Proxy],
    ) -> None:
        self._traffic, self._history, self._proxies = traffic, history, proxies
        self._routing = traffic.routing or ()
        self.balancing: Balancing = traffic.balancing or Random()
        self.weights = endpoint_weights(traffic, history, cluster)
        self._views: list[_View] = []
        contents: dict[object, int] = {}
        keys = [
            (
                *(one.listed, one.terminating, one.unresolved),
                one.cause if self._routing or not (one.listed or one.terminating) else "",
            )
            for one in known
        ]
        self.contents: Ints = np.array([contents.setdefault(key, len(contents)) for key in keys])
        """By list: lists that name the same endpoints (and, if that matters, the same cause) have the same number."""
        self._first = [known[i] for i in np.unique(self.contents, return_index=True)[1].tolist()]
        self._of_zone: dict[tuple[int, str], Ints] = {}
        self._by_place: dict[tuple[int, str], Ints] = {}
        self._holding: dict[int, list[int]] = {}
        if any(route.per_node for route in self._routing):
            nodes = history.nodes.tolist()
            for content, one in enumerate(self._first):
                for node in dict.fromkeys(nodes[e] for e in (*one.listed, *one.terminating)):
                    self._holding.setdefault(node, []).append(content)
        self._shares: dict[tuple[int, frozenset[int] | None, float], tuple[tuple[int, float], ...]] = {}

    def __len__(self) -> int:
        return len(self._views)

    def at(self, place: int) -> Ints:
        """The views of a place, by list."""
        return self.by_content(place)[self.contents]

    def by_content(self, place: int) -> Ints:
        """The views of a place, by content of the list."""
        client = self._proxies[place].client
        if not self._routing:
            # It matters only whether they are in the cluster, and that only while its names are not resolved.
            apart = client.node != OUTSIDE and any(one.unresolved for one in self._first)
            there = _ELSEWHERE if apart else OUTSIDE
            return self._made(Client(there), (there, ""), range(len(self._first)))
        outside = client.node if client.node < 0 else _ELSEWHERE
        far = self._made(Client(outside, client.zone, client.zone_cpu), (outside, client.zone), range(len(self._first)))
        if client.node not in self._holding:
            return far
        key = (client.node, client.zone)
        if key not in self._by_place:
            near = far.copy()
            near[self._holding[client.node]] = self._new(client, self._holding[client.node])
            self._by_place[key] = near
        return self._by_place[key]

    def _made(self, client: Client, key: tuple[int, str], contents: Sequence[int]) -> Ints:
        if key not in self._of_zone:
            self._of_zone[key] = self._new(client, contents)
        return self._of_zone[key]

    def _new(self, client: Client, contents: Sequence[int]) -> Ints:
        first = len(self._views)
        for content in contents:
            known = self._first[content]
            unresolved = known.unresolved if client.node != OUTSIDE else ""
            left = routed(self._candidates(known, None, 1.0), client, self._routing)
            members = frozenset(() if unresolved else left.endpoints.tolist())
            self._views.append(_View(client, known, unresolved, members))
        return np.arange(first, len(self._views))

    # --- one view -----------------------------------------------------------------------------------------------------

    def members(self, view: int) -> frozenset[int]:
        """The endpoints that clients may be sent to."""
        return self._views[view].members

    def nothing(self, view: int) -> Reason:
        """Why a request fails if there is none."""
        return NONE, self._views[view].unresolved or self._views[view].known.cause

    def chosen(self, view: int, answering: frozenset[int], rate: float) -> tuple[tuple[int, float], ...]:
        """Endpoint and share, while these answer and so many requests a second come."""
        one = self._views[view]
        if not one.members:
            return ()
        mixed = self.balancing.compares and not one.members <= answering
        key = (view, answering, rate) if mixed else (view, None, 1.0)
        if key not in self._shares:
            candidates = self._candidates(one.known, answering if mixed else None, key[2])
            candidates = routed(candidates, one.client, self._routing)
            shares = self.balancing.shares(candidates).tolist() if len(candidates) else []
            pairs = zip(candidates.endpoints.tolist(), shares, strict=True)
            self._shares[key] = tuple((endpoint, share) for endpoint, share in pairs if share > 0)
        return self._shares[key]

    def _candidates(self, known: Known, answering: frozenset[int] | None, rate: float) -> Candidates:
        numbers = known.listed + known.terminating
        endpoints = np.array(numbers, dtype=np.int64)
        at_each = rate / max(len(known.listed), 1)
        busy, silent = at_each * self._traffic.service_time.mean, at_each * self._traffic.timeout
        return Candidates(
            endpoints,
            self._history.nodes[endpoints],
            tuple(self._history.zones[e] for e in numbers),
            np.arange(len(endpoints)) < len(known.listed),
            self.weights[endpoints],
            np.array([busy if answering is None or e in answering else silent for e in numbers], dtype=np.float64),
        )


def endpoint_weights(traffic: Traffic, history: EndpointHistory, cluster: Cluster) -> Floats:
    """By endpoint, from where it is; a node that joined in the run is told by its zone alone."""
    given: Mapping[str, float] = {one.at: one.weight for one in traffic.weights}
    weights = np.ones(len(history.names))
    for endpoint, (node, zone) in enumerate(zip(history.nodes.tolist(), history.zones, strict=True)):
        name = cluster.nodes[node].name if 0 <= node < len(cluster.nodes) else ""
        weights[endpoint] = given.get(f"node/{name}", given.get(f"zone/{zone}", 1.0))
    return weights

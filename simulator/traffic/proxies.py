"""What the clients of a Service believe of its endpoints: the same lists as the control plane's, some time later."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import Floats
from models.cluster import Cluster
from models.distributions import Distribution, Fixed
from models.traffic import Clients, Traffic
from simulator.streams import Streams
from simulator.traffic.endpoints import Condition, EndpointHistory
from simulator.traffic.reach import Cut, sides
from simulator.traffic.routing import OUTSIDE, Client
from simulator.traffic.samples import samples


@dataclass(frozen=True)
class Known:
    """The endpoints that the control plane lists from `time` on."""

    time: float
    listed: tuple[int, ...]
    """Ready endpoints, in order of their numbers."""
    terminating: tuple[int, ...]
    """Those that are being deleted and still serve."""
    cause: str = ""
    """Why an endpoint was last taken off the list."""
    unresolved: str = ""
    """Why clients in the cluster do not find the Service by its name; "": they do."""


@dataclass(frozen=True)
class Proxy:
    """One place where clients are, and a part of the requests."""

    client: Client
    weight: float
    """Its share of all requests."""
    arrivals: Floats
    """When it learns of each of the lists; not decreasing: a later list overtakes an earlier one."""


def lists(history: EndpointHistory) -> list[Known]:
    """What the control plane lists over time; a new entry with every change that clients are told of."""
    known = [Known(history.start, (), ())]
    now: dict[int, int] = {}
    ready = int(Condition.LISTED)
    told = ready if history.headless else ready | int(Condition.TERMINATING)
    changes = zip(
        history.times.tolist(), history.endpoints.tolist(), history.conditions.tolist(), history.causes, strict=True
    )
    for time, endpoint, condition, cause in changes:
        before, after = now.get(endpoint, 0), condition & told
        if before == after:
            continue
        now[endpoint] = after
        if not after:
            del now[endpoint]
        everyone = sorted(now)
        entry = Known(
            time,
            tuple([e for e in everyone if now[e] & ready]),
            tuple([e for e in everyone if not now[e] & ready]),
            cause if before & ready and not after & ready else known[-1].cause,
        )
        if known[-1].time == time:
            known[-1] = entry
        else:
            known.append(entry)
    return _unresolved(known, history) if history.unresolved else known


def _unresolved(known: Sequence[Known], history: EndpointHistory) -> list[Known]:
    """The same lists, with entries for when clients in the cluster cease to find the Service, and find it again."""
    edges = {edge for since, until, _ in history.unresolved for edge in (since, until) if edge < history.end}
    times = [one.time for one in known]
    found = []
    for time in sorted({*times, *edges}):
        why = next((why for since, until, why in history.unresolved if since <= time < until), "")
        found.append(replace(known[bisect_right(times, time) - 1], time=time, unresolved=why))
    return found


def proxies(
    traffic: Traffic,
    known: Sequence[Known],
    cluster: Cluster,
    streams: Streams,
    away: Mapping[int, Sequence[tuple[float, float]]] = {},
    cuts: Sequence[Cut] = (),
) -> list[Proxy]:
    """Every place where clients are. Where all learn of changes at the same time, those that differ in nothing are one.

    The lag of a node is drawn from a stream of its own, one number per change. While its proxy is `away`, from and to,
    by node, it learns of nothing. Where the network is cut, those on either side differ.
    """
    cpu: dict[str, int] = {}
    for node in cluster.nodes:
        cpu[node.zone] = cpu.get(node.zone, 0) + node.allocatable.cpu
    times = np.array([one.time for one in known])
    fixed = isinstance(traffic.endpoint_lag, Fixed)
    unresolved = any(one.unresolved for one in known)
    found: dict[object, Proxy] = {}
    places = _places(traffic.clients, cluster)
    side = sides(cuts, [number for number, _ in places])
    for (number, zone), weight in places.items():
        # Without rules about places, a fixed lag makes all clients alike, but for what their own proxies miss.
        alike = (unresolved and number == OUTSIDE, away.get(number, ()), side[number])
        key: object = alike if fixed and not traffic.routing else (number, zone)
        if key in found:
            found[key] = Proxy(found[key].client, found[key].weight + weight, found[key].arrivals)
            continue
        name = cluster.nodes[number].name if number != OUTSIDE else "outside"
        stream = streams.stream(f"traffic/{traffic.service}/endpoint-lag/{name}")
        found[key] = Proxy(
            Client(number, zone, cpu), weight, _arrivals(times, traffic.endpoint_lag, stream, away.get(number, ()))
        )
    return list(found.values())


def _arrivals(
    times: Floats, lag: Distribution, stream: np.random.Generator, away: Sequence[tuple[float, float]]
) -> Floats:
    """When a proxy knows each list; the first it knows from the beginning."""
    arrivals = times + samples(lag, len(times), stream)
    for since, until in away:
        arrivals[(arrivals >= since) & (arrivals < until)] = until
    arrivals[0] = times[0]
    return np.minimum.accumulate(arrivals[::-1])[::-1]


def _places(clients: Sequence[Clients], cluster: Cluster) -> Mapping[tuple[int, str], float]:
    """(node, zone) -> share of the requests; they add up to 1."""
    total = sum(part.weight for part in clients)
    places: dict[tuple[int, str], float] = {}
    for part in clients:
        found = list(_nodes(part.at, cluster))
        if not found:
            raise ValueError(f"there is no node for the clients at {part.at!r}")
        for place in found:
            places[place] = places.get(place, 0.0) + part.weight / total / len(found)
    return places


def _nodes(at: str, cluster: Cluster) -> Iterator[tuple[int, str]]:
    kind, _, name = at.partition("/")
    if kind == "outside":
        yield OUTSIDE, ""
    for i, node in enumerate(cluster.nodes):
        if kind == "nodes" or (kind == "zone" and node.zone == name) or (kind == "node" and node.name == name):
            yield i, node.zone

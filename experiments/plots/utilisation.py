"""How full a cluster is: what pods on its nodes request of CPU and memory, and how many pods have no node."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from experiments.plots import drawing, run_frame
from experiments.plots.pods import State, spells
from models.arrays import Floats
from models.cluster import Cluster
from models.node import Resources
from simulator.log import Kind, TransitionLog
from simulator.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = 800
"""Equal stretches of time that are drawn, each with its mean and its extremes."""


def shares(
    run: Run, cluster: Cluster, start: float, end: float, basis: str, figure: "Figure | None" = None
) -> "Figure":
    """Requested share of all nodes, and of the fullest one, between two times in seconds since failures began.

    `cluster` is what was simulated. Below: the most pods at once that had no node.
    """
    from matplotlib.ticker import MaxNLocator

    log = run_frame.log_of(run)
    figure = drawing.figure(figure, (9.5, 5.2))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    found = spells(log, None, start, end)
    edges = np.linspace(start, end, POINTS + 1)
    room = _allocatable(log, cluster)
    asked = _requests(log, cluster)
    there = _there(log, start, end)
    for number, resource in enumerate(("cpu", "memory")):
        amounts = np.array([0.0 if of is None else of.amount(resource) for of in asked])
        sizes = np.array([of.amount(resource) for of in room], dtype=float)
        used = _over_time(((s.node, s.start, s.end, amounts[s.pod]) for s in found if s.node >= 0), len(room), edges)
        present = _over_time(((node, a, b, sizes[node]) for node, a, b in there), len(room), edges)
        total = used.sum(axis=0) / np.maximum(present.sum(axis=0), 1e-9)
        fullest = np.max(np.divide(used, present, out=np.zeros_like(used), where=present > 0), axis=0, initial=0.0)
        name, style = ("CPU", "memory")[number], drawing.style(number)
        upper.step(edges[:-1] - start, 100 * total, where="post", label=f"{name}, all nodes", **style)
        upper.step(edges[:-1] - start, 100 * fullest, where="post", label=f"{name}, fullest node", lw=0.8, **style)
    waiting = [(0, s.start, s.end, 1.0) for s in found if s.state is State.PENDING]
    lower.step(edges[:-1] - start, _most(waiting, edges), where="post", color="#000000", lw=1.2)
    upper.set_ylim(0, min(1.15 * upper.dataLim.y1, 105) or 1)
    upper.set_ylabel("requested of allocatable, %")
    lower.set_ylim(bottom=0)
    lower.set_ylabel("pods, no node")
    lower.yaxis.set_major_locator(MaxNLocator(integer=True))
    run_frame.time(lower, start, end)
    shows = f"the mean of each of {POINTS} stretches of time; below: the most at once"
    drawing.finish(upper, "Requested of the nodes", basis, shows)
    drawing.finish(lower, "", "", "", "both", ())
    return figure


def _requests(log: TransitionLog, cluster: Cluster) -> list[Resources | None]:
    """By pod: what it requests, as the template of its workload says; None for pods of none that is known."""
    templates = {maker.name: maker.template.spec.requests for maker in cluster.pod_makers()}
    found: list[Resources | None] = []
    for name in log.names["POD"]:
        parts = name.split("-")
        known = ("-".join(parts[:k]) for k in range(len(parts), 0, -1))
        found.append(next((templates[maker] for maker in known if maker in templates), None))
    return found


def _allocatable(log: TransitionLog, cluster: Cluster) -> list[Resources]:
    """By node: of those that joined later, what the nodes of their pool have."""
    own: Mapping[str, Resources] = {node.name: node.allocatable for node in cluster.nodes}
    pools = {pool.name: pool.node(0, zone).allocatable for pool in cluster.pools for zone in (*pool.zones, "")[:1]}
    return [own.get(name) or pools.get(name.rpartition("-")[0]) or Resources() for name in log.names["NODE"]]


def _there(log: TransitionLog, start: float, end: float) -> list[tuple[int, float, float]]:
    """Nodes, and from when until when there was one; those of the beginning have always been there."""
    rows = log.of_kind(Kind.NODE_EXISTS)[:, (0, 2, 4)].tolist()
    first = {int(node): new for _, node, new in reversed(rows)}
    joined = {node: -np.inf for node in range(len(log.zones)) if not first.get(node)}
    found = []
    for time, node, new in rows:
        if new:
            joined[int(node)] = time
        else:
            found.append((int(node), joined.pop(int(node)), time))
    found += [(node, time, np.inf) for node, time in joined.items()]
    return [(node, max(a, start), min(b, end)) for node, a, b in found if a < end and b > start]


def _over_time(spans: Iterable[tuple[float, ...]], nodes: int, edges: Floats) -> Floats:
    """By node and stretch of time: the mean of amounts (node, start, end, amount), each there from start to end."""
    rows = np.array(list(spans), dtype=np.float64).reshape(-1, 4)
    found = np.zeros((nodes, len(edges) - 1))
    for node in np.unique(rows[:, 0]).astype(int):
        mine = rows[rows[:, 0] == node]
        times = np.unique(np.concatenate((mine[:, 1], mine[:, 2])))
        steps = np.zeros(len(times))
        np.add.at(steps, np.searchsorted(times, mine[:, 1]), mine[:, 3])
        np.add.at(steps, np.searchsorted(times, mine[:, 2]), -mine[:, 3])
        area = np.concatenate(([0.0], np.cumsum(np.cumsum(steps)[:-1] * np.diff(times))))
        found[node] = np.diff(np.interp(edges, times, area)) / np.diff(edges)
    return found


def _most(spans: list[tuple[int, float, float, float]], edges: Floats) -> Floats:
    """By stretch of time: how many of the spans were under way at once, at most."""
    begun, over = np.sort([span[1] for span in spans]), np.sort([span[2] for span in spans])
    times = np.unique(np.concatenate((edges[:-1], begun)))
    counts = np.searchsorted(begun, times, "right") - np.searchsorted(over, times, "right")
    found: Floats = np.maximum.reduceat(counts, np.searchsorted(times, edges[:-1])) + 0.0
    return found

"""How long a pod of a recorded trace takes to be placed: here, and in other simulators as they were published."""

import gc
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.report.table import Column, Row, Table
from experiments.traces import openb
from models.node import Node, Resources
from models.pod import PodSpec, PodTemplate
from simulator.placement import Arrival, place


@dataclass(frozen=True)
class PlacedTrace:
    """One simulator on a trace."""

    simulator: str
    nodes: int
    pods: int
    placed: float
    """Pods that got a node; of several runs the mean, as all that follows."""
    seconds: float
    """Wall time."""
    cpu_s: float
    """CPU seconds of all its processes."""
    memory_gib: float
    """Peak memory."""
    source: str
    """Who measured it."""

    @property
    def milliseconds(self) -> float | None:
        """CPU milliseconds a placed pod; None if none was placed."""
        return 1000 * self.cpu_s / self.placed if self.placed else None


_KUBESBS = "KubeSBS"
PUBLISHED = (
    PlacedTrace("k8s-cluster-simulator (pfnet)", 1200, 7064, 7064, 19.0, 117.0, 0.15, _KUBESBS),
    PlacedTrace("KWOK", 1200, 7064, 7050.7, 328.7, 302.7, 1.48, _KUBESBS),
    PlacedTrace("open-simulator", 1200, 7064, 7064, 178.3, 754.7, 5.53, _KUBESBS),
    PlacedTrace("kube-scheduler-simulator", 1200, 7064, 7049.7, 339.3, 1300.7, 8.23, _KUBESBS),
    PlacedTrace("SimKube", 1200, 7064, 7064, 550.3, 2381.7, 12.80, _KUBESBS),
    PlacedTrace("kubemark", 1200, 7064, 2112.3, 1731.7, 11108.0, 20.49, _KUBESBS),
)
"""Pods of the same trace, all asked for at once, on machines that are not said; means of three runs of `results-repro/
big-all` of github.com/GCDA-UDL/k8s-sims (doi:10.5281/zenodo.20694295) at commits c63d8cc and, of open-simulator,
248e133. None of them can be installed as a Python package."""


def peers(nodes: str, pods: str) -> list[PlacedTrace]:
    """An openb trace placed by kubenines, over its recorded times and all at once; then what others published.

    Its seconds include reading. `memory_gib` is the peak of the process so far. Raises InputError as the trace's reader
    does.
    """
    place([Node("node", Resources(1000, 1))], [Arrival("pod", PodTemplate(PodSpec(())))])  # the first one imports
    here = [_placed(how, nodes, pods, at_once) for how, at_once in (("as recorded", False), ("all at once", True))]
    return [*here, *PUBLISHED]


def _placed(how: str, nodes: str, pods: str, at_once: bool) -> PlacedTrace:
    gc.collect()
    begin, cpu = time.perf_counter(), time.process_time()
    machines, arrivals = openb.nodes(Path(nodes)), openb.arrivals(Path(pods))
    if at_once:
        arrivals = [Arrival(arrival.workload, arrival.template) for arrival in arrivals]
    placed = place(machines, arrivals).placed
    return PlacedTrace(
        f"kubenines, {how}",
        len(machines),
        len(arrivals),
        placed,
        time.perf_counter() - begin,
        time.process_time() - cpu,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "measured now",
    )


COLUMNS = (
    Column("SIMULATOR", "who places the pods", "name"),
    Column("NODES", "of the trace"),
    Column("PODS", "of the trace"),
    Column("PLACED", "pods that got a node"),
    Column("SECONDS", "wall time"),
    Column("CPU S", "CPU seconds of all processes"),
    Column("CPU MS A POD", "CPU milliseconds a placed pod"),
    Column("GIB", "peak memory"),
    Column("SOURCE", "who measured it"),
)


def table(rows: Sequence[PlacedTrace]) -> Table:
    """Side by side."""
    return Table(COLUMNS, tuple(map(_row, rows)))


def _row(row: PlacedTrace) -> Row:
    return (
        row.simulator,
        f"{row.nodes:,}",
        f"{row.pods:,}",
        f"{row.placed:,.0f}",
        f"{row.seconds:,.1f}",
        f"{row.cpu_s:,.1f}",
        "none placed" if row.milliseconds is None else f"{row.milliseconds:,.3g}",
        f"{row.memory_gib:,.2f}",
        row.source,
    )

"""A recorded trace on the simulator's scheduler: what became of every pod, and the machines as Node manifests."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.file.written import yaml_text
from experiments.store.files import csv_text, write
from experiments.traces import openb
from models.node import Node
from models.units import format_duration
from simulator.placement import Arrival, Placed, place

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PlacedTrace:
    """A trace and what became of it; entry i of `placed` is the pod of `arrivals[i]`."""

    nodes: Sequence[Node]
    arrivals: Sequence[Arrival]
    placed: Placed

    @classmethod
    def of_openb(cls, nodes: Path, pods: Path) -> "PlacedTrace":
        """Read an openb trace (two CSV files) and place it over its recorded times. Raises InputError."""
        machines, arrivals = openb.nodes(nodes), openb.arrivals(pods)
        return cls(machines, arrivals, place(machines, arrivals))

    def to_frame(self) -> "pd.DataFrame":
        """A row per pod, in the order of creation: created_s, deleted_s, bound_s and node (both empty: never bound)."""
        import pandas as pd

        # The same order as they were created in: by time, and as listed where that is equal.
        order = sorted(range(len(self.arrivals)), key=lambda i: self.arrivals[i].at)
        rows: list[dict[str, Any]] = []
        for number, i in enumerate(order):
            pod, node = self.arrivals[i], self.placed.nodes[number]
            bound = pod.at + self.placed.waited[number] if node >= 0 else math.nan
            rows.append(
                {
                    "pod": pod.workload,
                    "created_s": pod.at,
                    "bound_s": bound,
                    "deleted_s": pod.until if pod.until < math.inf else math.nan,
                    "node": self.nodes[node].name if node >= 0 else "",
                    "reason": self.placed.reasons.get(number, ""),
                }
            )
        return pd.DataFrame(rows)

    def manifests(self) -> str:
        """The machines as Node manifests, which `cluster.nodes` of an experiment takes."""
        return "---\n".join(yaml_text(_manifest(node)) for node in self.nodes)

    def save(self, folder: Path) -> list[Path]:
        """Write nodes.yaml and placements.csv; gives their paths."""
        write(folder / "nodes.yaml", self.manifests())
        write(folder / "placements.csv", csv_text(self.to_frame()))
        return [folder / "nodes.yaml", folder / "placements.csv"]

    def summary(self) -> Iterator[str]:
        """What became of the pods, in lines."""
        waited = sorted(w for w, node in zip(self.placed.waited, self.placed.nodes, strict=True) if node >= 0)
        yield f"{len(self.nodes)} nodes, {len(self.arrivals)} pods: {self.placed.placed} placed"
        half, most, all_ = (_seconds(waited, share) for share in (0.5, 0.99, 1.0))
        yield f"they waited: median {half}, 99 % {most}, at most {all_}"
        for reason in dict.fromkeys(self.placed.reasons.values()):
            pods = sum(other == reason for other in self.placed.reasons.values())
            yield f"not placed at the end, {pods} pods: {reason}"
        gone = len(self.arrivals) - self.placed.placed - len(self.placed.reasons)
        if gone:
            yield f"gone before they were placed: {gone} pods"


def _seconds(sorted_: Sequence[float], share: float) -> str:
    if not sorted_:
        return "-"
    return format_duration(sorted_[min(int(share * len(sorted_)), len(sorted_) - 1)])


def _manifest(node: Node) -> dict[str, Any]:
    amounts = node.allocatable
    allocatable = {"cpu": f"{amounts.cpu}m", "memory": str(amounts.memory), "pods": str(node.pods)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": dict(node.labels)},
        "status": {"allocatable": allocatable | {name: str(amount) for name, amount in amounts.other.items()}},
    }

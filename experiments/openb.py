"""The openb trace: nodes and pods of a production GPU cluster, as CSV (github.com/alibaba/clusterdata).

A GPU is 1,000 of the resource `GPU_MILLI`, of which a pod asks for its share of each GPU times their number; which GPU
of a node it gets is not modelled. `gpu_spec` becomes required node affinity on the label `MODEL_LABEL`.
"""

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from models.labels import Operator, Requirement
from models.node import HOSTNAME_LABEL, Node, Resources
from models.pod import Affinity, Container, NodeSelectorTerm, PodSpec, PodTemplate
from models.problems import InputError, Location, Problem
from simulator.placement import Arrival

GPU_MILLI = "alibabacloud.com/gpu-milli"
MODEL_LABEL = "alibabacloud.com/gpu-card-model"
_MIB = 1024**2


def nodes(path: Path) -> list[Node]:
    """The machines, in the order of the file. Raises InputError for a file that is not such a list."""
    return [
        Node(
            row["sn"],
            Resources(int(row["cpu_milli"]), int(row["memory_mib"]) * _MIB, {GPU_MILLI: 1000 * int(row["gpu"])}),
            labels={HOSTNAME_LABEL: row["sn"], **({MODEL_LABEL: row["model"]} if row["model"] else {})},
        )
        for row in _rows(path, ("sn", "cpu_milli", "memory_mib", "gpu", "model"))
    ]


def arrivals(path: Path) -> list[Arrival]:
    """The pods with the times of their creation and deletion, in seconds. Raises InputError as `nodes`."""
    columns = ("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec", "creation_time", "deletion_time")
    pods = []
    for row in _rows(path, columns):
        gpu = int(row["num_gpu"]) * int(row["gpu_milli"] or 0)
        container = Container(
            "main",
            requests=Resources(int(row["cpu_milli"]), int(row["memory_mib"]) * _MIB, {GPU_MILLI: gpu} if gpu else {}),
            declared=frozenset({"cpu", "memory"}),
        )
        affinity = Affinity()
        if row["gpu_spec"]:
            models = Requirement(MODEL_LABEL, Operator.IN, tuple(row["gpu_spec"].split("|")))
            affinity = Affinity(node_required=(NodeSelectorTerm((models,)),))
        until = float(row["deletion_time"]) if row["deletion_time"] else math.inf
        template = PodTemplate(PodSpec((container,), affinity=affinity))
        pods.append(Arrival(row["name"], template, at=float(row["creation_time"]), until=until))
    return pods


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            location = Location(str(path), 1, 1)
            raise InputError(
                [Problem(location, "", f"expected the columns {', '.join(columns)} ({missing[0]} missing)")]
            )
        yield from reader

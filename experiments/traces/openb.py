"""The openb trace: nodes and pods of a production GPU cluster, as CSV (github.com/alibaba/clusterdata).

A GPU is 1,000 of the resource `GPU_MILLI`, of which a pod asks for its share of each GPU times their number; which GPU
of a node it gets is not modelled. `gpu_spec` becomes required node affinity on the label `MODEL_LABEL`.
"""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias, TypeVar

from models.input.csv_files import CsvFile, number
from models.input.problems import InputError, Location, Problem, shown
from models.labels import Operator, Requirement
from models.manifests.names import wrong_subdomain
from models.node import HOSTNAME_LABEL, Node, Resources
from models.pod import Affinity, Container, NodeSelectorTerm, PodSpec, PodTemplate
from simulator.placement import Arrival

GPU_MILLI = "alibabacloud.com/gpu-milli"
MODEL_LABEL = "alibabacloud.com/gpu-card-model"
_MIB = 1024**2

Row: TypeAlias = Mapping[str, str]
T = TypeVar("T")


def nodes(path: Path) -> list[Node]:
    """The machines, in the order of the file. Raises InputError for a file that is not such a list."""

    def node(row: Row) -> Node:
        cpu, memory, gpus = (_whole(row, column) for column in ("cpu_milli", "memory_mib", "gpu"))
        labels = {HOSTNAME_LABEL: row["sn"], **({MODEL_LABEL: row["model"]} if row["model"] else {})}
        return Node(row["sn"], Resources(cpu, memory * _MIB, {GPU_MILLI: 1000 * gpus}), labels=labels)

    return _read(path, ("sn", "cpu_milli", "memory_mib", "gpu", "model"), node)


def arrivals(path: Path) -> list[Arrival]:
    """The pods with the times of their creation and deletion, in seconds. Raises InputError as `nodes`."""
    columns = ("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec", "creation_time", "deletion_time")

    def arrival(row: Row) -> Arrival:
        cpu, memory, gpus = (_whole(row, column) for column in ("cpu_milli", "memory_mib", "num_gpu"))
        gpu = gpus * (_whole(row, "gpu_milli") if row["gpu_milli"] else 0)
        container = Container(
            "main",
            requests=Resources(cpu, memory * _MIB, {GPU_MILLI: gpu} if gpu else {}),
            declared=frozenset({"cpu", "memory"}),
        )
        affinity = Affinity()
        if row["gpu_spec"]:
            models = Requirement(MODEL_LABEL, Operator.IN, tuple(row["gpu_spec"].split("|")))
            affinity = Affinity(node_required=(NodeSelectorTerm((models,)),))
        at = _seconds(row, "creation_time")
        until = _seconds(row, "deletion_time") if row["deletion_time"] else math.inf
        if until < at:
            raise ValueError(f"deletion_time: before the creation (got {row['deletion_time']})")
        return Arrival(row["name"], PodTemplate(PodSpec((container,), affinity=affinity)), at=at, until=until)

    return _read(path, columns, arrival)


def _read(path: Path, columns: tuple[str, ...], made: Callable[[Row], T]) -> list[T]:
    """What every row stands for; all rows of which that cannot be said are problems."""
    found: list[T] = []
    table = CsvFile(path)
    try:
        places = {column: table.column(column) for column in columns}
    except ValueError as error:
        message = f"expected the columns {', '.join(columns)} ({error})"
        raise InputError([Problem(Location(table.file, 1, 1), "", message)]) from None
    lines: dict[str, int] = {}
    for line, row in table.rows():
        values = {column: row[place].strip() for column, place in places.items()}
        name = values[columns[0]]
        try:
            if wrong := wrong_subdomain(name):
                raise ValueError(f"{columns[0]}: {wrong}")
            if lines.setdefault(name, line) != line:
                raise ValueError(f"{columns[0]}: the name {name!r} is taken (line {lines[name]})")
            found.append(made(values))
        except ValueError as error:
            table.problem(line, str(error))
    return found


def _whole(row: Row, column: str) -> int:
    if not re.fullmatch("[0-9]{1,12}", row[column]):
        raise ValueError(f"{column}: expected a whole number (got {shown(row[column])})")
    return int(row[column])


def _seconds(row: Row, column: str) -> float:
    try:
        seconds = number(row[column])
    except ValueError:
        seconds = -1.0
    if seconds < 0:
        raise ValueError(f"{column}: expected seconds (got {shown(row[column])})")
    return seconds

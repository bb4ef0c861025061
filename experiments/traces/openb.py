"""The openb trace: nodes and pods of a production GPU cluster, as CSV (github.com/alibaba/clusterdata).

A GPU is 1,000 of the resource `GPU_MILLI`, of which a pod asks for its share of each GPU times their number; which GPU
of a node it gets is not modelled. `gpu_spec` becomes required node affinity on the label `MODEL_LABEL`.
"""

import csv
import io
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias, TypeVar

from models.input.problems import InputError, Location, Problem
from models.labels import Operator, Requirement
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
        until = _seconds(row, "deletion_time") if row["deletion_time"] else math.inf
        template = PodTemplate(PodSpec((container,), affinity=affinity))
        return Arrival(row["name"], template, at=_seconds(row, "creation_time"), until=until)

    return _read(path, columns, arrival)


def _read(path: Path, columns: tuple[str, ...], made: Callable[[Row], T]) -> list[T]:
    """What every row stands for; all rows of which that cannot be said are problems."""
    found: list[T] = []
    problems: list[Problem] = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError([Problem(Location(str(path)), "", "not UTF-8 text; expected CSV")]) from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if missing := [column for column in columns if column not in (rows.fieldnames or ())]:
        message = f"expected the columns {', '.join(columns)} ({missing[0]} missing)"
        raise InputError([Problem(Location(str(path), 1, 1), "", message)])
    for row in rows:
        try:
            found.append(made({column: row[column] or "" for column in columns}))
        except ValueError as error:
            problems.append(Problem(Location(str(path), rows.line_num, 1), "", str(error)))
    if problems:
        raise InputError(problems)
    return found


def _whole(row: Row, column: str) -> int:
    if not row[column].strip().isdecimal():
        raise ValueError(f"{column}: expected a whole number (got {row[column]!r})")
    return int(row[column])


def _seconds(row: Row, column: str) -> float:
    try:
        return float(row[column])
    except ValueError:
        raise ValueError(f"{column}: expected seconds (got {row[column]!r})") from None

"""Stored runs: the transition log of a replication as Parquet, with all that it takes to measure the run again.

A row per transition: `time` (seconds since failures began), `kind` (`simulator.log.Kind`), `subject` (a number) and its
`name`, `old`, `new`, `cause`. The file's metadata, under `kubenines`, hold what else a `Run` and its log know, as JSON;
the Services' histories are in the rows.
"""

import json
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.job_run import JobRun
from simulator.job_run import Outcome as JobOutcome
from simulator.log import Kind, TransitionLog
from simulator.run import Run, histories
from simulator.stories.attempts import Attempt, Outcome

if TYPE_CHECKING:
    import pyarrow as pa

_METADATA = b"kubenines"
_KINDS = sorted(Kind)  # by their numbers, wherever they stand in the enumeration
_OF_RUN = ("seed", "replication", "start", "end", "transitions", "strikes", "pending", "exposure", "notes")
_OF_LOG = ("causes", "names", "zones", "prices", "selected_by", "endpoint_of", "in_front_of", "publishing", "headless")


def stored(run: Run) -> bytes:
    """A run that kept its log, as the contents of a Parquet file: the same bytes for the same run."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    log = run.log
    if log is None:
        raise ValueError("the run kept no log")
    kinds, subjects = log.column("kind"), log.column("subject")
    facts: dict[str, Any] = {name: getattr(run, name) for name in _OF_RUN}
    facts["attempts"] = [asdict(attempt) for attempt in run.attempts]
    facts["job_runs"] = [asdict(job_run) for job_run in run.job_runs]
    facts |= {name: getattr(log, name) for name in _OF_LOG}
    if log.control_plane != TransitionLog().control_plane:
        facts["control_plane"] = log.control_plane
    table = pa.table(
        {
            "time": log.column("time").copy(),
            "kind": pa.array([kind.name for kind in _KINDS]).take(kinds.astype(np.int64)),
            "subject": subjects.copy(),
            "name": _names(log, kinds, subjects),
            "old": log.column("old").copy(),
            "new": log.column("new").copy(),
            "cause": pa.array(log.causes).take(log.column("cause").astype(np.int64)),
        }
    )
    sink = BytesIO()
    with pq.ParquetWriter(sink, table.schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({_METADATA: json.dumps(facts, default=sorted, ensure_ascii=False)})
    return sink.getvalue()


def _names(log: TransitionLog, kinds: "np.ndarray[Any, Any]", subjects: "np.ndarray[Any, Any]") -> "pa.Array[Any]":
    import pyarrow as pa

    groups = list(log.names)
    begin = dict(zip(groups, np.cumsum([0, *(len(log.names[group]) for group in groups)]).tolist(), strict=False))
    offsets = np.array([begin[kind.name.split("_")[0]] for kind in _KINDS])
    return pa.array([name for group in groups for name in log.names[group]], pa.string()).take(
        offsets[kinds] + subjects
    )


def read(path: Path) -> Run:
    """The run whose log is in this file, equal to the one that was stored."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        table, facts = file.read(), json.loads(file.metadata.metadata[_METADATA])

    def codes(column: str, names: list[str]) -> Any:
        return pc.index_in(table[column], value_set=pa.array(names, pa.string())).to_numpy()

    kinds = codes("kind", [kind.name for kind in _KINDS])
    plain = {name: table[name].to_numpy() for name in ("time", "subject", "old", "new")}
    log = TransitionLog.of_columns(
        np.column_stack(
            (plain["time"], kinds, plain["subject"], plain["old"], plain["new"], codes("cause", facts["causes"]))
        )
    )
    log.causes, log.names, log.zones = facts["causes"], facts["names"], facts["zones"]
    log.prices = facts["prices"]
    log.control_plane = facts.get("control_plane", log.control_plane)
    log.selected_by = [tuple(services) for services in facts["selected_by"]]
    log.endpoint_of = [tuple(services) for services in facts["endpoint_of"]]
    log.in_front_of = {kind: [tuple(services) for services in of] for kind, of in facts["in_front_of"].items()}
    log.publishing, log.headless = frozenset(facts["publishing"]), frozenset(facts["headless"])
    return Run(
        seed=facts["seed"],
        replication=facts["replication"],
        start=facts["start"],
        end=facts["end"],
        services=histories(log, facts["start"], facts["end"]),
        transitions=facts["transitions"],
        strikes=facts["strikes"],
        attempts=tuple(Attempt(**of | {"outcome": Outcome(of["outcome"])}) for of in facts["attempts"]),
        pending=facts["pending"],
        job_runs=tuple(JobRun(**of | {"outcome": JobOutcome(of["outcome"])}) for of in facts["job_runs"]),
        exposure={name: (fired, hazard, seconds) for name, (fired, hazard, seconds) in facts["exposure"].items()},
        log=log,
        notes=tuple(facts["notes"]),
    )

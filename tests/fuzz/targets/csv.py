"""CSV files: logs of outages, of which laws are fitted, and traces of pods and of requests."""

import json
import random
import warnings
from pathlib import Path

from experiments.file.outages import read_outages
from experiments.file.traffic import TraceProblem, TraceRate
from experiments.fitting import page
from experiments.traces.placed import PlacedTrace
from models.input.problems import InputError, Location, Problem
from tests.fuzz.mutations import ODD_TEXTS, bytes_mutant, text_mutant
from tests.fuzz.target import Target, kept, refused

_LOG = "node,start,end\n" + "".join(
    f"n{node},{start},{start + lasting}\n"
    for node in range(3)
    for start, lasting in ((500 * node + 100 * i**2, 5 + (7 * i + node) % 11) for i in range(1, 6))
)
_DATES = 'host;began;x;ended\na;2005-06-21T10:54;;2005-06-21 11:00\n"a";2005-07-01;1;\nb;2006-01-01T10:00;;2006-01-03'
_LOGS = (_LOG, _DATES.replace(";", ",").replace("began", "start").replace("ended", "end"), _LOG.replace("\n", "\r\n"))
_NODES = "sn,cpu_milli,memory_mib,gpu,model\na,32000,262144,0,\nb,64000,262144,2,P100\nc,64000,262144,8,G2\n"
_PODS = (
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time\n"
    "p,4000,1024,1,460,G2,0,100\nq,4000,1024,2,1000,P100|T4,5,50\nr,4000,1024,2,1000,P100,6,90\ns,99000,1024,0,0,,7,\n"
)
_RATES = "time,rate\n0,1\n60,4.5\n120,0\n"
_ODD_CELLS = ("nan", "inf", "-1", "1e400", "1e-400", "1e15", "1e308", "", " ", "0", "1", "2005-06-21", "9" * 30, "1.5")


def seeds(folder: Path) -> list[bytes]:
    """The kind of the file in the first line, then the file."""
    files = [*(("outages", log) for log in _LOGS), ("nodes", _NODES), ("pods", _PODS), ("rates", _RATES)]
    return [*kept("csv"), *(f"{kind}\n{text}".encode() for kind, text in files)]


def mutate(generator: random.Random, seeds: list[bytes]) -> bytes:
    kind, _, data = generator.choice(seeds).partition(b"\n")
    if generator.random() < 0.25:
        return kind + b"\n" + bytes_mutant(generator, data, seeds)
    try:
        rows = [line.split(",") for line in data.decode().split("\n")]
    except UnicodeDecodeError:
        return kind + b"\n" + bytes_mutant(generator, data, seeds)
    for _ in range(generator.choice((1, 1, 2, 5))):
        _change(generator, rows)
    text = "\n".join(",".join(row) for row in rows)
    return kind + b"\n" + text.encode("utf-8", "surrogatepass")


def _change(generator: random.Random, rows: list[list[str]]) -> None:
    """A cell, a row or a column after a change."""
    number = generator.randrange(len(rows))
    row = rows[number]
    column = generator.randrange(len(row))
    match generator.randrange(9):
        case 0 | 1:
            row[column] = generator.choice(_ODD_CELLS)
        case 2:
            row[column] = generator.choice(ODD_TEXTS)
        case 3:
            row[column] = text_mutant(generator, row[column])
        case 4:
            rows.insert(number, list(row))
        case 5 if len(rows) > 1:
            del rows[number]
        case 6:
            row[column] = generator.choice(generator.choice(rows))
        case 7:
            row[column] = json.dumps(row[column])
        case _:
            digits = [i for i, letter in enumerate(row[column]) if letter.isdigit()]
            if digits:
                at = generator.choice(digits)
                row[column] = row[column][:at] + generator.choice("0123456789") + row[column][at + 1 :]


def attempt(data: bytes, folder: Path) -> bool:
    kind, _, contents = data.partition(b"\n")
    path = folder / "file.csv"
    path.write_bytes(contents)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            _read(kind, path, folder)
    except InputError as error:
        return refused(error.problems)
    except TraceProblem as error:
        return refused([Problem(Location("experiment.yaml", 1, 1), "rate.path", str(error))])
    return True


def _read(kind: bytes, path: Path, folder: Path) -> None:
    match kind:
        case b"outages":
            fitted = page.fit(read_outages(path), None, "last")
            page.lines(fitted)
            page.snippet(fitted)
            json.dumps(page.as_json(fitted), allow_nan=False)
        case b"rates":
            TraceRate(kind="trace", path=path.name, period="1000s").read(str(folder))
        case _:
            (folder / "nodes.csv").write_text(_NODES)
            (folder / "pods.csv").write_text(_PODS)
            files = {"nodes": folder / "nodes.csv", "pods": folder / "pods.csv"} | {kind.decode("latin-1"): path}
            trace = PlacedTrace.of_openb(files["nodes"], files["pods"])
            list(trace.summary())
            trace.save(folder / "placed")


TARGET = Target("csv", seeds, mutate, attempt)

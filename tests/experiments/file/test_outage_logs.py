"""Experiments that replay a log of outages: its file is read, checked and kept."""

from pathlib import Path

import pytest

from experiments import Experiment
from experiments.file import outage_logs
from experiments.file.outages import Format, read_outages
from experiments.file.outages import OutageLog as Log
from experiments.report.remarks import strikes
from models.input.problems import InputError
from simulator.failures.outage_log import NodeOutage, OutageLog

SHOP = Path(__file__).resolve().parents[3] / "experiments" / "manifests" / "shop.yaml"
EXPERIMENT = """\
apiVersion: kubenines/v1
kind: Experiment
metadata: {{name: replay}}
spec:
  duration: {duration}
  replications: 2
  cluster: {{pools: [{{name: general, count: 3, zones: [a], allocatable: {{cpu: "4", memory: 16Gi}}}}]}}
  manifests: [{shop}]
  services: [{{name: frontend}}]
  failures:
  - {{name: log, type: outageLog, {written}}}
"""


def experiment(
    folder: Path, log: str, written: str = "path: log.csv, assign: inOrder", duration: str = "1d"
) -> Experiment:
    (folder / "log.csv").write_text(log, encoding="utf-8")
    file = folder / "replay.yaml"
    file.write_text(EXPERIMENT.format(shop=SHOP, written=written, duration=duration), encoding="utf-8")
    return Experiment.from_yaml(file)


def problems(folder: Path, log: str, written: str = "path: log.csv") -> list[str]:
    with pytest.raises(InputError) as raised:
        experiment(folder, log, written)
    return [str(problem).replace(str(folder), "") for problem in raised.value.problems]


def outages(found: Experiment) -> tuple[NodeOutage, ...]:
    [mode] = found.scenarios()[0].failures
    assert isinstance(mode, OutageLog)
    return mode.outages


def test_seconds_count_from_time_0_and_dates_from_the_first_start(tmp_path: Path) -> None:
    seconds = experiment(tmp_path, "node,start,end\nx,60,120\ny,90,\n")
    assert outages(seconds) == (NodeOutage("x", 60.0, 120.0), NodeOutage("y", 90.0, None))
    dates = experiment(tmp_path, "host,down,up\nx,2026-01-02T00:01,2026-01-02T00:03\ny,2026-01-02,2026-01-03\n")
    assert outages(dates) == (NodeOutage("x", 60.0, 180.0), NodeOutage("y", 0.0, 86_400.0))


def test_it_strikes_as_often_as_the_log_says(tmp_path: Path) -> None:
    found = experiment(tmp_path, "node,start,end\nx,60,120\ny,90,200\nx,5000,6000\n")
    [counts] = strikes(found.run(workers=1, progress=False)).values()
    assert counts == {"log": 3 * 2}


def test_the_file_is_an_input_of_the_experiment_and_another_content_another_scenario(tmp_path: Path) -> None:
    one = experiment(tmp_path, "node,start,end\nx,60,120\n")
    assert str(tmp_path / "log.csv") in one.design.inputs
    first = one.scenarios()[0].id
    assert experiment(tmp_path, "node,start,end\nx,60,121\n").scenarios()[0].id != first
    assert experiment(tmp_path, "node,start,end\nx,60,120\n").scenarios()[0].id == first


def test_written_elsewhere_it_is_the_same_experiment(tmp_path: Path) -> None:
    one = experiment(tmp_path, "node,start,end\nx,60,120\n")
    (tmp_path / "elsewhere").mkdir()
    one.to_yaml(tmp_path / "elsewhere" / "again.yaml")
    again = Experiment.from_yaml(tmp_path / "elsewhere" / "again.yaml")
    assert again.scenarios()[0].id == one.scenarios()[0].id


def test_nodes_that_there_are_not_are_named_with_their_line(tmp_path: Path) -> None:
    assert problems(tmp_path, "node,start,end\ngeneral-1,1,2\ngeneral-33,60,120\n") == [
        "/log.csv:3:1: there is no node 'general-33'; did you mean 'general-3'?"
    ]
    assert problems(tmp_path, "node,start,end\na,1,2\nb,1,2\nc,1,2\nd,1,2\n", "path: log.csv, assign: inOrder") == [
        "/log.csv:5:1: 'd' is one node more than the 3 of the cluster"
    ]


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("node,start,end\ngeneral-1,5,2\n", "/log.csv:2:13: end: the outage ends before it starts (5)"),
        ("node,start,end\ngeneral-1,-5,2\n", "/log.csv:2:1: the outage starts before failures begin (-5 s)"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_with_its_place(tmp_path: Path, log: str, message: str) -> None:
    assert problems(tmp_path, log) == [message]


def test_a_file_that_is_not_there_is_a_problem_of_the_line_that_names_it(tmp_path: Path) -> None:
    [found] = problems(tmp_path, "", "path: lgo.csv")
    assert found.startswith("/replay.yaml:11:")
    assert "no such file" in found


def test_outages_may_be_written_in_the_experiment(tmp_path: Path) -> None:
    found = experiment(tmp_path, "", "outages: [{node: general-1, start: 1h, end: 2h}]")
    assert outages(found) == (NodeOutage("general-1", 3600.0, 7200.0),)
    [wrong] = problems(tmp_path, "", "outages: [{node: general-9, start: 1h, end: 2h}]")
    assert "there is no node 'general-9'" in wrong


def test_outages_after_the_end_are_told_of(tmp_path: Path) -> None:
    found = experiment(tmp_path, "node,start,end\nx,60,120\ny,90000,90001\n")
    assert "log (outageLog): 1 outage of its log not met: the run is over before" in found.warnings


def test_a_log_is_read_once_for_all_policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(path: str, written: Format) -> Log:
        read.append(path)
        return read_outages(path, written)

    monkeypatch.setattr(outage_logs, "read_outages", counted)
    experiment(tmp_path, "node,start,end\nx,60,120\n")
    with (tmp_path / "replay.yaml").open("a") as file:
        file.write("  policies: [{name: a}, {name: b}]\n")
    read.clear()
    assert len(Experiment.from_yaml(tmp_path / "replay.yaml").scenarios()) == 2
    assert len(read) == 1

"""The benchmark of placing beside other simulators."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.bench.peers import PUBLISHED
from experiments.cli import cli
from tests.experiments.traces.test_openb import NODES, PODS


@pytest.fixture
def trace(tmp_path: Path) -> list[str]:
    """One node that takes either of two pods, the second of which comes when the first is gone."""
    nodes, pods = tmp_path / "nodes.csv", tmp_path / "pods.csv"
    nodes.write_text(f"{NODES}\na,4000,262144,0,\n")
    pods.write_text(f"{PODS}\np,4000,1024,0,0,,LS,Running,0,100,0\nq,4000,1024,0,0,,LS,Running,200,300,200\n")
    return [str(nodes), str(pods)]


def test_pods_come_and_go_or_are_there_all_at_once(trace: list[str]) -> None:
    found = json.loads(CliRunner().invoke(cli, ["bench", "peers", *trace, "--format", "json"]).stdout)
    assert [(row["simulator"], row["placed"]) for row in found[:2]] == [
        ("kubenines, as recorded", 2),
        ("kubenines, all at once", 1),
    ]
    assert [row["simulator"] for row in found[2:]] == [row.simulator for row in PUBLISHED]
    assert all(row["milliseconds"] == pytest.approx(1000 * row["cpu_s"] / row["placed"]) for row in found)


def test_the_table_says_whose_figures_these_are(trace: list[str]) -> None:
    heading, ours, *_, last = CliRunner().invoke(cli, ["bench", "peers", *trace]).stdout.splitlines()
    assert heading.split()[:4] == ["SIMULATOR", "NODES", "PODS", "PLACED"]
    assert ours.endswith("measured now")
    assert last.split() == [
        "kubemark",
        "1,200",
        "7,064",
        "2,112",
        "1,731.7",
        "11,108.0",
        "5.26e+03",
        "20.49",
        "KubeSBS",
    ]

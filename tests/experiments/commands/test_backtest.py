"""`kubenines backtest`."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from experiments.backtest import services
from experiments.cli import main
from experiments.experiment import Experiment
from models.input.problems import Refusal

EXPERIMENT = """
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: nodes}
spec:
  duration: 30d
  replications: 2
  cluster: {pools: [{name: general, count: 4, zones: [a, b], allocatable: {cpu: "4", memory: 16Gi}}]}
  manifests: [app.yaml]
  failures:
  - {name: node-crash, type: nodeCrash, timeToFailure: {kind: fixed, value: 1d}, timeToRepair: {kind: fixed, value: 1h}}
  - {name: crash, type: containerCrash, timeToFailure: {kind: exponential, mean: 90d}}
  policies: [{name: one}, {name: two, replicas: 2}]
"""
APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1", resources: {requests: {cpu: 500m}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
HOUR = 3600


def rows(outages: int, nodes: int = 4, system: str | None = None) -> str:
    """A log of outages of half an hour or so each, all through 40 days."""
    lines = []
    for i in range(outages):
        at = (i + 1) * 40 * 24 * HOUR // (outages + 1)
        name = f"m{i % nodes}"
        lines.append(f"{f'{system},' if system else ''}{name},{at},{at + 600 + (i * 977) % 3600}\n")
    return "".join(lines)


@pytest.fixture
def backtest(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    Path("log.csv").write_text("node,start,end\n" + rows(24))
    Path("app.yaml").write_text(APP)
    Path("nodes.yaml").write_text(EXPERIMENT)

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["backtest", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_a_log_is_foretold_and_scored(backtest: Any) -> None:
    code, out, err = backtest("log.csv")
    assert (code, err) == (0, "")
    for said in (
        "log.csv: 4 nodes; fitted to 12 outages from",
        "timeToFailure: {kind:",
        "FORETOLD",
        "95% CI",
        "--nodes",
    ):
        assert said in out
    assert [line.split("  ")[0] for line in out.splitlines()[-2:]] == ["node availability", "node outages"]


def test_json_has_it_all_and_the_same_seed_the_same_bytes(backtest: Any) -> None:
    first = backtest("log.csv", "--format", "json", "--nodes", "6")[1]
    assert backtest("log.csv", "--format", "json", "--nodes", "6")[1] == first
    assert backtest("log.csv", "--format", "json", "--nodes", "6", "--seed", "2")[1] != first
    [only] = json.loads(first)["backtests"]
    assert (only["nodes"], only["fittedTo"]) == (6, 12)
    availability, outages = only["predictions"]
    assert (availability["quantity"], outages["quantity"]) == ("availability", "number")
    for one in (availability, outages):
        assert one["low"] <= one["median"] <= one["high"]
        assert one["inside"] == (one["low"] <= one["happened"] <= one["high"])
        assert set(one["naive"]) == {"asBefore", "exponential"}
    assert outages["happened"] == 12
    assert outages["naive"]["asBefore"]["crps"] == pytest.approx(0.0, abs=0.1)


def test_the_split_may_be_a_time(backtest: Any) -> None:
    [only] = json.loads(backtest("log.csv", "--format", "json", "--split", str(10 * 24 * HOUR))[1])["backtests"]
    assert (only["split"], only["fittedTo"]) == (864000.0, 6)


def test_few_outages_are_said_to_be_few_and_foretold_widely(backtest: Any) -> None:
    Path("few.csv").write_text("node,start,end\na,1000,2000\na,50000,50600\nb,90000,91000\n")
    code, out, _ = backtest("few.csv", "--observed-from", "0", "--observed-until", "100000", "--format", "json")
    assert code == 0
    [only] = json.loads(out)["backtests"]
    assert only["notes"][0].startswith("1 outage before the split cannot tell one law from another")
    outages = only["predictions"][1]
    assert (outages["low"], outages["inside"]) == (0, True)
    assert outages["high"] >= 4


def test_several_systems_have_a_table_and_a_coverage(backtest: Any) -> None:
    Path("two.csv").write_text("system,node,start,end\n" + rows(24, system="10") + rows(16, system="2"))
    code, out, err = backtest("two.csv", "--by", "system")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[2:4]] == ["2", "10"]  # numbers by size
    assert "node outages: 2 of 2 intervals hold what happened: 100% [16%, 100%]" in out
    assert "note: fewer than 20 outages before the split" in out


def test_a_directory_is_a_log_a_system(backtest: Any) -> None:
    Path("logs").mkdir()
    for name in ("b", "a"):
        Path(f"logs/{name}.csv").write_text("node,start,end\n" + rows(12))
    found = json.loads(backtest("logs", "--format", "json")[1])
    assert [each["name"] for each in found["backtests"]] == ["a.csv", "b.csv"]
    assert [each["systems"] for each in found["coverage"]] == [2, 2]


def test_an_experiment_says_what_its_services_meet(backtest: Any) -> None:
    code, out, err = backtest("log.csv", "nodes.yaml", "-n", "20", "-j", "1", "--format", "json")
    assert (code, err) == (0, "")
    [only] = json.loads(out)["backtests"]
    by_name = {one["of"]: one for one in only["predictions"]}
    assert list(by_name)[2:] == [
        "availability of web under one",
        "outages of web under one",
        "reschedules under one",
        "availability of web under two",
        "outages of web under two",
        "reschedules under two",
    ]
    assert by_name["availability of web under two"]["happened"] > by_name["availability of web under one"]["happened"]
    assert by_name["availability of web under one"]["happened"] > 0.99  # crashes of its own would take 4 % away
    assert by_name["reschedules under two"]["inside"]
    assert "outages of nodes stand in the place of node-crash; crash as before" in only["notes"][-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("late.csv", "--observed-from", "0", "--observed-until", "100"), "no outage began before the split"),
        (("log.csv", "--split", "110%"), "expected a share between 0% and 100%"),
        (("log.csv", "--split", "2026-01-01"), "expected seconds as a number, as in the log"),
        (("log.csv", "--split", "99999999"), "the split must be within the observation"),
        (("log.csv", "--nodes", "3"), "it names 4 nodes, more than the 3"),
        (("log.csv", "--observed-until", "100000"), "not over at the end of the observation"),
        (("log.csv", "--delimiter", ";;"), "expected one character"),
        (("log.csv", "--set", "duration=1d"), "--set is of an experiment"),
        (("log.csv", "--by", "rack"), "there is no column 'rack'"),
        (("nodes.yaml",), "expected one or more logs"),
        (("log.csv", "log.csv", "nodes.yaml"), "an experiment is of one system"),
        (("log.csv", "nodes.yaml", "--nodes", "9"), "--nodes is said by the experiment"),
        (
            ("log.csv", "nodes.yaml", "--set", "spec.cluster.pools[general].count=3"),
            "it names 4 nodes, more than the 3",
        ),
        (("empty",), "there is no log"),
    ],
)
def test_bad_input_is_exit_code_two_and_says_why(backtest: Any, arguments: tuple[str, ...], said: str) -> None:
    Path("late.csv").write_text("node,start,end\na,70,80\n")
    Path("empty").mkdir()
    code, out, err = backtest(*arguments)
    assert (code, out) == (2, "")
    assert said in " ".join(err.split())
    assert "Traceback" not in err


def test_policies_with_other_nodes_are_refused(backtest: Any) -> None:
    one, two = Experiment.from_yaml("nodes.yaml").plan.scenarios
    fewer = replace(two, cluster=replace(two.cluster, nodes=two.cluster.nodes[:3]))
    assert services.fleet([one, two]) == 4
    with pytest.raises(Refusal, match="different numbers of nodes"):
        services.fleet([one, fewer])

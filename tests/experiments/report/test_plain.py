"""Findings as JSON: valid, documented, and of the same values as the tables."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments import Results, cli
from experiments.design.objective import Objective
from experiments.inference.estimate import Estimate, Quantity
from experiments.plots import Plots
from experiments.report import comparison, downtime, plain, text
from experiments.runner import run as runner
from tests.experiments import fakes
from tests.experiments.fakes import Unit

ROOT = Path(__file__).resolve().parents[3]
UNITS = {"as-shipped": Unit(864000.0, 1800.0), "good": Unit(2e7, 600.0), "never": Unit(1e14, 60.0)}
LOSSES = ["policy", "replication", "service", "cause", "stage", "lost_s", "lengths_s"]


@pytest.fixture(scope="module")
def results() -> Results:
    of = runner.run(fakes.plan(UNITS, objectives=(Objective("cart", 0.999),)), replications=20, simulate=fakes.simulate)
    rows = [
        (row.policy, row.replication, row.service, cause, stage, row.downtime_s / 2, f"[{row.downtime_s / 2}]")
        for row in of.runs.itertuples()
        if row.downtime_s > 0
        for cause, stage in (("crash", "undetected"), ("", "start"))
    ]
    return Results(of.manifest, {**of.tables, "losses": pd.DataFrame(rows, columns=LOSSES)}, of.resolved)


def read(values: dict[str, Any]) -> dict[str, Any]:
    return json.loads(plain.text(values), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def again(of: dict[str, Any], quantity: Quantity) -> Estimate:
    """The estimate that was printed; null is unknown, or without a bound on the side where there is none."""
    value, low, high = (of[key] for key in ("value", "low", "high"))
    ends = (-math.inf if low is None else low), (math.inf if high is None else high)
    rest = of["confidence"], of["replications"], of["method"]
    return Estimate(math.nan if value is None else value, *ends, *rest, quantity)


QUANTITIES: dict[str, Quantity] = {
    "availability": "availability",
    "nines": "nines",
    "downtimePerYear": "downtime",
    "outagesPerYear": "rate",
}


def test_the_summary_has_the_values_of_the_table(results: Results) -> None:
    found = read(plain.summary(results))
    table = text.table(results)
    assert len(found["rows"]) == len(table.rows)
    for row, shown in zip(found["rows"], table.rows, strict=True):
        estimates = {name: again(row[name], quantity) for name, quantity in QUANTITIES.items()}
        interval = estimates["availability"].show_interval()
        of = [estimates[name].show_value() for name in QUANTITIES]
        assert shown[:7] == (row["service"], row["policy"], of[0], interval, *of[1:])
        against = row["comparison"]
        if against is None:
            assert shown[7] == "-"
        else:
            difference = again(against["difference"], "difference")
            expected = f"{difference.show_value()} {difference.show_interval()} {against['stars']}"
            assert shown[7].startswith(expected.rstrip())
    assert all(row[name]["method"] for row in found["rows"] for name in QUANTITIES)


def test_objectives_and_the_exit_code_are_those_that_are_judged(results: Results) -> None:
    found = read(plain.summary(results))
    assert [of["verdict"] for of in found["objectives"]] == [of.verdict for of in results.objectives]
    assert found["exitCode"] == results.verdict()
    assert found["runs"] == {"done": 60, "failed": 0}


def test_the_comparison_has_the_rows_of_its_table(results: Results) -> None:
    found = read(plain.comparison(results, "good"))
    for service in found["rankings"]:
        shown = comparison.table(results, service["service"], "good").rows
        rows = [
            (of["policy"], of["group"], again(of["downtimePerYear"], "downtime").show_value(), str(of["outages"]))
            for of in service["ranking"]
        ]
        assert rows == [(row[0], row[1], row[2], row[4]) for row in shown]
        assert service["sentences"] == list(results.ranked(service["service"]).sentences())
        assert [of["policy"] for of in service["ranking"] if of["comparison"] is None] == ["good"]


def test_the_parts_of_the_downtime_are_those_of_the_table_and_sum_to_it(results: Results) -> None:
    found = read(plain.attribution(results.only("cart")))
    assert [row["policy"] for row in found["rows"]] == results.policies
    shipped, _, never = found["rows"]
    whole = results.attribution("cart", "as-shipped")
    values = [part["downtimePerYear"]["value"] for part in shipped["parts"]]
    assert values == pytest.approx(list(whole["lost_s_per_year"]))
    assert sum(part["share"] for part in shipped["parts"]) == pytest.approx(1)
    assert shipped["downtimePerYear"] == pytest.approx(whole["lost_s_per_year"].sum())
    assert [of["lever"] for of in shipped["savings"]] == list(results.what_if("cart", "as-shipped")["lever"])
    assert (never["downtimePerYear"], never["parts"]) == (0.0, [])
    assert downtime.table(results.parts("cart", "as-shipped"))


def test_downtime_that_was_not_taken_apart_is_unknown(results: Results) -> None:
    tables = {**results.tables, "losses": results.tables["losses"].iloc[:0]}
    row = plain.attribution(Results(results.manifest, tables).only("cart", "as-shipped"))["rows"][0]
    assert (row["downtimePerYear"], row["parts"]) == (None, [])


def test_one_service_or_policy_has_the_values_that_it_has_among_all(results: Results) -> None:
    one = read(plain.summary(results.only("cart", "good")))
    assert one["rows"] == [
        row for row in read(plain.summary(results))["rows"] if (row["service"], row["policy"]) == ("cart", "good")
    ]


def keys(values: Any) -> Iterator[str]:
    if isinstance(values, dict):
        yield from values
        for value in values.values():
            yield from keys(value)
    elif isinstance(values, list):
        for value in values:
            yield from keys(value)


def test_every_key_is_documented(results: Results) -> None:
    page = (ROOT / "docs" / "json.md").read_text()
    rare = plain.summary(fakes.with_rare(results, "cart", "never", [1e-9, 2e-9]))
    printed = (plain.summary(results), plain.comparison(results), plain.attribution(results), rare)
    listed = {"service", "policy", "metric", "limit", "objective", "operation", "medianTime", "timeOf95Percent"}
    unknown = {key for of in printed for key in keys(of) if key not in page} - listed
    assert unknown == set()


def test_the_commands_print_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plots, "drawings", {"comparison": "<svg></svg>"})
        runner.run(fakes.plan(UNITS), out=tmp_path / "shop", replications=3, simulate=fakes.simulate)
    for command, kind in (("show", "Findings"), ("compare", "Comparison"), ("why", "Attribution")):
        assert cli.main([command, str(tmp_path / "shop"), "--service", "cart", "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["kind"], found["services"], found["experiment"]) == (kind, ["cart"], "fake")


def test_an_experiment_its_plan_and_its_run_are_printed_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(ROOT / "experiments" / "configs" / "quickstart.yaml")
    short = ("--set", "duration=5d", "--format", "json")
    assert cli.main(["show", file, *short]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "Experiment"
    assert cli.main(["plan", file, *short]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["kind"], plan["replications"], plan["duration"]) == ("Plan", 50, 5 * 86400)
    assert (plan["baseline"], plan["seed"], plan["confidence"]) == ("as-shipped", 0, 0.95)
    assert plan["services"]
    assert [of["pods"] for of in plan["policies"]] == [5, 6]
    assert cli.main(["run", file, *short, "-n", "2", "-j", "1", "-q", "-o", str(tmp_path / "out")]) == 0
    assert [row["policy"] for row in json.loads(capsys.readouterr().out)["rows"]] == ["as-shipped", "two-replicas"]

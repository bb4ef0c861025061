"""The tables and lines about error budgets, rollouts and the cluster."""

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments import Experiment
from experiments.findings import summaries
from experiments.report import budgets, costs, html, rollouts, text
from experiments.report.plain import summary
from experiments.report.plain import text as text_of
from experiments.report.table import Table
from experiments.results import Results
from experiments.runner import run as runner
from models.input.problems import Location
from models.manifests import Named
from models.manifests.fields import Effect
from tests.experiments import fakes
from tests.experiments.fakes import Unit

RUNS = 20


@pytest.fixture
def plain() -> Results:
    units = {"as-shipped": Unit(864000.0, 1800.0), "never": Unit(1e14, 60.0)}
    return runner.run(fakes.plan(units), replications=RUNS, simulate=fakes.simulate)


def promised(of: Results, **columns: Any) -> Results:
    """The same with these columns for the frontend as shipped, and a budget of which `never` spends nothing."""
    runs = of.tables["runs"].copy()
    mine = runs["service"] == "frontend"
    for column in ("budget_spent", "worst_budget_spent", "alerts"):
        runs.loc[mine, column] = 0.0
    for column, values in columns.items():
        runs.loc[mine & (runs["policy"] == "as-shipped"), column] = values
    resolved = {"spec": {"services": [{"name": "frontend", "slo": {"objective": "99.9%", "period": "30d"}}]}}
    return Results(of.manifest, {**of.tables, "runs": runs}, resolved)


def read(table: Table) -> list[dict[str, str]]:
    """The rows, each as heading -> text."""
    headings = [column.heading for column in table.columns]
    return [dict(zip(headings, row, strict=True)) for row in table.rows]


SPENT = {
    "budget_spent": np.linspace(0.0, 0.95, RUNS),
    "worst_budget_spent": np.linspace(0.1, 2.0, RUNS),
    "alerts": np.full(RUNS, 6.0),
    "alert_delay_s": np.where(np.arange(RUNS) % 2, 50.0, np.nan),
}


def test_an_error_budget_is_shown_by_its_median_and_its_95_percent(plain: Results) -> None:
    shipped, never = read(budgets.table(promised(plain, **SPENT), "frontend"))
    assert shipped["LAST PERIOD, MEDIAN"].startswith("45% [")
    assert shipped["LAST PERIOD, 95%"].startswith("90% [")
    assert shipped["WORST PERIOD, MEDIAN"].startswith("100% [")
    assert shipped["WORST PERIOD, 95%"] == "190% [170, inf]"  # the 17th and the 19th of 20
    assert shipped["OVERSPENT IN"] == "10 of 20 runs"
    assert shipped["ALERTS/Y"].startswith("6.00 [")
    assert shipped["ALERT AFTER"] == "50s"
    nothing = ("0% [0, 0]", "0% [0, inf]")  # the 95 % of 20 runs could lie above all of them
    assert tuple(never.values())[1:] == (*nothing, *nothing, "0 of 20 runs", "<= 0.15", "-")


def test_an_error_budget_is_one_line_of_the_report(plain: Results) -> None:
    (line,) = text.service_lines(promised(plain, **SPENT))
    assert line == (
        "frontend: error budget (99.9% of 30d) spent in the worst period of a run, median and 95%: "
        "as-shipped 100% and 190% (6.00 alerts a year, after 50s); nothing under never"
    )
    assert text.service_lines(promised(plain)) == ["frontend: nothing of the error budget (99.9% of 30d) was spent"]


def test_there_is_nothing_to_say_without_a_promise_or_a_rollout(plain: Results) -> None:
    assert text.service_lines(plain) == []
    assert not budgets.table(plain, "frontend")
    assert not rollouts.table(plain, "frontend")
    assert not costs.table(plain)  # these runs kept no log


def rolled(of: Results, **outcomes: list[str]) -> Results:
    """The same with a rollout of 60, 120, 180, ... seconds for each of these outcomes, by policy."""
    rows = [
        {"policy": policy.replace("_", "-"), "replication": 0, "service": "frontend", "outcome": outcome}
        | {"start_s": 1000.0 * i, "end_s": 1000.0 * i + 60.0 * (i + 1), "min_answering": 2 - i % 2}
        | {"lost_pod_s": 30.0 * (i + 1)}
        for policy, ones in outcomes.items()
        for i, outcome in enumerate(ones)
    ]
    columns = of.tables["rollouts"].columns
    return Results(of.manifest, {**of.tables, "rollouts": pd.DataFrame(rows).reindex(columns=columns)})


def test_json_has_the_numbers_of_error_budgets_and_rollouts(plain: Results) -> None:
    rollouts_of = rolled(plain, as_shipped=["complete"] * 3 + ["stuck", "replaced"]).tables["rollouts"]
    of = promised(plain, **SPENT)
    of = Results(of.manifest, {**of.tables, "rollouts": rollouts_of}, of.resolved)
    found = json.loads(text_of(summary(of)))
    (row,) = found["rollouts"]
    assert (row["service"], row["policy"], row["begun"], row["perYear"]) == ("frontend", "as-shipped", 5, 0.25)
    assert (row["complete"], row["stuck"], row["replaced"], row["fewestAnswering"]) == (3, 1, 1, 1)
    assert (row["medianTime"], row["timeOf95Percent"], row["podsLacking"]) == (120.0, 174.0, 0.5)
    shipped, never = found["errorBudgets"]
    assert (shipped["target"], shipped["period"], shipped["overspent"]) == (0.999, 30 * 86400.0, 10)
    assert shipped["worstPeriod"] == pytest.approx({"median": 1.0, "of95Percent": 1.9})
    assert shipped["lastPeriod"] == pytest.approx({"median": 0.45, "of95Percent": 0.9})
    assert (shipped["alertsPerYear"]["unit"], shipped["alertDelay"]) == ("a year", 50.0)
    assert (never["policy"], never["worstPeriod"]["of95Percent"], never["alertDelay"]) == ("never", 0.0, None)


def test_one_service_is_told_of_the_operations_on_its_own_workloads(plain: Results) -> None:
    of = rolled(plain, as_shipped=["complete"])
    of.tables["rollouts"]["workload"] = "Deployment/frontend"
    operations = of.tables["operations"].columns
    about = ["Deployment/frontend", "Node/node-1", "Deployment/other"]
    rows = [{"policy": "as-shipped", "operation": "o", "subject": subject} for subject in about]
    tables = {**of.tables, "operations": pd.DataFrame(rows).reindex(columns=operations)}
    told = Results(of.manifest, tables)
    assert list(told.operations["subject"]) == about
    assert list(told.only("frontend").operations["subject"]) == about
    assert list(told.only("cart").operations["subject"]) == about[1:]
    assert list(told.only(policy="never").operations["subject"]) == about


def test_of_one_service_among_several_fields_that_are_not_read_are_only_counted(plain: Results) -> None:
    field = Named("Pod spec.x", Effect.TOO_GOOD, "it matters", 3, Location("f.yaml", 1, 2))
    of = Results(replace(plain.manifest, named=[field.to_json()]), plain.tables)
    assert text.unread(of)[0].startswith("not read, too good: Pod spec.x (3 times")
    assert text.unread(of.only("cart")) == [
        "1 sort of field not read, of whichever Service: named where all Services are shown"
    ]


def test_rollouts_are_counted_with_the_durations_of_the_complete_ones(plain: Results) -> None:
    (row,) = rollouts.table(rolled(plain, as_shipped=["complete"] * 3 + ["stuck", "replaced"]), "frontend").rows
    assert row == ("as-shipped", "0.25", "2m", "2m54s", "1 of 5", "1", "1", "0.5")


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ({"never": ["complete"]}, "rollouts under never: 0.05 a year, half within 1m, none stuck"),
        (
            {"as_shipped": ["complete"] * 3, "never": ["complete", "stuck"]},
            "rollouts: 0.1 to 0.15 a year, half within 1m to 2m, stuck: 1 of 2 under never",
        ),
        ({"as_shipped": ["stuck"]}, "rollouts under as-shipped: 0.05 a year, stuck: 1 of 1 under as-shipped"),
    ],
)
def test_rollouts_are_one_line(plain: Results, outcomes: dict[str, list[str]], sentence: str) -> None:
    assert rollouts.sentence(rolled(plain, **outcomes), "frontend") == sentence
    assert rollouts.sentence(plain, "frontend") == ""


def test_detection_weighs_every_outage_that_was_shown_alike(plain: Results) -> None:
    runs = plain.tables["runs"].copy()
    runs["mttd_s"], runs["outages"], runs["undetected"] = np.nan, 0, 0
    mine = (runs["service"] == "frontend") & (runs["policy"] == "as-shipped")
    first, second = runs.index[mine][:2]
    runs.loc[first, ["mttd_s", "outages", "undetected"]] = [10.0, 5, 2]
    runs.loc[second, ["mttd_s", "outages", "undetected"]] = [50.0, 1, 0]
    found = Results(plain.manifest, {**plain.tables, "runs": runs})
    assert summaries.detection(found, "frontend", "as-shipped") == 20.0
    assert np.isnan(summaries.detection(found, "frontend", "never"))


def test_a_run_shows_budget_rollouts_and_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = [
        "duration=60d",
        "services=[{name: frontend, slo: {objective: 99.9%}}]",
        "operations=[{name: release, type: rollout, target: Deployment/frontend, every: 7d}]",
    ]
    experiment = Experiment.from_yaml("experiments/configs/quickstart.yaml", settings)
    monkeypatch.setattr("experiments.plots.Plots.featured", lambda plots: [])
    found = runner.run(experiment.plan, replications=2)
    rows = read(costs.table(found))
    assert [row["POLICY"] for row in rows] == found.policies
    assert float(rows[0]["NODE-HOURS/Y"].replace(",", "")) == 3 * 365 * 24
    file = io.StringIO()
    text.show(found, file, 200)
    (line,) = (line for line in file.getvalue().splitlines() if line.startswith("  frontend: "))
    assert "rollouts: " in line
    page = html.report_html(found, found.plot.drawings)
    for heading in (
        "Error budget of 99.9% in any 30d</h3>",
        "Rollouts</h3>",
        "Cluster and cost</h2>",
        "Detected after",
    ):
        assert heading in page
    assert "mttd_s" in found.summary().columns

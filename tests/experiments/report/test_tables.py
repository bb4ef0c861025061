"""The tables and lines about error budgets, rollouts and the cluster."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments import Experiment
from experiments.findings import summaries
from experiments.report import budgets, costs, html, rollouts, text
from experiments.report.table import Table
from experiments.results import Results
from experiments.runner import run as runner
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
        "Error budget of 99.9% in any 30d</h4>",
        "Rollouts</h4>",
        "Cluster and cost</h2>",
        "Detected after",
    ):
        assert heading in page
    assert "mttd_s" in found.summary().columns

"""The report in HTML: complete, on its own, the same bytes each time."""

import re
from pathlib import Path
from typing import Any

import pytest

from experiments import Experiment
from experiments.design.objective import Objective
from experiments.plots import Plots
from experiments.report import html, remarks
from experiments.report.assumptions import in_words
from experiments.results import Results
from experiments.runner import run as runner
from tests.experiments import fakes
from tests.experiments.fakes import Unit
from tests.experiments.report.page import Page

ROOT = Path(__file__).parents[3]
ICON = "data:,"
"""Of no icon: browsers ask for one otherwise."""
SHIPPED, GOOD, NEVER = Unit(864000.0, 1800.0), Unit(2e7, 600.0), Unit(1e14, 60.0)


def results(units: dict[str, Unit], replications: int = 10, **kwargs: Any) -> Results:
    return runner.run(fakes.plan(units, **kwargs), replications=replications, simulate=fakes.simulate)


def report_html(found: Results) -> str:
    return html.report_html(found, found.plot.drawings)


@pytest.fixture(scope="module")
def shop() -> tuple[Results, str]:
    """The shipped quickstart, shortened, with objectives."""
    objectives = (
        "objectives=[{service: frontend, atLeast: 50%}, {service: frontend, atLeast: 100%, policy: as-shipped}]"
    )
    experiment = Experiment.from_yaml(
        ROOT / "experiments/configs/quickstart.yaml", ("duration=60d", "seed=3", objectives)
    )
    found = runner.run(experiment.plan, replications=5)
    return found, report_html(found)


def test_the_page_is_well_formed_and_every_reference_leads_to_a_place_in_it(shop: tuple[Results, str]) -> None:
    page = Page(shop[1])
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert {reference.removeprefix("#") for reference in page.references} - {ICON} <= set(page.ids)


def test_the_page_needs_nothing_from_elsewhere(shop: tuple[Results, str]) -> None:
    assert re.findall(r"https?://|//www|@import|fetch\(|src=", shop[1]) == []
    assert "default-src 'none'" in shop[1]


def test_there_is_a_page_for_each_service_and_one_for_each_thing_to_know(shop: tuple[Results, str]) -> None:
    found, text = shop
    page = Page(text)
    services = [f"service-{name}" for name in found.services]
    beside = ["disruptions", "costs", "assumptions", "not-modelled", "reproduce", "configuration"]
    assert page.pages == ["overview", *services, *beside]
    assert [reference for reference in page.references if reference[1:] in page.pages] == [f"#{p}" for p in page.pages]


def test_the_verdict_comes_before_the_table_and_the_table_before_the_plots(shop: tuple[Results, str]) -> None:
    text = shop[1]
    order = ["Not every policy meets every objective", "Summary</h2>", "Comparison</h2>", "<svg", "Ranking</h3>"]
    order += ["Assumptions</h2>", "What is not modelled</h2>", "Reproduce</h2>", "Resolved configuration"]
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    assert text.count("✓") == 2
    assert text.count("✗") == 1


def test_every_table_has_a_name_and_is_sorted_by_what_its_cells_mean(shop: tuple[Results, str]) -> None:
    found, text = shop
    page = Page(text)
    sortable = [table for table in page.tables if "sortable" in table.style]
    assert len({table.label for table in sortable}) == len(sortable) > 8
    assert all(table.label for table in page.tables)
    rows = [(s, p) for s in found.services for p in found.policies]
    lost = {found.availability(*row).unavailability[0]: row for row in rows if not found.availability(*row).is_bound}
    summary = page.table("Summary")
    assert [[cell.text for cell in row[:2]] for row in summary.rows] == [list(row) for row in rows]
    ordered = sorted(summary.rows, key=lambda row: (row[5].place is None, row[5].place))
    known = [(row[0].text, row[1].text) for row in ordered if "≤" not in row[5].text]
    assert known == [lost[seconds] for seconds in sorted(lost)]


def test_objectives_have_their_verdict_beside_each_policy(shop: tuple[Results, str]) -> None:
    met = Page(shop[1]).table("Objective: frontend availability >= 50%")
    assert [[cell.text for cell in row[:2]] for row in met.rows] == [["✓ met", name] for name in shop[0].policies]
    assert shop[1].count('<tr class="met">') == 2
    assert shop[1].count('<tr class="missed">') == 1


def test_the_page_says_what_was_assumed_and_how_to_do_it_again(shop: tuple[Results, str]) -> None:
    found, text = shop
    words = Page(text).words
    struck = remarks.strikes(found)
    total = sum(struck[policy]["container-crash"] for policy in found.policies)
    assert f"container-crash containerCrash every policy timeToFailure exponential, mean 30d {total}" in words
    assert "Available while at least 1 endpoint can answer." in words
    assert "nodeMonitorGracePeriod 50s" in words
    assert "allocatable (cpu 4; memory 16Gi; pods 110; ephemeral-storage 100Gi)" in words
    assert "quickstart.yaml --set duration=60d --set seed=3 --set" in words
    assert "kubenines run resolved.yaml -n 5 -o again" in words
    assert "timeToRepair:" in text[text.index("Resolved configuration") :]


@pytest.mark.usefixtures("without_plots")
def test_the_page_says_under_which_policies_a_failure_mode_is_another_or_none() -> None:
    experiment = Experiment.from_yaml(ROOT / "experiments/configs/quickstart.yaml", ("duration=60d", "seed=3"))
    experiment = experiment.policy(
        "other",
        failures=[
            {"name": "node-crash", "timeToFailure": {"factor": 0.5}},
            {"name": "container-crash", "remove": True},
        ],
    )
    found = runner.run(experiment.plan, replications=1)
    struck = remarks.strikes(found)
    words = Page(report_html(found)).words
    assert "node-crash nodeCrash every policy but other timeToFailure exponential, mean 130d;" in words
    assert "node-crash nodeCrash other timeToFailure exponential, mean 130d, factor 0.5;" in words
    total = sum(struck[policy]["container-crash"] for policy in ("as-shipped", "two-replicas"))
    assert f"container-crash containerCrash every policy but other timeToFailure exponential, mean 30d {total}" in words
    assert "container-crash containerCrash other" not in words


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    once, again = (results({"as-shipped": SHIPPED, "good": GOOD}).to_html(tmp_path / name) for name in "ab")
    assert once.read_bytes() == again.read_bytes()


@pytest.mark.usefixtures("without_plots")
@pytest.mark.parametrize(
    ("units", "objectives", "style", "says"),
    [
        ({"as-shipped": SHIPPED}, (), "none", "sets no objective"),
        ({"as-shipped": SHIPPED}, (Objective("frontend", 0.99),), "met", "Every objective is met"),
        ({"never": NEVER}, (Objective("frontend", 0.99999),), "inconclusive", "more replications would tell"),
        ({"as-shipped": Unit(1e6, 60.0, raises=(0,))}, (Objective("frontend", 0.99),), "failed", "1 of 2 runs failed"),
        ({"good": GOOD, "bad": Unit(1e6, 60.0, raises=(0, 1))}, (), "failed", "2 of 4 runs failed"),
    ],
)
def test_every_verdict_has_its_style_and_words(
    units: dict[str, Unit], objectives: tuple[Objective, ...], style: str, says: str
) -> None:
    text = report_html(results(units, 2, objectives=objectives))
    assert f'<div class="verdict {style}">' in text
    assert says in text


@pytest.mark.usefixtures("without_plots")
def test_a_service_that_was_never_down_has_no_plots() -> None:
    never, shipped = (report_html(results({"as-shipped": unit}, 2)) for unit in (NEVER, SHIPPED))
    assert never.count("there is nothing to draw") == 2
    assert "there is nothing to draw" not in shipped


@pytest.mark.usefixtures("without_plots")
def test_objectives_on_other_metrics_are_shown_without_a_chance_that_nobody_knows() -> None:
    asked = (Objective("frontend", 99.0, metric="outagesPerYear"), Objective("frontend", 1e6, metric="downtimePerYear"))
    page = Page(report_html(results({"as-shipped": SHIPPED}, 2, objectives=asked)))
    assert "frontend outages ≤ 99 a year" in page.words
    assert "frontend downtime ≤ 1000000s a year" in page.words
    outages, downtime = (table for table in page.tables if table.label.startswith("Objective: "))
    assert outages.headings == ["Verdict", "Policy", "Found"]
    assert downtime.headings == ["Verdict", "Policy", "Found", "Met in so many years"]


def test_names_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plots, "featured", lambda plots: [])
    text = report_html(results({"<script>": SHIPPED, 'a"b': GOOD}, 2, warnings=("<i>odd</i>",)))
    assert text.count("<script>") == 1  # the page's own
    assert "&lt;script&gt;" in text
    assert Page(text).open == []
    assert "&lt;i&gt;odd" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"kind": "lognormal", "median": "8m", "p95": "1h"}, "lognormal, median 8m, p95 1h"),
        ({"every": "7d", "newImage": True, "zones": []}, "every 7d; newImage true"),
        ({"count": 2, "allocatable": {"cpu": "4", "pods": 9}}, "count 2; allocatable (cpu 4; pods 9)"),
        ({"select": {"labels": ""}}, ""),
    ],
)
def test_values_are_said_in_a_line(value: Any, text: str) -> None:
    assert in_words(value) == text

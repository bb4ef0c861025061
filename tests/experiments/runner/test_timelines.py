"""Outages of a folder, replayed: those asked for, in that order, and the worst and a typical one of each Service."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments.file.document import load_experiment
from experiments.findings.outages import outages, typical, worst
from experiments.results import Results
from experiments.runner import again, timelines
from experiments.runner.timelines import of_report, replayed, worst_and_typical
from experiments.timeline.timeline import Replays
from tests.experiments.small_results import small_results


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return Results.open(small_results(tmp_path_factory.mktemp("timelines")))


def test_the_timelines_are_of_the_outages_that_the_tables_have(results: Results) -> None:
    asked = outages(results)[2:0:-1]
    found = replayed(results, asked)
    assert [(t.policy, t.replication, t.start, t.length) for t in found] == [
        (one.policy, one.replication, one.start, one.length) for one in asked
    ]
    for timeline in found:
        assert [each.reason for each in timeline.events if each.object == "Service/web"] == [
            "OutageBegins",
            "OutageEnds",
        ]
        assert timeline.cause == "crash"


def test_a_replication_is_simulated_once_for_all_its_outages(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated = []
    simulate = again.simulate

    def counted(**arguments: Any) -> Any:
        simulated.append(arguments["replication"])
        return simulate(**arguments)

    monkeypatch.setattr(again, "simulate", counted)
    first = [outage for outage in outages(results) if (outage.policy, outage.replication) == ("one", 0)]
    assert len(first) > 1
    assert len(replayed(results, [*first, first[0]])) == len(first)
    assert simulated == [0]


def test_the_experiment_is_read_once_for_all_replications(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def read(path: Path) -> Any:
        asked.append(path)
        return load_experiment(path)

    monkeypatch.setattr("experiments.file.document.load_experiment", read)
    opened = Results(results.manifest, results.tables, results.resolved, results.path)
    runs = {(outage.policy, outage.replication): outage for outage in outages(opened)}
    assert len(replayed(opened, runs.values())) > 1
    assert [path.name for path in asked] == ["resolved.yaml"]


def test_the_report_gets_the_worst_and_a_typical_outage_of_each_service(results: Results) -> None:
    every = outages(results)
    found = worst_and_typical(results)
    assert list(found) == ["web"]
    assert [timeline.length for timeline in found["web"]] == [worst(every).length, typical(every).length]


def test_of_a_service_that_was_never_down_there_is_nothing(results: Results) -> None:
    tables = {**results.tables, "outages": results.outages.iloc[:0]}
    assert worst_and_typical(Results(results.manifest, tables, results.resolved, results.path)) == {}


def test_an_outage_that_is_the_worst_and_typical_is_told_once(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = {**results.tables, "outages": results.outages.iloc[:1]}
    only = Results(results.manifest, tables, results.resolved, results.path)
    monkeypatch.setattr(timelines, "replayed", lambda results, asked: list(asked))
    assert worst_and_typical(only) == {"web": outages(only)}


def test_the_report_tells_of_few_services_those_with_an_objective_first(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(timelines, "MOST_SERVICES", 1)
    monkeypatch.setattr(timelines, "worst_and_typical", lambda results, services: asked.append(services) or {})
    outages_of_two = pd.concat([results.outages, results.outages.assign(service="db")])
    manifest = replace(results.manifest, services=["web", "db"], objectives=[{"service": "db", "atLeast": "99%"}])
    two = Results(manifest, {**results.tables, "outages": outages_of_two}, results.resolved, results.path)
    of_report(two)
    assert asked == [["db"]]


def test_the_report_simulates_no_more_than_is_soon_done(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    two = pd.concat([results.outages, results.outages.iloc[-1:].assign(service="db")])
    both = Results(
        replace(results.manifest, services=["web", "db"]),
        {**results.tables, "outages": two},
        results.resolved,
        results.path,
    )
    asked = []
    monkeypatch.setattr(timelines, "worst_and_typical", lambda results, services: asked.append(services) or {})
    cells = results.cells.set_index(["policy", "replication"])["transitions"]
    runs = {(outage.policy, outage.replication) for outage in (worst(outages(results)), typical(outages(results)))}
    needed = sum(int(cells[run]) for run in runs)
    for most in (10 * needed, needed, needed - 1):
        monkeypatch.setattr(timelines, "MOST_TRANSITIONS", most)
        found = of_report(both)
    assert asked == [["web", "db"], ["web"]]
    assert found == Replays({}, f"to simulate the longest again takes more than {needed - 1:,} transitions")


def test_the_report_of_results_in_no_folder_shows_no_outage(results: Results) -> None:
    assert of_report(Results(results.manifest, results.tables, results.resolved)) == Replays({})


def test_what_cannot_be_replayed_is_told_without_the_name_of_the_folder(results: Results, tmp_path: Path) -> None:
    assert results.path is not None
    shutil.copytree(results.path, tmp_path / "other")
    resolved = tmp_path / "other" / "resolved.yaml"
    resolved.write_text(resolved.read_text().replace("spec:", "spec:\n  unheard: of"))
    found = of_report(Results(results.manifest, results.tables, results.resolved, tmp_path / "other"))
    assert found.timelines == {}
    assert found.refused.startswith("resolved.yaml:")

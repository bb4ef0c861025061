"""Outages of a folder, replayed: those asked for, in that order, and the worst and a typical one of each Service."""

from typing import Any

import pytest

from experiments.findings.outages import outages, typical, worst
from experiments.results import Results
from experiments.runner import again, timelines
from experiments.runner.timelines import replayed, worst_and_typical
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

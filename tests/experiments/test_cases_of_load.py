"""Load closes the loop: what requests do to autoscalers, to probes and to the time that requests take.

The files are in tests/data/cases; each test says what a real cluster does with them.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments.experiment import Experiment
from experiments.results import Results
from models.input.problems import InputError
from simulator.step_function import StepFunction

CASES = Path(__file__).parents[1] / "data" / "cases"


def case(name: str) -> Experiment:
    return Experiment.from_yaml(CASES / name / "e.yaml")


def strikes(found: Results) -> int:
    [text] = found.cells["strikes"]
    return int(json.loads(text).get("overload", 0))


# hpa-traffic: a wave of 0 to 2000 requests a second, 100 an endpoint, an autoscaler at 50 % of its CPU request


def test_the_autoscaler_sees_the_traffic_without_a_load_by_hand() -> None:
    """50 requests a second an endpoint: 5 of them from 200 a second on, 20 (the most there may be) from 1000 on."""
    experiment = case("hpa-traffic")
    [warning] = experiment.warnings
    assert "no load is given" not in warning
    assert "100 requests/s" in warning
    found = experiment.run()
    [share] = found.runs["availability"]
    # 1000 (1 + sin) is below 200 for 4.92 h a day, and 15 s and 5 min late at most.
    assert share == pytest.approx(1 - 4.92 / 24, abs=0.02)


def test_a_cost_that_is_given_makes_more_or_fewer_replicas() -> None:
    base = case("hpa-traffic")
    cheap, dear = (base.set("spec.traffic[0].cpuPerRequest", cost).run() for cost in ("1ms", "20ms"))
    assert cheap.runs["availability"][0] < 0.75 < dear.runs["availability"][0]


def test_what_autoscalers_measure_is_given_once() -> None:
    load = [{"target": "Deployment/web", "steps": [{"at": "0s", "total": "1"}]}]
    by_hand = case("hpa-traffic").set("spec.load", load)
    assert by_hand.warnings == ()
    assert by_hand.run().runs["availability"][0] == 0.0  # 1 CPU: 4 replicas
    with pytest.raises(InputError) as caught:
        by_hand.set("spec.traffic[0].cpuPerRequest", "5ms")
    [problem] = caught.value.problems
    assert problem.path == "spec.traffic[0].cpuPerRequest"
    assert problem.message.startswith("autoscalers get the cpu of Deployment/default/web from here or from its load")


# hpa-statefulset: 100 requests a second, 800 in the second hour, to a StatefulSet of 2 to 20


@pytest.fixture(scope="module")
def stateful(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return case("hpa-statefulset").run(out=tmp_path_factory.mktemp("hpa") / "out", events=1)


def replicas(found: Results, policy: str) -> StepFunction:
    """How many answer over time."""
    return found.stored_run(policy, 0).services["db"].answering


@pytest.mark.parametrize(
    ("policy", "most"), [("cpu", 16), ("memory", 10), ("pods", 16), ("object", 16), ("external", 16)]
)
def test_a_stateful_set_follows_every_kind_of_metric(stateful: Results, policy: str, most: int) -> None:
    """5 ms of 250 m a request; 128Mi of 1280Mi; 50 requests a second a pod."""
    seen = replicas(stateful, policy)
    assert [seen.at(hours * 3600.0 - 60.0) for hours in (1, 2, 3)] == [2, most, 2]


def test_policies_of_behaviour_hold_for_a_stateful_set(stateful: Results) -> None:
    """One pod in ten minutes up, and one in a quarter of an hour down.

    The first time two go: the one that came within the quarter of an hour before is no part of its beginning.
    """
    seen = replicas(stateful, "slowly")
    assert [seen.at(minutes * 60.0) for minutes in (59, 68, 78, 88, 98, 108, 118)] == [2, 3, 4, 5, 6, 7, 8]
    assert [seen.at(minutes * 60.0) for minutes in (134, 149, 164, 179)] == [6, 5, 4, 3]


def test_a_schedule_switches_a_stateful_set_off_and_on_and_its_autoscaler_goes_on(stateful: Results) -> None:
    seen = replicas(stateful, "scheduled")
    assert [seen.at(minutes * 60.0) for minutes in (29, 35, 42, 59, 90)] == [2, 0, 3, 2, 3]


# overload: 1000 requests a second to three endpoints of 10, with liveness and readiness probes


def test_overloaded_containers_are_restarted() -> None:
    found = case("overload").set("spec.duration", "6h").run()
    assert strikes(found) > 250
    assert found.runs["availability"][0] < 0.5
    assert set(found.tables["disruptions"]["cause"]) == {"overload"}
    assert set(found.outages["cause"]) == {"overload"}


def test_pods_that_shed_stay_up() -> None:
    found = case("overload").set("spec.traffic[0].queue", 5).run()
    assert strikes(found) == 0
    assert found.runs["availability"][0] == 1.0


STORM: dict[str, Any] = {
    "kind": "steps",
    "steps": [{"at": "0s", "rate": 24}, {"at": "1h", "rate": 60}, {"at": "70m", "rate": 24}],
}
"""Below the capacity of 30 but for ten minutes."""


def availability_at_the_end(experiment: Experiment) -> float:
    """In the hours from the third to the twelfth."""
    found = experiment.set("spec.traffic[0].rate", STORM).set("spec.warmup", "2h").set("spec.duration", "10h").run()
    return float(found.runs["availability"][0])


def test_a_storm_outlives_its_trigger() -> None:
    assert availability_at_the_end(case("overload")) < 0.7


@pytest.mark.parametrize(
    ("field", "value"),
    [("queue", 5), ("retries", {"attempts": 0}), ("retries", {"attempts": 3, "budgetShare": 0.1})],
)
def test_it_does_not_where_pods_shed_or_clients_hold_back(field: str, value: object) -> None:
    assert availability_at_the_end(case("overload").set(f"spec.traffic[0].{field}", value)) == 1.0


@pytest.mark.parametrize("name", ["hpa-traffic", "overload"])
def test_workers_make_no_difference(name: str) -> None:
    experiment = case(name).set("spec.duration", "3h").set("spec.replications", 2)
    one, two = (experiment.run(workers=workers) for workers in (1, 2))
    for table in ("runs", "cells"):
        pd.testing.assert_frame_equal(getattr(one, table), getattr(two, table))

"""Objectives on any metric, judged by whole intervals."""

import math
from typing import Any, get_args

import numpy as np
import pytest

from experiments import Experiment
from experiments.design.objective import METRICS, MetricName, Objective
from experiments.inference import estimate
from experiments.report import text
from experiments.results import Results
from experiments.runner import run as runner
from models.input.problems import InputError
from tests.experiments import fakes
from tests.experiments.fakes import Unit

SHIPPED, GOOD, NEVER = Unit(864000.0, 1800.0), Unit(2e7, 600.0), Unit(1e14, 60.0)
QUICKSTART = "experiments/configs/quickstart.yaml"


def results(units: dict[str, Unit], *objectives: Objective) -> Results:
    return runner.run(fakes.plan(units, objectives=objectives), replications=30, simulate=fakes.simulate)


def about(metric: str, limit: float) -> Objective:
    return Objective("frontend", limit, metric=metric)


def test_every_metric_that_a_file_may_name_can_be_judged() -> None:
    assert tuple(METRICS) == get_args(MetricName)


@pytest.mark.parametrize(
    ("metric", "limit", "code", "verdict"),
    [  # 36.4 outages of half an hour a year
        ("outagesPerYear", 45.0, 0, "met"),
        ("outagesPerYear", 36.4, 4, "inconclusive"),
        ("outagesPerYear", 30.0, 1, "missed"),
        ("downtimePerYear", 24 * 3600.0, 0, "met"),
        ("downtimePerYear", 18.2 * 3600.0, 4, "inconclusive"),
        ("downtimePerYear", 12 * 3600.0, 1, "missed"),
    ],
)
def test_a_metric_that_is_good_when_low_must_have_its_whole_interval_below(
    metric: str, limit: float, code: int, verdict: str
) -> None:
    found = results({"as-shipped": SHIPPED}, about(metric, limit))
    assert (found.objectives[0].verdict, found.verdict()) == (verdict, code)
    assert (found.objectives[0].more is not None) == (verdict == "inconclusive")


def test_downtime_and_availability_are_judged_alike() -> None:
    year = 365 * 86400.0
    for limit in (0.9975, 0.9979, 0.99795, 0.998, 0.9985):
        found = results(
            {"as-shipped": SHIPPED}, about("availability", limit), about("downtimePerYear", (1 - limit) * year)
        )
        one, other = found.objectives
        assert one.verdict == other.verdict
        assert one.more == other.more or math.isclose(one.more or 0, other.more or 0, abs_tol=1)
        chances = [text.chance(found, objective) for objective in found.objectives]
        assert chances[0] == chances[1]


def test_a_bound_can_meet_a_limit_on_outages_but_never_miss_it() -> None:
    found = results({"never": NEVER}, about("outagesPerYear", 0.2), about("outagesPerYear", 0.05))
    assert [one.verdict for one in found.objectives] == ["met", "inconclusive"]
    assert found.objectives[1].more == 30  # the bound is 3/30, and goes with 1/n
    never = results({"never": NEVER}, about("outagesPerYear", 0.0)).objectives[0]
    assert (never.verdict, never.more) == ("inconclusive", None)


def test_a_service_that_is_never_up_meets_no_objective() -> None:
    never_up = Unit(1000.0, 1e14)  # it breaks for good within the warm-up
    found = results({"dark": never_up}, about("outagesPerYear", 4.0), about("downtimePerYear", 365 * 86400.0))
    assert found.availability("frontend", "dark").high == pytest.approx(0.0)
    assert [(one.verdict, one.more) for one in found.objectives] == [("missed", None)] * 2
    assert found.verdict() == 1


def test_rounding_does_not_make_a_service_that_is_never_up_available() -> None:
    thirds = np.full(21, 30 * 86400.0 / 7)  # as the sums of pieces of windows are
    of = estimate.availability(thirds + 3e-10, thirds, thirds[:3], 0.95, pieces="batches")
    assert (of.value, of.low, of.high) == (0.0, 0.0, 0.0)
    assert estimate.nines(of).show_value() == "0.00"
    assert estimate.availability(thirds * (1 - 1e-9), thirds, thirds[:3], 0.95).high > 0


def test_objectives_are_said_with_their_metric() -> None:
    found = results({"good": GOOD}, about("outagesPerYear", 4.0), about("downtimePerYear", 5 * 3600.0))
    assert text.objective_lines(found) == [
        "frontend outages <= 4 a year:  ✓ good",
        "frontend downtime <= 5h a year:  ✓ good",
    ]
    (line,) = text.chance_lines(found)  # a number of outages is no matter of time alone
    assert line.startswith("frontend downtime <= 5h a year in single years:  good in ")


@pytest.mark.parametrize(
    ("limit", "text"), [(0.0, "0s"), (315.36, "315.36s"), (3154.0, "52m34s"), (95400.0, "95400s"), (86400.0, "1d")]
)
def test_a_limit_on_downtime_is_shown_exactly(limit: float, text: str) -> None:
    assert METRICS["downtimePerYear"].objective(limit) == f"downtime <= {text} a year"


def shop(objective: str, *settings: str) -> Experiment:
    return Experiment.from_yaml(QUICKSTART, [f"objectives=[{objective}]", *settings])


TRAFFIC = "traffic=[{service: frontend, rate: {kind: constant, value: 10}}]"


def test_requests_that_must_be_answered_are_judged_where_there_is_traffic() -> None:
    asked = "{service: frontend, metric: requestAvailability, atLeast: 50%}"
    few = shop(asked, TRAFFIC, "duration=30d").only("as-shipped")
    found = runner.run(few.plan, replications=3)
    (judged,) = found.objectives
    assert judged.verdict == "met"
    assert judged.found == found.request_availability("frontend", "as-shipped")
    assert judged.objective == "frontend requests answered >= 50%"


@pytest.mark.parametrize(
    ("service", "settings"), [("frontend", ()), ("cart", (TRAFFIC, "services=[{name: frontend}, {name: cart}]"))]
)
def test_requests_without_traffic_cannot_be_an_objective(service: str, settings: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as error:
        shop(f"{{service: {service}, metric: requestAvailability, atLeast: 50%}}", *settings)
    (problem,) = error.value.problems
    assert problem.path == "spec.objectives[0].metric"
    assert problem.message == f"the Service '{service}' gets no requests; add it to spec.traffic"


def test_traffic_that_is_wrong_is_the_only_problem() -> None:
    with pytest.raises(InputError) as error:
        shop("{service: frontend, metric: requestAvailability, atLeast: 50%}", TRAFFIC.replace("10", "ten"))
    (problem,) = error.value.problems
    assert problem.path.startswith("spec.traffic")


def test_the_resolved_experiment_says_what_was_asked_for() -> None:
    resolved: Any = shop("{service: frontend, metric: downtimePerYear, atMost: 5h}").resolved
    assert resolved["spec"]["objectives"] == [{"service": "frontend", "metric": "downtimePerYear", "atMost": "5h"}]

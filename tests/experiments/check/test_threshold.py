"""Thresholds of the command line: how they are written, and what is said of wrong ones."""

import re
from pathlib import Path
from typing import Any

import pytest

from experiments.check.threshold import as_written, objectives
from experiments.design.objective import METRICS, Objective
from experiments.experiment import Experiment
from models.input.problems import InputError

QUICKSTART = Path(__file__).parents[3] / "experiments" / "configs" / "quickstart.yaml"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("web availability >= 99.95%", {"service": "web", "metric": "availability", "atLeast": "99.95%"}),
        (" web  availability>=99.95% ", {"service": "web", "metric": "availability", "atLeast": "99.95%"}),
        ("web+calls requests answered >= 99%", {"service": "web+calls", "metric": "requestAvailability"}),
        ("web downtime <= 5h a year", {"service": "web", "metric": "downtimePerYear", "atMost": "5h"}),
        ("web outages <= 4  a year under two", {"metric": "outagesPerYear", "atMost": 4.0, "policy": "two"}),
        ("CronJob/backup jobSuccess >= 99%", {"job": "CronJob/backup", "metric": "jobSuccess"}),
        ("web recoversWithin <= 5m after nodeCrash", {"recoversWithin": "5m", "disruption": "nodeCrash"}),
        ("web recoversWithin <= 5m after drain under a", {"disruption": "drain", "policy": "a"}),
    ],
)
def test_a_threshold_is_an_objective_in_one_line(text: str, written: dict[str, Any]) -> None:
    assert written.items() <= as_written(text).items()


@pytest.mark.parametrize("limit", ["nan", "inf", "1_0", "0x10", "²"])
def test_what_only_python_takes_for_a_number_is_none(limit: str) -> None:
    assert as_written(f"web outages <= {limit}")["atMost"] == limit


def test_every_metric_can_be_asked_for_by_its_name() -> None:
    for name, metric in METRICS.items():
        sign = ">=" if metric.good == "at_least" else "<="
        after = " after nodeCrash" if name == "recoversWithin" else ""
        assert name in str(as_written(f"x {name} {sign} 5{after}"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("web", "expected SERVICE METRIC >= LIMIT"),
        ("web availability >= 99% of the time", "expected SERVICE METRIC >= LIMIT"),
        ("web avalability >= 99%", "there is no metric 'avalability'; did you mean 'availability'?"),
        ("web latency <= 300", "there is no metric 'latency'; there is: availability, "),
        ("web recoversWithin <= 5m", "expected what it recovers from: after DISRUPTION"),
        ("web availability <= 99%", "'availability' is good when it is high; expected >= (got <=)"),
        ("web availability >= 99% a year", "'availability' is nothing that adds up in a year; expected 99% without"),
        ("web availability >= 99% after nodeCrash", "'availability' is not of single disruptions"),
        ("web outages == 4", "'outagesPerYear' is good when it is low; expected <= (got ==)"),
    ],
)
def test_what_is_no_threshold_is_told_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        as_written(text)


def test_thresholds_are_checked_as_objectives_of_the_experiment() -> None:
    experiment = Experiment.from_yaml(QUICKSTART)
    assert objectives(experiment, []) == []
    assert objectives(experiment, ["frontend downtime <= 1h under two-replicas"]) == [
        Objective("frontend", 3600.0, "downtimePerYear", "two-replicas")
    ]
    wrong = ["frontned availability >= 99%", "frontend availability >= 400%", "frontend outages <= 5m", "web"]
    with pytest.raises(InputError) as error:
        objectives(experiment, wrong)
    assert [str(problem.location) for problem in error.value.problems] == [
        f"--threshold {text}" for text in sorted(wrong)
    ]
    assert "did you mean 'frontend'?" in str(error.value)
    with pytest.raises(InputError, match="got 300; for seconds write 300s"):
        objectives(experiment, ["frontend downtime <= 300"])


def test_a_policy_that_was_not_run_is_unknown() -> None:
    experiment = Experiment.from_yaml(QUICKSTART).only("as-shipped")
    with pytest.raises(InputError, match="there is no policy 'two-replicas'; there is: as-shipped"):
        objectives(experiment, ["frontend availability >= 99% under two-replicas"])

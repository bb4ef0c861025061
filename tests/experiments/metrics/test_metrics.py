"""Metrics on hand-made histories, and the laws that every metric obeys."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.design.goal import Capacity, Predicate, Quorum, ReadyEndpoints
from experiments.metrics.measure import measure
from experiments.metrics.metric import metrics
from experiments.metrics.observation import Observation
from simulator.step_function import StepFunction


@dataclass(frozen=True)
class History:
    answering: StepFunction
    ready: StepFunction
    desired: StepFunction


def step(*pieces: tuple[float, float], end: float = 100.0) -> StepFunction:
    times, values = zip(*pieces, strict=True)
    return StepFunction(np.array(times, dtype=float), np.array(values, dtype=float), end)


def history(answering: StepFunction, ready: StepFunction | None = None, desired: StepFunction | None = None) -> History:
    return History(answering, ready or answering, desired or step((0, 2), end=answering.end))


ANSWERS = ReadyEndpoints(1)


def measured(of: History, available: Predicate = ANSWERS, start: float = 0.0, end: float = 100.0) -> dict[str, float]:
    return measure(Observation.of(of, available, start, end))


ONE_OUTAGE = history(step((0, 2), (40, 1), (50, 0), (60, 2)))


def test_an_outage_in_the_middle_is_counted_with_its_length() -> None:
    row = measured(ONE_OUTAGE)
    assert {column: value for column, value in row.items() if not math.isnan(value)} == {
        "window_s": 100.0,
        "availability": 0.9,
        "downtime_s": 10.0,
        "outages": 1,
        "mttr_s": 10.0,
        "mtbf_s": 100.0,
        "mttd_s": 0.0,
        "undetected": 0,
        "longest_s": 10.0,
        "first_outage_s": 50.0,
        "available_one": 0.9,
        "available_50": 0.9,
        "available_90": 0.8,
        "available_all": 0.8,
        "mean_answering": 1.7,
        "mean_desired": 2.0,
        "mean_missing": 0.3,
        "min_answering": 0,
        "degraded_s": 20.0,
        "stale_s": 0.0,
    }


def test_an_outage_that_the_windows_start_cuts_is_downtime_but_not_counted() -> None:
    row = measured(ONE_OUTAGE, start=55.0)
    assert (row["downtime_s"], row["outages"], row["longest_s"]) == (5.0, 0, 5.0)
    assert math.isnan(row["mttr_s"])


def test_an_outage_that_the_windows_end_cuts_is_counted_with_the_seconds_seen() -> None:
    row = measured(ONE_OUTAGE, end=55.0)
    assert (row["downtime_s"], row["outages"], row["longest_s"], row["mttr_s"]) == (5.0, 1, 5.0, 5.0)


def test_what_happens_outside_the_window_does_not_count() -> None:
    assert measured(ONE_OUTAGE, start=60.0)["availability"] == 1.0


@pytest.mark.parametrize(("at_least", "downtime"), [(1, 10.0), (2, 20.0), (3, 100.0)])
def test_ready_endpoints_ask_for_a_number(at_least: int, downtime: float) -> None:
    assert measured(ONE_OUTAGE, ReadyEndpoints(at_least))["downtime_s"] == downtime


@pytest.mark.parametrize(("share", "downtime"), [(0.1, 10.0), (0.5, 10.0), (0.51, 20.0), (1.0, 20.0)])
def test_capacity_asks_for_a_share_of_the_desired_replicas(share: float, downtime: float) -> None:
    assert measured(ONE_OUTAGE, Capacity(share))["downtime_s"] == downtime


def test_capacity_follows_a_change_of_the_desired_replicas() -> None:
    scaled = history(step((0, 2)), desired=step((0, 2), (70, 4)))
    assert measured(scaled, Capacity(0.8))["downtime_s"] == 30.0


def test_a_share_that_is_a_whole_number_of_replicas_is_reached_by_that_number() -> None:
    assert measured(history(step((0, 11)), desired=step((0, 20))), Capacity(0.55))["availability"] == 1.0


def test_a_workload_scaled_to_zero_is_not_available() -> None:
    assert measured(history(step((0, 0)), desired=step((0, 0))), Capacity(0.5))["availability"] == 0.0


def test_replicas_over_those_desired_do_not_make_up_for_missing_ones() -> None:
    surged = history(step((0, 3), (50, 1), (60, 2)), desired=step((0, 2)))
    assert measured(surged)["mean_missing"] == pytest.approx(0.1)


def test_a_listed_endpoint_that_cannot_answer_is_stale() -> None:
    crash = history(step((0, 2), (40, 1), (60, 2)), ready=step((0, 2), (45, 1), (60, 2)))
    assert measured(crash)["stale_s"] == 5.0


@pytest.mark.parametrize(
    ("desired", "answering", "available"),
    [(3, 2, 1.0), (3, 1, 0.0), (4, 2, 0.0), (4, 3, 1.0), (1, 1, 1.0), (0, 0, 0.0)],
)
def test_a_quorum_is_a_strict_majority_of_the_desired_replicas(desired: int, answering: int, available: float) -> None:
    of = history(step((0, answering)), desired=step((0, desired)))
    assert measured(of, Quorum())["availability"] == available


def test_a_quorum_follows_a_change_of_the_desired_replicas() -> None:
    of = history(step((0, 2)), desired=step((0, 3), (75, 5)))
    assert measured(of, Quorum())["downtime_s"] == 25.0


def test_detection_is_the_time_until_the_list_of_endpoints_shows_the_outage() -> None:
    of = history(
        step((0, 1), (10, 0), (30, 1), (50, 0), (60, 1)), ready=step((0, 1), (25, 0), (40, 1), (51, 0), (60, 1))
    )
    row = measured(of)
    assert (row["mttd_s"], row["undetected"]) == ((15.0 + 1.0) / 2, 0)


def test_an_outage_that_ends_before_it_is_shown_is_undetected() -> None:
    row = measured(history(step((0, 1), (10, 0), (12, 1)), ready=step((0, 1), (13, 0), (20, 1))))
    assert math.isnan(row["mttd_s"])
    assert row["undetected"] == 1


def test_an_outage_that_the_control_plane_expected_is_detected_at_once() -> None:
    row = measured(history(step((0, 1), (10, 0), (20, 1)), ready=step((0, 1), (5, 0), (20, 1))))
    assert (row["mttd_s"], row["undetected"]) == (0.0, 0)


def test_the_first_outage_may_be_under_way_when_the_window_begins() -> None:
    assert measured(ONE_OUTAGE, start=30.0)["first_outage_s"] == 20.0
    assert measured(ONE_OUTAGE, start=55.0)["first_outage_s"] == 0.0
    assert math.isnan(measured(ONE_OUTAGE, start=60.0)["first_outage_s"])


@pytest.mark.parametrize(("level", "availability", "outages"), [(0, 0.0, 0), (2, 1.0, 0)])
def test_always_down_and_always_up(level: int, availability: float, outages: int) -> None:
    row = measured(history(step((0, level))))
    assert (row["availability"], row["outages"]) == (availability, outages)
    assert row["downtime_s"] == (1 - availability) * 100


def test_every_metric_documents_its_column() -> None:
    assert all(metric.column.meaning for metric in metrics(Observation).values())


@st.composite
def histories(draw: st.DrawFn) -> History:
    def function() -> StepFunction:
        times = sorted(draw(st.sets(st.integers(1, 99), max_size=12)))
        values = draw(st.lists(st.integers(0, 4), min_size=len(times) + 1, max_size=len(times) + 1))
        return step(*zip([0, *times], values, strict=True))

    return History(function(), function(), function())


@given(histories(), st.integers(0, 40), st.integers(60, 100))
def test_downtime_is_what_availability_leaves_over_and_the_outages_add_up(of: History, start: int, end: int) -> None:
    seen = Observation.of(of, ReadyEndpoints(1), float(start), float(end))
    row = measure(seen)
    assert row["downtime_s"] == pytest.approx((1 - row["availability"]) * row["window_s"])
    assert row["downtime_s"] == pytest.approx(float((seen.outages[:, 1] - seen.outages[:, 0]).sum()))
    assert 0 <= row["longest_s"] <= row["downtime_s"] + 1e-9
    assert row["outages"] in (len(seen.outages), len(seen.outages) - 1)


@given(histories())
def test_each_rung_of_the_ladder_asks_for_more(of: History) -> None:
    row = measured(of)
    rungs = [row[name] for name in ("available_one", "available_50", "available_90", "available_all")]
    assert rungs == sorted(rungs, reverse=True)


@given(histories())
def test_detection_never_takes_longer_than_the_longest_outage(of: History) -> None:
    row = measured(of)
    assert 0 <= row["undetected"] <= row["outages"]
    assert math.isnan(row["mttd_s"]) == (row["undetected"] == row["outages"])
    assert math.isnan(row["mttd_s"]) or 0 <= row["mttd_s"] < row["longest_s"]


@given(histories(), st.integers(1, 4))
def test_asking_for_more_endpoints_never_adds_availability(of: History, level: int) -> None:
    assert (
        measured(of, ReadyEndpoints(level + 1))["availability"] <= measured(of, ReadyEndpoints(level))["availability"]
    )

"""Metrics of a whole cluster, on logs written by hand."""

import math

import numpy as np
import pytest

from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.cost import node_cost, node_hours, pod_hours
from experiments.metrics.metric import metrics
from experiments.metrics.pending import longest_pending_s, pending_pod_s, waiting_pods
from experiments.metrics.reschedules import reschedules, reschedules_per_node_failure
from simulator.log import Kind, TransitionLog

Row = tuple[float, Kind, int, int, int, int]
"""Time, kind, subject, old, new, cause."""


def observed(*rows: Row, pods: int = 3, nodes: int = 2, start: float = 0.0, end: float = 3600.0) -> ClusterObservation:
    log = TransitionLog.of_columns(np.array(rows, dtype=float).reshape(-1, 6))
    log.names = {"POD": [f"pod-{i}" for i in range(pods)], "NODE": [f"node-{i}" for i in range(nodes)]}
    return ClusterObservation(log, start, end)


def life(pod: int, created: float, bound: float | None, gone: float | None = None) -> list[Row]:
    rows: list[Row] = [(created, Kind.POD_PHASE, pod, 0, 1, 0)]
    if bound is not None:
        rows.append((bound, Kind.POD_NODE, pod, -1, 0, 0))
    if gone is not None:
        rows += [(gone - 1, Kind.POD_DELETING, pod, 0, 1, 0), (gone, Kind.POD_PHASE, pod, 2, 0, 0)]
    return rows


def test_a_pod_is_pending_from_its_creation_until_it_has_a_node() -> None:
    of = observed(*life(0, 10, 15), *life(1, 100, 200), *life(2, 3500, None))
    assert (pending_pod_s(of), longest_pending_s(of), waiting_pods(of)) == (5 + 100 + 100, 100.0, 2)


def test_a_pod_that_is_deleted_before_it_has_a_node_waits_no_longer() -> None:
    assert pending_pod_s(observed(*life(0, 10, None, gone=51))) == 40.0


def test_waits_are_cut_at_the_windows_ends() -> None:
    of = observed(*life(0, 10, 150), *life(1, 250, 400), start=100.0, end=300.0)
    assert (pending_pod_s(of), longest_pending_s(of)) == (50 + 50, 50.0)


def test_a_pod_costs_from_when_it_has_a_node_until_it_is_gone() -> None:
    of = observed(*life(0, -50, -40), *life(1, 0, 900, gone=2700))
    assert pod_hours(of) == pytest.approx(1 + 0.5)
    assert node_hours(of) == pytest.approx(2)


def test_a_node_costs_from_when_it_joins_until_it_is_gone() -> None:
    joined: Row = (900, Kind.NODE_EXISTS, 1, 0, 1, 0)
    gone: Row = (2700, Kind.NODE_EXISTS, 1, 1, 0, 0)
    of = observed(joined, gone, (-50, Kind.NODE_EXISTS, 2, 0, 1, 0), nodes=3, start=0.0, end=3600.0)
    assert node_hours(of) == pytest.approx(1 + 0.5 + 1)
    assert node_cost(of) == 0.0
    of.log.prices = [0.1, 0.2, 0.0]
    assert node_cost(of) == pytest.approx(0.1 + 0.5 * 0.2)


def test_a_failed_pod_costs_nothing_any_more() -> None:
    failed: Row = (1800, Kind.POD_PHASE, 0, 2, 4, 0)
    gone: Row = (3000, Kind.POD_PHASE, 0, 4, 0, 0)
    assert pod_hours(observed(*life(0, 0, 0), failed, gone)) == pytest.approx(0.5)


def evicted(time: float, pod: int, reason: int, cause: int) -> list[Row]:
    return [(time, Kind.POD_DISRUPTION_TARGET, pod, 0, reason, cause), (time, Kind.POD_DELETING, pod, 0, 1, cause)]


NODE_DOWN: Row = (10, Kind.NODE_REPORTING, 0, 1, 0, 7)


def test_pods_of_a_node_that_failed_are_made_anew() -> None:
    of = observed(NODE_DOWN, *evicted(350, 0, 1, 7), *evicted(350, 1, 1, 7), (400, Kind.NODE_REPORTING, 1, 1, 0, 8))
    assert (reschedules(of), reschedules_per_node_failure(of)) == (2, 1.0)


def test_the_eviction_timeout_of_old_versions_names_no_disruption() -> None:
    of = observed(NODE_DOWN, (350, Kind.POD_DELETING, 0, 0, 1, 7))
    assert (reschedules(of), reschedules_per_node_failure(of)) == (1, 1.0)


def test_a_drain_moves_pods_but_its_node_does_not_fail() -> None:
    of = observed(
        (5, Kind.NODE_UNSCHEDULABLE, 0, 0, 1, 3),
        *evicted(6, 0, 2, 3),
        (20, Kind.NODE_REPORTING, 0, 1, 0, 3),
    )
    assert reschedules(of) == 1
    assert math.isnan(reschedules_per_node_failure(of))


def test_scaling_down_and_rollouts_move_no_pods() -> None:
    assert reschedules(observed((10, Kind.POD_DELETING, 0, 0, 1, 2), (10, Kind.POD_PHASE, 0, 2, 0, 2))) == 0


def test_a_pod_that_is_taken_away_before_the_window_does_not_count() -> None:
    assert reschedules(observed(NODE_DOWN, *evicted(350, 0, 1, 7), start=400.0)) == 0


def test_an_empty_log_has_metrics() -> None:
    of = observed(pods=0, nodes=0)
    registered = metrics(ClusterObservation)
    found = {name: metric.measure(of) for name, metric in registered.items() if name != "reschedules_per_node_failure"}
    assert found == {name: 0 for name in registered if name != "reschedules_per_node_failure"}
    assert all(metric.column.meaning for metric in registered.values())

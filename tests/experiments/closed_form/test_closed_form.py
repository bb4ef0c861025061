"""Every exact case of the groups that the closed forms cover, to 1e-9."""

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments import closed_form as exact

CASES = json.loads((Path(__file__).parents[2] / "data" / "analytic_cases.json").read_text())["cases"]
DAY = 86400.0


def _units(p: dict[str, Any]) -> tuple[float, float]:
    return (
        exact.unavailability(p["node_mttf"], p["node_mttr"]),
        exact.unavailability(p["pod_mttf"], p["pod_mttr"]),
    )


def _layers(p: dict[str, Any]) -> tuple[float, float, float]:
    return exact.unavailability(p["zone_mttf"], p["zone_mttr"]), *_units(p)


def _k_of_n(p: dict[str, Any]) -> tuple[int, int, float, float]:
    return p["n"], p["k"], p["mttf"], p["mttr"]


def _transient(p: dict[str, Any]) -> float:
    wait = p["D"] if "D" in p else p["grace"] + p["tolerationSeconds"]
    return exact.mean_downtime_of_a_node_outage(p["node_outage_mean"], wait, p["reschedule_R"], p["restart_on_return"])


def _pod_on_node(p: dict[str, Any]) -> tuple[float, float, float, float, float]:
    return p["pod_mttf"], p["pod_restart_mean"], p["node_mttf"], p["detect_plus_toleration_D"], p["reschedule_R"]


def _eviction(p: dict[str, Any]) -> float:
    return exact.mean_time_to_eviction(p["grace"], p["tol"], p["heartbeat"], p["monitor"])


def _steps(p: dict[str, Any]) -> tuple[int, int, int]:
    """Replicas, and maxSurge and maxUnavailable in pods."""
    prefix = "resolved_" if "resolved_surge" in p else ""
    return p["replicas"], p[f"{prefix}surge"], p[f"{prefix}unavailable"]


def _batch(p: dict[str, Any]) -> tuple[int, int]:
    n, surge, unavailable = _steps(p)
    return n, surge + unavailable


def _replica(p: dict[str, Any]) -> float:
    means = (1 / p[rate] for rate in ("crash_rate", "restart_rate", "node_crash_rate", "node_repair_rate"))
    return exact.replica_unavailability(*means)


ANSWERS: dict[str, Callable[[dict[str, Any]], float]] = {
    "a1": lambda p: 1 - exact.unavailability(p["mttf"], p["mttr"]),
    "a2": lambda p: exact.outages_per_year(p["mttf"], p["mttr"]),
    "a3": lambda p: exact.point_unavailability(p["mttf"], p["mttr"], p["t"]),
    "a4": lambda p: exact.interval_unavailability(p["mttf"], p["mttr"], p["T"]),
    "a5b": lambda p: exact.lognormal_mean(p["logn_median"], p["logn_sigma"]),
    "a6": lambda p: exact.downtime_variance_rate(p["mttf"], p["mttf"] ** 2, p["mttr"], p["mttr"] ** 2),
    "a7": lambda p: exact.downtime_variance_rate(
        p["weibull_mean"],
        exact.weibull_variance(p["weibull_shape"], p["weibull_mean"]),
        exact.lognormal_mean(p["logn_median"], p["logn_sigma"]),
        exact.lognormal_variance(p["logn_median"], p["logn_sigma"]),
    ),
    "b1": lambda p: exact.k_of_n_unavailability(*_k_of_n(p)),
    "b2": lambda p: exact.k_of_n_unavailability_with_crews(*_k_of_n(p), crews=1),
    "b3": lambda p: exact.k_of_n_outages_per_year(*_k_of_n(p)),
    "b4": lambda p: exact.k_of_n_mean_outage(*_k_of_n(p)),
    "b5": lambda p: exact.k_of_n_outages_per_year(*_k_of_n(p)),
    "c2": lambda p: exact.pod_on_node_unavailability_fixed_restart(*_pod_on_node(p)),
    "c3": _transient,
    "c4": lambda p: exact.unavailability(p["node_mttf"], _transient(p)),
    "c5": _transient,
    "c6": lambda p: exact.mean_reaction_time(p["grace"], p["heartbeat"], p["monitor"]),
    "c6v": lambda p: exact.reaction_time_variance(p["heartbeat"], p["monitor"]),
    "c7": lambda p: exact.mean_time_to_eviction_before_taints(p["evict"], p["heartbeat"], p["monitor"]),
    "c8": _eviction,
    "c8b": _eviction,
    "c9": _eviction,
    "d1": lambda p: exact.packed_unavailability(p["n"], p["k"], *_units(p)),
    "d2": lambda p: exact.spread_unavailability(p["n"], p["k"], *_units(p)),
    "d3": lambda p: (
        exact.packed_unavailability(p["n"], p["k"], *_units(p))
        / exact.spread_unavailability(p["n"], p["k"], *_units(p))
    ),
    "d4": lambda p: exact.common_cause_unavailability(p["n"], p["beta"], p["mttf"], p["mttr"]),
    "d5": lambda p: exact.common_cause_unavailability(p["n"], p["beta"], p["mttf"], p["mttr"]),
    "e1": lambda p: exact.zones_unavailability(ast.literal_eval(p["layout"]), p["k"], *_layers(p)),
    "e2": lambda p: exact.mean_capacity(*_layers(p)),
    "h0": lambda p: exact.probability_of_no_downtime(p["mttf"], p["T"]),
    "h1": lambda p: exact.probability_downtime_at_most(p["budget"], p["mttf"], p["mttr"], p["T"]),
    "h2": lambda p: exact.probability_downtime_at_most_fixed_repair(p["budget"], p["mttf"], p["repair"], p["T"]),
    "h4": lambda p: exact.downtime_deviation(p["mttf"], p["mttr"], p["T"]),
    "h5": lambda p: exact.downtime_quantile(p["q"], p["mttf"], p["mttr"], p["T"]),
    "h6": lambda p: exact.probability_downtime_above(p["budget"], p["mttf"], p["mttr"], p["T"]),
    "i1": lambda p: exact.mean_time_to_first_outage(*_k_of_n(p), crews=p["n"]) / DAY,
    "i2": lambda p: exact.mean_time_to_first_outage(*_k_of_n(p), crews=1) / DAY,
    "i3": lambda p: exact.mean_time_to_first_outage(*_k_of_n(p), crews=p["n"]) / DAY,
    "i4": lambda p: exact.mean_time_to_first_outage(*_k_of_n(p), crews=1) / DAY,
    "i5": lambda p: exact.probability_of_an_outage(*_k_of_n(p), crews=p["n"], horizon=p["T"]),
    "j1": lambda p: exact.rollout_duration(*_batch(p), p["ready_time"]),
    "j2": lambda p: exact.rollout_loss(*_steps(p), p["ready_time"]),
    "j3": lambda p: p["replicas"] - p["resolved_unavailable"],
    "j4": lambda p: p["replicas"] + p["resolved_surge"],
    "j5": lambda p: exact.mean_rollout_duration(*_batch(p), p["ready_mean"]),
    "j6": lambda p: exact.mean_rollout_loss(*_steps(p), p["ready_mean"]),
    "r1": lambda p: _replica(p) ** 3,
    "r2": lambda p: exact.unavailability(p["mttf"], p["outage"]) ** p["n"],
    "r3": lambda p: exact.mean_regeneration_cycle(p["n"], p["mttf"], p["outage"]),
    "x1": lambda p: exact.k_of_n_unavailability(*_k_of_n(p)),
    "x2": lambda p: exact.crash_loop_downtime(p["crashes"], p["start"]),
    "x3": lambda p: exact.worst_window_of_one_outage(p["d"], p["w"]),
    "x4": lambda p: exact.worst_window_of_periodic_outages(p["d"], p["p"], p["w"]),
    "x5": lambda p: exact.worst_window_of_periodic_outages(p["d"], p["p"], p["w"]),
    "x6": lambda p: exact.error_budget(p["slo"], p["window"]),
}
COVERED = [case for case in CASES if case["id"].split("_")[0] in ANSWERS]


def test_all_but_requests_measurements_and_two_metrics_have_a_closed_form_here() -> None:
    others = {case["id"] for case in CASES if case not in COVERED and case["group"] not in "fg"}
    # r1u is a part of r1, x7 and x8 are examples of metrics, and v holds measurements.
    assert others - {case["id"] for case in CASES if case["group"] == "v"} == {"r1u", "x7", "x8"}


@pytest.mark.parametrize("case", COVERED, ids=lambda case: case["id"])
def test_the_closed_form_gives_the_exact_answer(case: dict[str, Any]) -> None:
    params = {name: given["value"] for name, given in case["params"].items()}
    answer = ANSWERS[case["id"].split("_")[0]](params)
    assert answer == pytest.approx(float(case["value_str"]), rel=1e-9)


def test_a_weibull_and_lognormal_unit_depends_on_its_means_only() -> None:
    mttr = exact.lognormal_mean(120.0, 1.2)
    assert exact.unavailability(2592000.0, mttr) == pytest.approx(9.510360308533599e-5, rel=1e-9)


def test_the_exponential_restart_of_a_pod_on_a_node() -> None:
    answer = exact.pod_on_node_unavailability(172800.0, 10.0, 10368000.0, 345.0, 15.0)
    assert answer == pytest.approx(9.258597320606899e-5, rel=1e-9)


def test_enough_crews_are_the_same_as_independent_repair() -> None:
    assert exact.k_of_n_unavailability_with_crews(5, 3, 864000.0, 1800.0, crews=5) == pytest.approx(
        exact.k_of_n_unavailability(5, 3, 864000.0, 1800.0), rel=1e-12
    )


def test_a_downtime_that_is_never_zero_has_its_atom_at_zero() -> None:
    assert exact.downtime_quantile(0.5, mttf=1e9, mttr=300.0, horizon=exact.YEAR) == 0.0


def test_a_chain_of_one_unit_has_the_known_variance_of_its_downtime() -> None:
    chain, down = exact.units_down(1, ((2592000.0, 300.0),), (1,))
    nothing = np.zeros((2, 2))
    assert chain.mean_rate(down, nothing) == pytest.approx(exact.unavailability(2592000.0, 300.0), rel=1e-9)
    rate = exact.downtime_variance_rate(2592000.0, 2592000.0**2, 300.0, 300.0**2)
    assert chain.variance_rate(down, nothing) == pytest.approx(rate, rel=1e-9)


def test_a_chain_counts_failures_and_knows_their_variance() -> None:
    """Up and down for exponential times of the same mean: a renewal process with a squared variation of 1/2."""
    chain, _ = exact.units_down(1, ((100.0, 100.0),), (1,))
    failures = np.array([[0.0, 1.0], [0.0, 0.0]])
    assert chain.mean_rate(np.zeros(2), failures) == pytest.approx(1 / 200)
    assert chain.variance_rate(np.zeros(2), failures) == pytest.approx(1 / 200 / 2)


@pytest.mark.parametrize("crews", [1, 5])
def test_a_chain_of_units_agrees_with_the_birth_death_formula(crews: int) -> None:
    chain, down = exact.units_down(5, ((864000.0, 1800.0),), (5,), crews=crews)
    lost = chain.mean_rate((down > 2).astype(float), np.zeros((6, 6)))
    assert lost == pytest.approx(exact.k_of_n_unavailability_with_crews(5, 3, 864000.0, 1800.0, crews), rel=1e-6)


def test_rollouts_of_one_pod_at_a_time_vary_as_a_sum_of_exponentials() -> None:
    assert exact.rollout_duration_variance(10, 1, 30.0) == pytest.approx(10 * 30.0**2)
    assert exact.rollout_loss_variance(10, 0, 1, 30.0) == pytest.approx(10 * 30.0**2)
    assert exact.mean_rollout_loss(10, 3, 0, 30.0) == exact.rollout_loss_variance(10, 3, 0, 30.0) == 0.0

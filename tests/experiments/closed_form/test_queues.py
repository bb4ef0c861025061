"""Closed forms of queues and balancing, against the list of exact answers."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.closed_form import queues

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[2] / "data" / "analytic_cases.json").read_text())["cases"]
    if case["group"] in "fg"
}


def answer(case_id: str, params: dict[str, float]) -> float | None:
    """What the closed form says; None if the case has none here."""
    kind = case_id.split("_")[0]
    forms: dict[str, Callable[[], float]] = {
        "f1": lambda: queues.erlang_b(int(params["servers"]), params["offered_erlang"]),
        "f2": lambda: queues.erlang_c(int(params["servers"]), params["offered_erlang"]),
        "f3": lambda: queues.mean_wait(int(params["servers"]), params["offered_erlang"], params["mean_service"]),
        "f9": lambda: queues.stale_failure(
            int(params["n"]), params["endpoint_mttf"], params["stale_D"], params["unlisted_R"]
        ),
        "f10": lambda: queues.stale_failure_with_one_retry(
            int(params["n"]), params["endpoint_mttf"], params["stale_D"], params["unlisted_R"]
        ),
        "g1": lambda: queues.shared_response(params["rho"], params["mean_service"]),
        "g2": lambda: queues.shared_response(params["rho"], params["size"]),
        "g4": lambda: queues.round_robin_response(int(params["n"]), params["rho"], params["mean_service"]),
        "g5": lambda: queues.random_response(params["rho"], params["mean_service"]),
        "g6": lambda: queues.central_response(int(params["n"]), params["rho"], params["mean_service"]),
        "g7": lambda: queues.shortest_of_response(2, 2, params["rho"], params["mean_service"], longest=140),
        "g9": lambda: queues.shortest_of_limit(int(params["d"]), params["rho"], params["mean_service"]),
    }
    return forms[kind]() if kind in forms else None


@pytest.mark.parametrize("case_id", sorted(set(CASES) - {"f7"}))
def test_the_closed_form_gives_the_listed_answer(case_id: str) -> None:
    case = CASES[case_id]
    params = {name: param["value"] for name, param in case["params"].items()}
    assert answer(case_id, params) == pytest.approx(case["value"], rel=1e-9)


def test_few_servers_are_worse_than_the_limit_of_many() -> None:
    assert queues.shortest_of_response(3, 2, 0.8, 1.0, longest=30) == pytest.approx(2.51000, abs=5e-6)
    assert queues.shortest_of_limit(2, 0.8, 1.0) == pytest.approx(1.94736, abs=5e-6)


def test_join_the_shortest_of_three() -> None:
    assert queues.shortest_of_response(3, 3, 0.8, 1.0, longest=25) == pytest.approx(2.28555, abs=5e-6)

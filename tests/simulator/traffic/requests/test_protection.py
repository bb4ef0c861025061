"""Single requests, protected: hedged, held back with jitter, shed after a longest wait, cut off by a circuit."""

import math
from typing import Any

import numba
import numpy as np
import pytest

from models.distributions import Fixed
from models.protection import CircuitBreaker
from models.request_level import FirstComeFirstServed, ProcessorSharing, RequestLevel
from models.traffic import RequestRate, Retries, Traffic
from simulator.traffic.requests import compiling
from simulator.traffic.requests.answers import Answers
from tests.simulator.traffic.requests.test_requests import DEAD, KILL, UP, at, history, run

HEDGED = Retries(1, hedge_after=0.1)


def test_a_hedge_answers_what_a_dead_endpoint_does_not() -> None:
    """Half of the requests wait for 0.1 s, not for the time-out of 1 s, and are answered in 0.01 s then."""
    found = run(
        history(2, (0.0, 0, DEAD, "crash")),
        RequestLevel(pod=ProcessorSharing()),
        rate=RequestRate.constant(400.0),  # at the end, as many as wait at once have to do with the budget's 100 tokens
        retries=HEDGED,
        timeout=1.0,
        service_time=Fixed(0.01),
    )
    assert found.losses == 0
    assert abs(found.retries - found.sent / 2) < 4 * math.sqrt(found.sent / 4)
    share = found.retries / found.sent
    assert found.latencies.mean == pytest.approx(0.01 + 0.1 * share)
    assert found.attempts.sum() == found.sent + found.retries


def test_the_first_answer_counts_and_the_other_is_worked_on_all_the_same() -> None:
    """Work of 0.3 s each, one at a time, at two endpoints: the hedge keeps the other endpoint from the next request."""
    found = run(history(2), at(1.0, 1.15), retries=HEDGED, service_time=Fixed(0.3), timeout=5.0)
    assert (found.sent, found.answered, found.retries) == (2, 2, 2)
    assert found.served.sum() == 2
    assert found.attempts.tolist() == [2, 2]
    # The first is done at 1.3, its hedge at 1.4; one of the second's begins at 1.3, and is done 0.3 s later.
    assert found.latencies.total == pytest.approx(0.3 + 0.45)


def test_both_attempts_must_fail_for_a_request_to_be_lost() -> None:
    both = history(2, (1.05, 0, DEAD, "one"), (1.2, 1, DEAD, "other"))
    found = run(both, at(1.0), retries=HEDGED, service_time=Fixed(0.3), timeout=5.0)
    assert found.losses == 1
    one = history(2, (1.15, 0, DEAD, "one"))
    assert run(one, at(1.0), retries=HEDGED, service_time=Fixed(0.3), timeout=5.0).losses == 0


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_jitter_takes_its_share_of_the_back_off_at_random(jitter: float) -> None:
    """The only retry comes after 1 s to 1 s less the jitter; the endpoint is back by then."""
    rate = RequestRate(((0.0, 2000.0), (1.0, 0.0)))
    dead = history(1, (0.0, 0, DEAD, ""), (1.0, 0, UP, ""), (1.0 + 1e-9, 0, UP, ""))
    found = run(dead, RequestLevel(pod=ProcessorSharing()), rate=rate, retries=Retries(1, backoff=2.0, jitter=jitter))
    waited = 2.0 * (1 - jitter / 2)
    spread = 2.0 * jitter / math.sqrt(12)
    if jitter < 1:
        assert found.losses == 0
        error = 4 * spread / math.sqrt(found.sent) + 0.01 * waited
        assert abs(found.latencies.mean - waited - 0.001) < error
    else:  # uniform on [0, 2]: a request at t is lost if it tries again before 1, with 1/2 (1 - t)
        assert abs(found.losses - found.sent / 4) < 4 * math.sqrt(found.sent / 4)


def test_a_back_off_is_no_longer_than_the_longest() -> None:
    """1, 2, 2, 2 s: the fourth retry comes 7 s after the request, not 15."""
    back = history(1, (0.0, 0, DEAD, ""), (6.5, 0, UP, ""), end=20.0)
    found = run(back, at(0.0), retries=Retries(4, backoff=1.0, longest_backoff=2.0))
    assert found.latencies.total == pytest.approx(7.001)


def test_what_would_wait_longer_is_shed_at_once() -> None:
    """Work of 1 s, at most 1.5 s of waiting: of four at a time two are taken."""
    found = run(history(1), at(1.0, 1.0, 1.0, 1.0), service_time=Fixed(1.0), longest_wait=1.5)
    assert (found.answered, found.shed) == (2, 2)


def test_with_pods_that_share_their_processor_nothing_waits_in_a_queue_that_could_be_shed() -> None:
    with pytest.raises(ValueError, match="longestWait is for pods with a queue"):
        Traffic("web", RequestRate.constant(1.0), requests=RequestLevel(), longest_wait=1.5)


def protected() -> Answers:
    return run(
        history(3, *KILL, (5.0, 1, DEAD, "crash"), (6.0, 1, UP, ""), (6.5, 2, DEAD, "crash"), (7.0, 2, UP, "")),
        RequestLevel(pod=FirstComeFirstServed(2)),
        rate=RequestRate.constant(300.0),
        retries=Retries(1, backoff=0.05, jitter=0.7, longest_backoff=0.06, budget_share=0.4, hedge_after=0.02),
        timeout=0.05,
        longest_wait=0.03,
        circuit_breaker=CircuitBreaker(0.3, 0.5, 0.2),
        service_time=Fixed(0.015),
    )


def test_plain_python_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = protected()
    assert {why for why, _ in compiled.lost} >= {"circuit open", "dead endpoint", "overload"}
    caches = (compiling.serving, compiling.choosing)
    for cached in caches:
        cached.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(numba.config, "DISABLE_JIT", True)
        plain = protected()
    for cached in caches:
        cached.cache_clear()

    def facts(found: Answers) -> dict[str, Any]:
        arrays = {"attempts": found.attempts.tolist(), "served": found.served.tolist()}
        return {**arrays, "lost": found.lost, "retries": found.retries, "wait": found.wait, "shed": found.shed}

    assert facts(plain) == facts(compiled)
    assert np.array_equal(plain.latencies.counts, compiled.latencies.counts)


@pytest.mark.parametrize(
    ("retries", "at_seconds"),
    [
        (Retries(3, backoff=1.0), (0.0, 6.0, 13.0, 22.0)),
        (Retries(3, backoff=1.0, longest_backoff=2.0), (0.0, 6.0, 13.0, 20.0)),
        (Retries(3, backoff=1.0, jitter=0.5), (0.0, 5.75, 12.25, 20.25)),
        (Retries(3, backoff=1.0, hedge_after=0.5), (0.0, 0.5, 1.0, 1.5)),
    ],
)
def test_fluid_traffic_tries_again_after_the_mean_time(retries: Retries, at_seconds: tuple[float, ...]) -> None:
    """Time-outs of 5 s and back-offs of 1, 2 and 4 s add up; a hedge waits for neither."""
    assert retries.delays(5.0) == at_seconds

"""Circuit breakers in a running cluster: when they open, when they close."""

import math

import pytest

from models.distributions import Fixed
from models.protection import CircuitBreaker
from models.request_level import FirstComeFirstServed, RequestLevel
from models.traffic import RequestRate, Traffic
from simulator.failures.grey_failure import GreyFailure
from simulator.log import Kind
from simulator.run import Run, simulate
from simulator.traffic.attempts import OPEN
from simulator.traffic.run import expected, followed
from tests.simulator.clusters import Outages, behaviour, cluster, deployment, nodes, template

WEB = cluster(nodes(2), deployment(replicas=2, pods=template("web", tolerations=())))
BREAKER = CircuitBreaker(threshold=0.4, window=10.0, open_for=7.0)
ASKED = Traffic(
    "web",
    RequestRate.constant(200.0),
    endpoint_lag=Fixed(0.0),
    circuit_breaker=BREAKER,
    service_time=Fixed(0.001),
    requests=RequestLevel(pod=FirstComeFirstServed()),
)
"""As one of two pods fails, half of the attempts do."""


def run(lasting: float) -> Run:
    """Both pods are on nodes of their own, and one node is away for so long, which is noticed after 40 s at least."""
    loss = Outages(((100.0, lasting, (0,)),))
    return simulate(
        WEB, behaviour=behaviour(startup=Fixed(0.0)), failures=[loss], traffic=[ASKED], duration=300.0, keep_log=True
    )


def switched(ran: Run) -> list[float]:
    assert ran.log is not None
    return [float(row[0]) for row in ran.log.columns() if row[1] == Kind.SERVICE_CIRCUIT]


def test_it_opens_once_the_average_is_above_the_threshold_and_tries_again_after_its_time() -> None:
    """1/2 (1 - e^(-t/10)) passes 2/5 after 10 ln 5 s."""
    opened, closed = switched(run(10 * math.log(5) + 1.0))
    assert opened == pytest.approx(100.0 + 10 * math.log(5))
    assert closed == pytest.approx(opened + 7.0)


def test_it_stays_closed_if_what_fails_is_over_before() -> None:
    assert switched(run(10 * math.log(5) - 1.0)) == []


@pytest.mark.parametrize("lasting", [10.0, 25.0])
def test_single_requests_meet_it_as_fluid_traffic_does(lasting: float) -> None:
    """Half of what comes is lost until it opens, then all of it. Single requests may see it open a little later."""
    ran = run(lasting)
    fluid, single = expected(ASKED, ran, WEB), followed(ASKED, ran, WEB)
    opens = lasting > 10 * math.log(5)
    failing, refused = (10 * math.log(5), 14.0) if opens else (lasting, 0.0)
    assert fluid.lost == pytest.approx(200.0 * (failing / 2 + refused))
    assert sum(loss.requests for loss in fluid.losses if loss.why == "circuit open") == pytest.approx(200.0 * refused)
    assert fluid.retries == 0.0
    found = {why: sum(lost for (other, _), lost in single.lost.items() if other == why) for why, _ in single.lost}
    assert ("circuit open" in found) is opens
    # Averaged over 2000 attempts, the share that fails is 0.011 off at random, which is 0.55 s at the threshold.
    spread = 4 * math.sqrt(200.0 * failing / 4) + (4 * 0.55 * 100.0 if opens else 0.0)
    assert abs(found["dead endpoint"] - 200.0 * failing / 2) < spread


def test_errors_of_pods_that_answer_open_it_too() -> None:
    """Half of the requests of both fail: 1/2 (1 - e^(-t/10)) again, until somebody has both killed."""
    grey = GreyFailure("grey", Fixed(100.0), Fixed(100.0), 0.5)
    calm = behaviour(startup=Fixed(0.0))
    ran = simulate(WEB, behaviour=calm, failures=[grey], traffic=[ASKED], duration=190.0, keep_log=True)
    opened, *_ = switched(ran)
    assert opened == pytest.approx(100.0 + 10 * math.log(5))
    refused = sum(loss.requests for loss in expected(ASKED, ran, WEB).losses if loss.why == OPEN)
    assert refused == pytest.approx(200.0 * (190.0 - opened))
    # A single attempt decides about the circuit, and is answered right as often as not: it closes for a while then.
    answers = followed(ASKED, ran, WEB)
    assert 0 < sum(number for (why, _), number in answers.lost.items() if why == OPEN) < refused

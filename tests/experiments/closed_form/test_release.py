"""Bad releases lose what the law says, whatever the strategy; burn-rate alerts are as late as it says."""

import math
from typing import Any

import pytest

from experiments.closed_form.release import alert_delay, bad_release_loss, bad_release_variance
from models.deployment import Deployment
from models.distributions import Exponential
from models.pod import Probe
from models.release import Shows
from models.rollout import BlueGreen, Canary, Pause, SetWeight
from simulator import simulate
from simulator.operations.rollout import Rollout
from simulator.stories.releases import BadRelease
from tests.simulator.clusters import DAY, HOUR, behaviour, cluster, container, deployment, nodes, template

PROBED = template("web", container(readiness=Probe(period=1.0)))


def app(replicas: int = 4, **other: Any) -> Deployment:
    """New pods answer 3 s after they are made; one is missing at a time."""
    return deployment("web", replicas, pods=PROBED, max_unavailable=1, max_surge=0, **other)


def test_an_alert_is_the_later_the_fewer_users_meet_the_errors() -> None:
    assert alert_delay(1.0, 0.999, 14.4, HOUR) == pytest.approx(51.84)
    assert alert_delay(0.05, 0.999, 14.4, HOUR) == pytest.approx(1036.8)
    assert alert_delay(0.0144, 0.999, 14.4, HOUR) == math.inf


REPLICAS, EVERY, LENGTH, READY = 4, DAY, 200 * DAY, 3.0


@pytest.mark.parametrize(("shows", "exposed"), [(Shows.CRASH, 1 / REPLICAS), (Shows.ERRORS, 1.0)])
def test_the_loss_of_a_bad_release_is_probability_times_exposed_share_times_detection_and_rollback(
    shows: Shows, exposed: float
) -> None:
    """Within 4 standard errors, over 200 releases of which a quarter is bad, noticed after an exponential time.

    A rolling update that probes stop has one replica missing all the while, and one that they do not stop all of them,
    but for a ramp of the same length at both ends.
    """
    mean, probability = 2 * HOUR, 0.25
    release = Rollout(
        "release",
        "Deployment/web",
        every=EVERY,
        new_image=False,
        bad=BadRelease(probability, shows, detection=Exponential(mean)),
    )
    run = simulate(
        cluster(nodes(4), app(REPLICAS)),
        behaviour=behaviour(),
        operations=(release,),
        duration=LENGTH,
        warmup=0.0,
        seed=20261130,
    )
    answering, desired = run.services["web"].answering, run.services["web"].desired
    lost = (desired.integral() - answering.integral()) / REPLICAS
    releases = LENGTH / EVERY - 1
    good = READY  # a replica after the other is missing for 3 s
    # The ramp down takes away what the ramp up adds, but for the first wave of the rollback.
    per_release = bad_release_loss(probability, exposed, mean, READY) + (1 - probability) * good
    variance = bad_release_variance(probability, exposed, mean + READY, mean**2, good)
    assert abs(lost - releases * per_release) < 4 * math.sqrt(releases * variance)


CANARY = Canary((SetWeight(100 // REPLICAS), Pause(DAY)))


@pytest.mark.parametrize(("strategy", "exposed"), [(CANARY, 1 / REPLICAS), (BlueGreen(), 1.0)])
def test_the_same_law_holds_for_canaries_and_blue_green(strategy: Canary | BlueGreen, exposed: float) -> None:
    """Within 4 standard errors, over 200 releases of which a quarter fails all requests of its pods.

    Users meet it from when its pods are ready, and as long after its detection: the one makes up for the other. A good
    one costs nothing.
    """
    mean, probability, every = 2 * HOUR, 0.25, 2 * DAY
    spec = deployment(
        "web", REPLICAS, pods=PROBED, max_unavailable=0, max_surge=1, kind="Rollout", progression=strategy
    )
    bad = BadRelease(probability, Shows.ERRORS, detection=Exponential(mean))
    run = simulate(
        cluster(nodes(4), spec),
        behaviour=behaviour(),
        operations=(Rollout("release", "Rollout/web", every=every, new_image=False, bad=bad),),
        duration=2 * LENGTH,
        warmup=0.0,
        seed=20261130,
    )
    answering, desired = run.services["web"].answering, run.services["web"].desired
    lost = (desired.integral() - answering.integral()) / REPLICAS
    releases = 2 * LENGTH / every - 1
    per_release = bad_release_loss(probability, exposed, mean - READY, READY)
    variance = bad_release_variance(probability, exposed, mean, mean**2)
    assert abs(lost - releases * per_release) < 4 * math.sqrt(releases * variance)

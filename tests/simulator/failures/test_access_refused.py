"""Secrets that may not be read: who waits, in which words, and when they go on."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.configuration import Via
from models.distributions import Fixed
from simulator.failures.access_refused import AccessRefused
from simulator.kubelet.access import env_retry, mount_retry
from simulator.log import Configured, Kind
from tests.simulator.clusters import Lab, behaviour, cluster, down, nodes
from tests.simulator.operations.test_config_change import answering, app, lab

LOOKS = np.full(100, 12.0)


def refused(seconds: float = 200.0, **fields: Any) -> AccessRefused:
    """From 100 s on."""
    return AccessRefused("refused", "Secret/db", Fixed(100.0), Fixed(seconds), **fields)


def found(failure: AccessRefused, via: Via = Via.VOLUME, delete_at: float = 150.0, until: float = 90.0) -> Lab:
    """One replica, deleted while the Secret may not be read."""
    made = lab(app(1, via, "Secret/default/db"), failures=(failure,))
    made.at(delete_at, lambda: made.state.pods.mark_deleting(made.pods()[0], 0))
    return made.run(until)


def test_pods_that_run_go_on() -> None:
    assert answering(found(refused(), delete_at=5000.0, until=1000.0)) == []


@pytest.mark.parametrize(
    ("via", "reason"),
    [
        (Via.VOLUME, 'FailedMount: MountVolume.SetUp failed for volume "settings" : '),
        (Via.SUB_PATH, 'FailedMount: MountVolume.SetUp failed for volume "settings" : '),
        (Via.ENV, "CreateContainerConfigError: "),
    ],
)
def test_pods_that_start_wait_in_kubernetes_words(via: Via, reason: str) -> None:
    made = found(refused(), via, until=250.0)
    assert list(made.simulation.pending().values()) == [
        reason
        + 'secrets "db" is forbidden: User "system:serviceaccount:default:default" cannot get resource "secrets" '
        'in API group "" in the namespace "default"'
    ]
    assert made.log(Kind.POD_CONFIGURATION) == [(150.0, "web-1", Configured.AWAITED)]
    assert {cause for *_, cause in made.rows(Kind.POD_CONFIGURATION)} == {"refused/Secret/db"}


def test_a_container_is_tried_again_every_ten_to_fifteen_seconds() -> None:
    made = found(refused(), Via.ENV, until=1000.0)
    _, (back, _) = answering(made)
    assert 303.0 <= back <= 318.0  # it starts within 3 s


def test_a_volume_is_tried_again_after_twice_as_long_each_time() -> None:
    made = found(refused(100.0), until=1000.0)
    assert answering(made) == [(151.0, 0), (150.0 + 63.5 + 3.0, 1)]


def test_accounts_that_are_not_meant_start() -> None:
    made = found(refused(service_accounts=("other",)), until=1000.0)
    assert answering(made)[-1] == (153.0, 1)
    workload = app(1, key="Secret/default/db")
    theirs = replace(workload.template, spec=replace(workload.template.spec, service_account="other"))
    asked = lab(replace(workload, template=theirs), failures=(refused(service_accounts=("other",)),))
    asked.at(150.0, lambda: asked.state.pods.mark_deleting(asked.pods()[0], 0))
    assert answering(asked.run(200.0))[-1] == (151.0, 0)


def test_a_pod_whose_node_goes_off_while_it_waits_starts_when_both_are_back() -> None:
    made = lab(app(1, key="Secret/default/db"), failures=(refused(), down(0, 1, 2, 3, at=140.0, lasting=100.0)))
    made.run(2000.0)
    (off, _), (back, _) = answering(made)[0], answering(made)[-1]
    assert off == 140.0
    assert made.times(Kind.POD_CONFIGURATION, Configured.AWAITED) == [240.0]
    assert back == 240.0 + 63.5 + 3.0
    assert made.pods()[0].answering


def test_the_first_try_after_the_object_may_be_read_again_succeeds() -> None:
    assert [mount_retry(waited, LOOKS) for waited in (0.2, 0.6, 63.0)] == [0.5, 1.5, 63.5]
    assert mount_retry(100.0, LOOKS) == 135.0  # mounted after 127.5 s, while the worker does not look
    assert mount_retry(200.0, LOOKS) == 249.5
    assert [env_retry(waited, LOOKS) for waited in (0.1, 12.0, 12.1)] == [12.0, 12.0, 24.0]


def test_a_pod_that_is_deleted_as_it_may_go_on_does_not() -> None:
    """It may read the Secret from 200 s on by one failure, and from 201 s on by the other, and waits for its turn."""
    both = [AccessRefused(f"refused-{i}", "Secret/db", Fixed(100.0), Fixed(100.0 + i)) for i in range(2)]
    load = cluster(nodes(4), app(1, Via.ENV, "Secret/default/db"))
    made = Lab(load, behaviour(stop_unstarted=Fixed(30.0)), both)
    made.at(150.0, lambda: made.state.pods.mark_deleting(made.pods()[0], 0))
    made.at(201.0, lambda: made.state.pods.mark_deleting(made.pods()[-1], 0))
    made.run(230.0)
    assert [time for time, name, _ in made.log(Kind.POD_CONTAINERS) if name == "web-1"] == []

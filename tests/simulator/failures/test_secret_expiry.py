"""Certificates that run out: when they are rotated, who holds an old one, and how it is mended."""

from typing import Any

import pytest

from models.configuration import Configuration, Fails, Via
from models.distributions import Fixed
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.secret_expiry import SecretExpiry
from simulator.log import Configured, Kind
from simulator.operations.secret_rotation import SecretRotation
from simulator.stories.configurations import Reload
from tests.simulator.operations.test_config_change import Lab, answering, app, lab

KEY = "Secret/default/tls"


def expiry(**fields: Any) -> SecretExpiry:
    given = {"lifetime": 10_000.0, "time_to_repair": Fixed(1000.0), "fails": Fails.REQUESTS} | fields
    return SecretExpiry("expiry", "Secret/tls", **given)


def run(*failures: Any, until: float = 30_000.0, via: Via = Via.VOLUME, operations: Any = (), **objects: Any) -> Lab:
    return lab(app(2, via, KEY), *operations, failures=failures, **objects).run(until)


def test_a_certificate_that_nobody_rotates_runs_out_for_all_at_once_until_people_make_another() -> None:
    found = run(expiry())
    counts = answering(found)
    assert [number for _, number in counts[:4]] == [1, 0, 1, 2]
    assert [time for time, _ in counts[:2]] == [10_000.0, 10_000.0]
    assert all(11_000.0 <= time <= 11_060.0 for time, _ in counts[2:4])
    assert counts[4][0] == 21_000.0  # a lifetime after the new one was made
    assert found.simulation.strikes()["expiry"] == 2
    assert found.times(Kind.POD_CONFIGURATION, Configured.EXPIRED)[:2] == [10_000.0, 10_000.0]


def test_one_that_is_rotated_in_time_harms_nobody() -> None:
    found = run(expiry(renew_before=1000.0))
    assert answering(found) == []
    assert "expiry" not in found.simulation.strikes()


def test_rotations_that_fail_are_tried_again_until_it_runs_out() -> None:
    found = run(expiry(renew_before=1000.0, failure_probability=1.0, retry_every=300.0))
    assert answering(found)[0] == (10_000.0, 1)
    often = run(expiry(renew_before=1000.0, failure_probability=0.5, retry_every=1.0), until=100_000.0)
    assert answering(often) == []


@pytest.mark.parametrize("reload", [Reload.NONE, Reload.HOT])
def test_pods_that_do_not_reload_what_was_rotated_long_ago_fail_all_the_same(reload: Reload) -> None:
    found = run(expiry(renew_before=5000.0, reload=reload), via=Via.ENV, until=12_000.0)
    assert answering(found)[:2] == [(10_000.0, 1), (10_000.0, 0)]
    assert answering(found)[-1][1] == 2  # people restart them
    assert found.times(Kind.DEPLOYMENT_REVISION) == [11_000.0]


def test_with_a_checksum_they_are_rolled_out_as_it_is_rotated() -> None:
    found = run(expiry(renew_before=5000.0, reload=Reload.RESTART), via=Via.ENV, until=12_000.0)
    assert found.times(Kind.DEPLOYMENT_REVISION) == [5000.0, 10_000.0]
    assert min(number for _, number in answering(found)) >= 2


def test_those_that_check_it_at_the_start_alone_go_on_until_they_crash() -> None:
    crash = ContainerCrash("crash", Fixed(10_500.0))
    found = run(expiry(fails=Fails.START), crash, until=12_000.0)
    assert found.times(Kind.POD_CONFIGURATION, Configured.EXPIRED)[0] == 10_500.0
    assert answering(found)[-1][1] == 2


def test_an_immutable_secret_cannot_be_mended() -> None:
    tls = Configuration("Secret", "tls", immutable=True)
    found = run(expiry(renew_before=1000.0), others=(tls,))
    assert answering(found) == [(10_000.0, 1), (10_000.0, 0)]


def test_a_rotation_that_people_do_puts_the_end_off() -> None:
    rotation = SecretRotation("rotation", "Secret/tls", every=5000.0, reload=Reload.HOT)
    assert answering(run(expiry(), operations=(rotation,))) == []


def rolled_back(at: float, after: float) -> SecretRotation:
    """A rotation that is bad, so that the old certificate comes back."""
    return SecretRotation(
        "rotation", "Secret/tls", at=at, reload=Reload.HOT, bad_probability=1.0, detection=Fixed(after)
    )


def test_one_that_has_run_out_and_comes_back_is_mended() -> None:
    found = run(expiry(), until=14_000.0, operations=(rolled_back(5000.0, 6000.0),))
    assert found.simulation.strikes()["expiry"] == 1
    assert answering(found)[-1][1] == 2
    assert 12_000.0 <= answering(found)[-1][0] <= 12_090.0  # people have begun when it came back


def test_one_that_comes_back_when_it_is_due_is_rotated() -> None:
    found = run(expiry(renew_before=3000.0), until=14_000.0, operations=(rolled_back(6500.0, 1500.0),))
    assert found.simulation.strikes().get("expiry", 0) == 0
    assert answering(found)[-1][1] == 2
    assert answering(found)[-1][0] < 8100.0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"lifetime": 0.999}, "must be 1 s or more"),
        ({"retry_every": 0.001}, "must be 1 s or more"),
        ({"renew_before": 0.0}, "must be positive"),
        ({"renew_before": 9999.5}, "1 s or more below `lifetime`"),
        ({"failure_probability": -0.1}, "from 0 to 1"),
    ],
)
def test_an_expiry_that_makes_no_sense_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        expiry(**fields)


def test_pods_that_hold_an_old_one_which_came_back_are_mended_too() -> None:
    """A bad one is rolled back at 400 s; the old one is rotated at 5000 s, and pods do not read that."""
    rotation = SecretRotation(
        *("rotation", "Secret/tls"), at=100.0, reload=Reload.HOT, bad_probability=1.0, detection=Fixed(300.0)
    )
    found = run(expiry(renew_before=5000.0, reload=Reload.NONE), operations=[rotation], until=12_000.0)
    after = [(time, number) for time, number in answering(found) if time > 1000.0]
    assert after[:2] == [(10_000.0, 1), (10_000.0, 0)]
    assert after[-1][1] == 2
    assert found.simulation.strikes()["expiry"] == 1

"""What ConfigMaps and Secrets do to a Service shows under stages and causes of its own."""

from dataclasses import replace
from typing import Any

import pytest

from experiments.attribution.stages import Stage
from models.configuration import ConfigurationReference, Fails, Via
from models.distributions import Fixed
from models.reference import Absences
from simulator.failures.access_refused import AccessRefused
from simulator.failures.secret_expiry import SecretExpiry
from simulator.operations.config_change import ConfigChange
from simulator.stories.configurations import Reload
from tests.experiments.attribution.scenarios import lost, run
from tests.simulator.clusters import cluster, deployment, down, nodes, template


def load(key: str, **absences: Any) -> Any:
    """One replica that reads the object from a volume, on the only node."""
    reads = (ConfigurationReference(key, Via.VOLUME, "server", "files"),)
    pods = replace(template("web"), configuration=reads, absences=Absences(**absences))
    return cluster(nodes(1), deployment(pods=pods))


@pytest.mark.parametrize("fails", [Fails.REQUESTS, Fails.READINESS, Fails.BOTH])
def test_a_bad_content_that_is_read_hot(fails: Fails) -> None:
    change = ConfigChange(
        "change",
        "ConfigMap/web",
        at=100.0,
        reload=Reload.HOT,
        bad_probability=1.0,
        fails=fails,
        detection=Fixed(500.0),
    )
    stages = lost(run(load("ConfigMap/default/web"), operations=[change]))
    assert stages.keys() == {("change", Stage.BAD_CONFIGURATION)}
    assert 440.0 < stages["change", Stage.BAD_CONFIGURATION] < 560.0


def test_a_bad_content_that_makes_processes_exit_counts_while_they_crash_over_and_over() -> None:
    change = ConfigChange(
        "change",
        "ConfigMap/web",
        at=100.0,
        bad_probability=1.0,
        fails=Fails.START,
        detection=Fixed(1000.0),
    )
    stages = lost(run(load("ConfigMap/default/web"), down(0, at=200.0, lasting=30.0), operations=[change]))
    assert stages["change", Stage.BAD_CONFIGURATION] > 800.0


def test_a_certificate_that_has_run_out() -> None:
    expiry = SecretExpiry("expiry", "Secret/web", 500.0, Fixed(300.0), fails=Fails.REQUESTS)
    stages = lost(run(load("Secret/default/web"), expiry, until=1000.0))
    assert stages.keys() == {("expiry", Stage.EXPIRED_SECRET)}
    assert 300.0 <= stages["expiry", Stage.EXPIRED_SECRET] <= 360.0


def test_a_secret_that_may_not_be_read() -> None:
    refused = AccessRefused("refused", "Secret/web", Fixed(100.0), Fixed(200.0))
    stages = lost(run(load("Secret/default/web"), refused, down(0, at=150.0, lasting=10.0), until=350.0))
    assert stages["refused", Stage.CONFIGURATION] == 350.0 - 160.0
    assert sum(seconds for (cause, _), seconds in stages.items() if cause != "refused") == 10.0


def test_an_object_that_is_not_there() -> None:
    words = 'FailedMount: MountVolume.SetUp failed for volume "files" : secret "web" not found'
    stages = lost(run(load("Secret/default/web", unmounted=words, lacks_configuration=True), until=100.0))
    assert stages == {("", Stage.CONFIGURATION): 100.0}

"""What containers hold of ConfigMaps and Secrets, whatever else happens to them."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.cluster import Cluster
from models.configuration import ConfigurationReference, Fails, Via
from models.distributions import Exponential, Fixed
from simulator.failures.access_refused import AccessRefused
from simulator.failures.sandbox_crash import SandboxCrash
from simulator.failures.secret_expiry import SecretExpiry
from simulator.log import Configured, Kind
from simulator.operations.config_change import ConfigChange
from simulator.operations.secret_rotation import SecretRotation
from simulator.stories.configurations import Reload
from tests.simulator.clusters import HOUR, Lab
from tests.simulator.operations.test_config_change import app, change, lab
from tests.simulator.test_invariants import LIVELY, SETTINGS, History, histories, let_pass, watched

KEYS = ("ConfigMap/default/settings", "Secret/default/tls")


@st.composite
def reading(draw: st.DrawFn, cluster: Cluster) -> Cluster:
    """The Deployments of a cluster read both objects, each container by a way of its own."""

    def references(deployment: Any) -> tuple[ConfigurationReference, ...]:
        names = [container.name for container in deployment.template.spec.containers]
        return tuple(ConfigurationReference(key, draw(st.sampled_from(Via)), name) for name in names for key in KEYS)

    made = [replace(d, template=replace(d.template, configuration=references(d))) for d in cluster.deployments]
    return replace(cluster, deployments=tuple(made))


@st.composite
def stories(draw: st.DrawFn) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Failure modes and operations of both objects."""
    reload, fails = st.sampled_from(Reload), st.sampled_from(Fails)
    often = {"bad_probability": 0.5, "detection": Exponential(600.0)}
    changes = (
        ConfigChange("change", "ConfigMap/settings", every=1800.0, reload=draw(reload), fails=draw(fails), **often),
        SecretRotation("rotation", "Secret/tls", every=2700.0, reload=draw(reload), fails=draw(fails), **often),
    )
    modes = (
        AccessRefused("refused", "Secret/tls", Exponential(HOUR), Exponential(600.0)),
        SandboxCrash("sandbox", Exponential(2 * HOUR)),
        SecretExpiry("expiry", "Secret/tls", HOUR, Fixed(600.0), 1200.0, 0.7, 300.0, draw(reload), draw(fails)),
    )
    return modes, changes


def check(found: Lab) -> None:
    """Who has read what makes requests fail does not answer, and what is the matter is said."""
    contents = found.simulation.control_plane.kubelet.contents
    for pod in found.state.pods.values():
        assert not any(each in contents.faults for each in pod.containers if each.healthy)
        if pod.answering and not pod.stopping:
            assert pod.configuration is Configured.WELL


@SETTINGS
@given(histories(), stories(), st.data())
def test_the_state_is_consistent_through_changes_of_configuration(history: History, both: Any, data: Any) -> None:
    cluster, modes, operations, seed = history
    load = data.draw(reading(cluster))
    if not load.deployments:
        return
    found = watched(
        load, LIVELY, failures=(*modes, *both[0]), operations=(*operations, *both[1]), seed=seed, end=3 * HOUR
    )
    for kind in (Kind.POD_ANSWERING, Kind.CONFIGURATION_GENERATION, Kind.NODE_POWER):
        found.state.listen(kind, lambda subject, new, cause: check(found))
    let_pass(found, until=3 * HOUR)


def test_a_pod_that_is_gone_is_forgotten() -> None:
    found = lab(app(2), change())
    contents = found.simulation.control_plane.kubelet.contents
    found.at(120.0, lambda: [found.state.pods.mark_deleting(pod, 0) for pod in found.pods()])
    found.run(5000.0)
    assert len(contents._held) == 2
    assert contents._syncs == {}
    assert contents._silent == set()

"""Changes of ConfigMaps: when they reach pods, what a bad one does, and how it is rolled back."""

from dataclasses import replace
from typing import Any

import pytest

from models.configuration import Configuration, ConfigurationReference, Fails, Via
from models.deployment import Deployment
from models.distributions import Fixed
from models.pod import Probe
from simulator.failures.container_crash import ContainerCrash
from simulator.log import Configured, Kind
from simulator.operations.config_change import ConfigChange
from simulator.operations.secret_rotation import SecretRotation
from simulator.stories.attempts import Attempt, Outcome
from simulator.stories.configurations import Reload, Rollback
from tests.simulator.clusters import HOUR, Lab, behaviour, cluster, container, deployment, down, nodes, template

KEY = "ConfigMap/default/settings"


def app(replicas: int = 3, via: Via = Via.VOLUME, key: str = KEY, **other: Any) -> Deployment:
    """A Deployment whose container reads the object, and is ready once it has started up."""
    pods = template("web", container(readiness=Probe(period=1.0)))
    pods = replace(pods, configuration=(ConfigurationReference(key, via, "server", "settings"),))
    return deployment("web", replicas, pods=pods, **other)


def change(at: float = 100.0, **fields: Any) -> ConfigChange:
    """A bad one, detected after 1000 s."""
    given = {"reload": Reload.HOT, "bad_probability": 1.0, "detection": Fixed(1000.0)} | fields
    return ConfigChange("change", "ConfigMap/settings", at=at, **given)


def lab(workload: Deployment, *operations: Any, failures: tuple[Any, ...] = (), **objects: Any) -> Lab:
    load = cluster(nodes(4), workload)
    return Lab(replace(load, **objects), behaviour(), failures, operations, end=10 * HOUR)


def attempts(found: Lab) -> list[Attempt]:
    return list(found.simulation.world.journal.attempts(found.simulation.kernel.now))


def answering(found: Lab) -> list[tuple[float, int]]:
    """How many answer, after each change."""
    return [(time, number) for time, _, number in found.log(Kind.SERVICE_ANSWERING)]


def test_a_bad_content_that_is_reloaded_hot_silences_every_replica_at_its_next_sync_until_it_is_rolled_back() -> None:
    found = lab(app(), change()).run(5000.0)
    counts = answering(found)
    assert [number for _, number in counts] == [2, 1, 0, 1, 2, 3]
    bad, good = [t for t, _ in counts[:3]], [t for t, _ in counts[3:]]
    assert min(bad) >= 100.0
    assert max(bad) <= 160.0
    assert min(good) >= 1100.0
    assert max(good) <= 1160.0
    assert found.times(Kind.POD_READY) == []  # probes see nothing
    assert [new for *_, new in found.log(Kind.POD_CONFIGURATION)] == 3 * [Configured.BAD] + 3 * [Configured.WELL]
    (attempt,) = attempts(found)
    assert (attempt.begun, attempt.ended, attempt.outcome) == (100.0, 1100.0, Outcome.ROLLED_BACK)


def test_a_bad_content_that_is_rolled_out_takes_no_more_than_max_unavailable() -> None:
    found = lab(app(4, max_unavailable=1, max_surge=0), change(reload=Reload.RESTART)).run(5000.0)
    assert min(number for _, number in answering(found)) == 3
    assert answering(found) == [(100.0, 3), (1103.0, 4)]
    assert {cause for *_, cause in found.rows(Kind.POD_CONFIGURATION)} <= {"change/ConfigMap/settings"}
    assert [a.outcome for a in attempts(found)] == [Outcome.ROLLED_BACK]
    assert found.counts() == ((4, 4, 4), (0, 0, 0))  # the first comes back


def test_what_the_readiness_probe_sees_stops_a_rollout_as_a_crash_does_and_restarts_nothing() -> None:
    """One of four is missing from the change to its detection, and until the old one is ready again: 1000 s + 3 s."""
    operation = change(reload=Reload.RESTART, fails=Fails.READINESS)
    found = lab(app(4, max_unavailable=1, max_surge=0), operation).run(5000.0)
    assert answering(found) == [(100.0, 3), (1103.0, 4)]
    assert [a.outcome for a in attempts(found)] == [Outcome.ROLLED_BACK]
    assert all(container.restarts == 0 for pod in found.pods() for container in pod.containers)
    assert found.counts() == ((4, 4, 4), (0, 0, 0))


def test_replicas_that_read_hot_what_the_readiness_probe_sees_leave_the_service_until_they_read_better() -> None:
    found = lab(app(), change(fails=Fails.READINESS)).run(5000.0)
    assert [number for _, number in answering(found)] == [2, 1, 0, 1, 2, 3]
    silent, well = [t for t, _ in answering(found)[:3]], [t for t, _ in answering(found)[3:]]
    unready, ready = found.times(Kind.POD_READY, 0), found.times(Kind.POD_READY, 1)
    assert len(unready) == len(ready) == 3
    # With a period of 1 s and failureThreshold 3 the probe gives up 2-3 s later; one success is enough.
    assert all(2.0 <= later - earlier <= 3.0 for earlier, later in zip(silent, unready, strict=True))
    assert all(0.0 <= later - earlier <= 1.0 for earlier, later in zip(well, ready, strict=True))
    assert all(container.restarts == 0 for pod in found.pods() for container in pod.containers)


def test_without_a_readiness_probe_nobody_sees_it() -> None:
    workload = app()
    blind = replace(workload, template=replace(workload.template, spec=template("web", container()).spec))
    found = lab(blind, change(fails=Fails.READINESS)).run(1000.0)
    assert answering(found)[-1][1] == 0
    assert found.times(Kind.POD_READY) == []


def test_a_container_that_starts_with_what_the_readiness_probe_sees_is_ready_once_it_has_read_better() -> None:
    crash = ContainerCrash("crash", Fixed(500.0))
    found = lab(app(1), change(fails=Fails.READINESS), failures=(crash,)).run(1200.0)
    assert found.times(Kind.POD_READY, 1)[-1] >= 1100.0
    assert answering(found)[-1][1] == 1


def test_a_good_content_with_a_checksum_is_a_rollout_of_every_workload_that_reads_it() -> None:
    found = lab(app(3, max_unavailable=1, max_surge=0), change(bad_probability=0.0, reload=Reload.RESTART)).run(5000.0)
    assert len(found.times(Kind.POD_DELETING)) == 3
    (attempt,) = attempts(found)
    assert attempt.outcome is Outcome.DONE
    assert attempt.ended == found.times(Kind.DEPLOYMENT_COMPLETE, 1)[-1]


@pytest.mark.parametrize("via", [Via.ENV, Via.SUB_PATH])
def test_what_is_in_the_environment_or_mounted_by_sub_path_is_read_when_a_container_starts(via: Via) -> None:
    crash = ContainerCrash("crash", Fixed(500.0))
    found = lab(app(1, via), change(fails=Fails.REQUESTS, detection=Fixed(1e6)), failures=(crash,)).run(1000.0)
    assert answering(found) == [(500.0, 0)]
    assert found.log(Kind.POD_CONFIGURATION) == [(500.0, "web-0", Configured.BAD)]


def test_without_a_reload_a_volume_is_read_when_the_container_starts_the_next_time() -> None:
    crash = ContainerCrash("crash", Fixed(500.0))
    calm = lab(app(1), change(reload=Reload.NONE, fails=Fails.REQUESTS)).run(1000.0)
    assert answering(calm) == []
    found = lab(app(1), change(reload=Reload.NONE, fails=Fails.REQUESTS), failures=(crash,)).run(1000.0)
    assert answering(found) == [(500.0, 0)]


def test_what_fails_at_the_start_is_rejected_by_those_that_run_and_crashes_those_that_start() -> None:
    found = lab(app(2), change(fails=Fails.START, rollback=Rollback.NONE), down(0, at=300.0, lasting=60.0)).run(5000.0)
    assert found.times(Kind.POD_CONFIGURATION, Configured.BAD)
    assert min(found.times(Kind.POD_CONFIGURATION)) > 360.0
    pending = found.simulation.pending()
    assert set(pending.values()) == {"CrashLoopBackOff: back-off 5m0s restarting failed container=server"}


def test_a_container_that_crashes_over_and_over_reads_the_old_content_when_it_starts_again() -> None:
    crash = ContainerCrash("crash", Fixed(500.0))
    found = lab(app(1), change(fails=Fails.START), failures=(crash,)).run(1600.0)
    assert found.times(Kind.POD_CONFIGURATION, Configured.BAD) == [500.0]
    (well,) = found.times(Kind.POD_CONFIGURATION, Configured.WELL)
    assert 1100.0 < well < 1450.0


def test_an_immutable_object_is_never_changed() -> None:
    settings = Configuration("ConfigMap", "settings", immutable=True)
    found = lab(app(), change(), others=(settings,)).run(5000.0)
    assert answering(found) == []
    (attempt,) = attempts(found)
    assert attempt.outcome is Outcome.GIVEN_UP
    assert attempt.last_refusal == (
        'ConfigMap "settings" is invalid: data: Forbidden: field is immutable when `immutable` is set'
    )


def test_a_pod_whose_node_was_off_reads_what_is_there_when_it_is_back() -> None:
    only = cluster(nodes(1), app(1))
    found = Lab(only, behaviour(), (down(0, at=90.0, lasting=60.0),), (change(),), end=HOUR).run(500.0)
    assert found.log(Kind.POD_CONFIGURATION)[0] == (151.0, "web-0", Configured.BAD)


def test_people_take_their_time_to_roll_back() -> None:
    found = lab(app(1), change(rollback=Rollback.MANUAL, reaction=Fixed(600.0))).run(5000.0)
    assert 1700.0 <= answering(found)[-1][0] <= 1760.0


def test_where_nobody_rolls_back_the_next_change_takes_over() -> None:
    found = lab(app(1), change(rollback=Rollback.NONE), change_later()).run(9000.0)
    (_, silent), (back, answers) = answering(found)
    assert (silent, answers) == (0, 1)
    assert 5000.0 <= back <= 5060.0
    assert [attempt.outcome for attempt in attempts(found)] == 2 * [Outcome.DONE]


def change_later() -> ConfigChange:
    """A good one."""
    return ConfigChange("mend", "ConfigMap/settings", at=5000.0, reload=Reload.HOT)


def test_a_rotation_is_a_change_of_a_secret() -> None:
    rotation = SecretRotation(
        "rotation", "Secret/db", at=100.0, reload=Reload.HOT, bad_probability=1.0, detection=Fixed(500.0)
    )
    found = lab(app(1, key="Secret/default/db"), rotation).run(5000.0)
    assert [number for _, number in answering(found)] == [0, 1]
    assert {cause for *_, cause in found.rows(Kind.POD_CONFIGURATION)} == {"rotation/Secret/db"}


def test_an_object_that_no_pod_reads_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no pod reads ConfigMap/settings; did you mean 'ConfigMap/default/setings'"):
        lab(app(key="ConfigMap/default/setings"), change()).run(1.0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"at": None}, "needs `every` or `at`"),
        ({"every": 0.0}, "`every` must be positive"),
        ({"at": -1.0}, "must not be negative"),
        ({"bad_probability": 1.5}, "from 0 to 1"),
        ({"detection": None}, "needs `detection`"),
        ({"rollback": Rollback.MANUAL}, "go together"),
        ({"reaction": Fixed(1.0)}, "go together"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        change(**fields)


def test_a_cluster_without_changes_tells_nothing_of_configuration() -> None:
    found = lab(app()).run(HOUR)
    assert found.log(Kind.CONFIGURATION_GENERATION, -1e9) == found.log(Kind.POD_CONFIGURATION, -1e9) == []

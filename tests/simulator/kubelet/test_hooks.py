"""Hooks of containers, and what waits for them."""

import math
from dataclasses import replace

import pytest

from models.distributions import Empirical, Fixed
from models.pod import Probe
from simulator.failures.container_crash import ContainerCrash
from simulator.kubelet.hooks import LEAST
from simulator.log import Kind
from simulator.state.objects import Phase
from tests.simulator.clusters import DAY, Lab, behaviour, cluster, container, deployment, down, nodes, pod, template

START = -DAY


@pytest.mark.parametrize(("written", "law", "takes"), [(5.0, None, 6.0), (None, 7.0, 8.0), (None, None, 1.0)])
def test_a_pre_stop_hook_takes_what_the_manifest_tells_or_else_the_experiment(
    written: float | None, law: float | None, takes: float
) -> None:
    laws = {} if law is None else {"pre_stop": Fixed(law)}
    web = template("web", container(pre_stop=written))
    found = Lab(cluster(nodes(1), deployment(pods=web)), behaviour=behaviour(**laws))
    [old] = found.pods()
    found.delete(old, at=10.0)
    found.run(100.0)
    assert old.uid not in found.state.pods
    assert [t for t, name, phase in found.log(Kind.POD_PHASE, 1.0) if (name, phase) == ("web-0", 0)] == [10.0 + takes]


def test_hooks_of_a_pod_run_side_by_side() -> None:
    web = template("web", container("a", pre_stop=5.0), container("b", pre_stop=8.0))
    found = Lab(cluster(nodes(1), deployment(pods=web)))
    found.delete(found.pods()[0], at=10.0)
    found.run(100.0)
    assert [t for t, name, phase in found.log(Kind.POD_PHASE, 1.0) if (name, phase) == ("web-0", 0)] == [19.0]


def test_a_container_that_does_not_run_has_no_hook_to_run() -> None:
    """Killed at once by its liveness probe, for ever: in back-off when the pod is deleted."""
    slow = container("slow", pre_stop=20.0, startup=Probe(period=1.0, failure_threshold=1))
    web = template("web", container("a"), slow)
    found = Lab(cluster(nodes(1), deployment(pods=web)), behaviour=behaviour(startup=Fixed(10.0)))
    [old] = found.pods()
    while old.containers[1].running:
        found.run(found.kernel.now + 1.0)
    at = found.kernel.now + 1.0
    found.delete(old, at=at)
    found.run(at + 100.0)
    assert [t for t, name, phase in found.log(Kind.POD_PHASE, 1.0) if (name, phase) == ("web-0", 0)] == [at + 1.0]


@pytest.mark.parametrize(
    ("grace", "hook", "stop", "takes"),
    [(30.0, 5.0, 1.0, 6.0), (30.0, 40.0, 1.0, 31.0), (30.0, 5.0, 100.0, 30.0), (30.0, 30.0, 100.0, 32.0)],
)
def test_the_hook_also_runs_when_a_probe_has_the_container_killed(
    grace: float, hook: float, stop: float, takes: float
) -> None:
    def first_life(pre_stop: float, stop: float) -> float:
        slow = container(startup=Probe(period=10.0, failure_threshold=2), pre_stop=pre_stop)
        laws = {"startup": Fixed(60.0), "stop": Fixed(stop)}
        alone = pod("alone", slow, termination_grace_period=grace)
        found = Lab(cluster(nodes(1), alone), behaviour=behaviour(**laws))
        ends = found.times(Kind.POD_CONTAINERS, 0, START)
        return ends[0] - START

    assert first_life(hook, stop) - first_life(0.0, 0.0) == pytest.approx(takes)


def starts(found: Lab) -> list[tuple[str, float, int]]:
    kinds = (Kind.POD_PHASE, Kind.POD_CONTAINERS, Kind.POD_READY, Kind.POD_ANSWERING)
    rows = sorted((time, kind, new) for kind in kinds for time, _, _, new, _ in found.rows(kind, START))
    return [(kind.name.removeprefix("POD_"), round(time - START, 3), new) for time, kind, new in rows]


def test_a_container_is_not_ready_until_its_post_start_hook_has_returned() -> None:
    found = Lab(cluster(nodes(1), pod("alone", container(post_start=60.0))))
    assert starts(found)[1:] == [
        ("PHASE", 1.0, Phase.RUNNING),
        ("CONTAINERS", 1.0, 1),
        ("ANSWERING", 3.0, 1),
        ("READY", 61.0, 1),
    ]


def test_probes_begin_when_the_post_start_hook_has_returned() -> None:
    readiness = container(post_start=None, readiness=Probe(period=7.0))
    found = Lab(cluster(nodes(1), pod("alone", readiness)), behaviour=behaviour(post_start=Fixed(60.0)))
    assert found.times(Kind.POD_READY, 1, START) == [START + 61.0]
    # It would be killed after 10 to 20 s, but for the hook.
    slow = container(post_start=60.0, startup=Probe(period=10.0, failure_threshold=2))
    found = Lab(cluster(nodes(1), pod("alone", slow)), behaviour=behaviour(startup=Fixed(50.0)))
    [ready] = found.times(Kind.POD_READY, 1, START)
    assert 61.0 <= ready - START < 71.0
    assert found.times(Kind.POD_CONTAINERS, 0, START) == []


def test_the_next_container_waits_for_the_hook_of_the_one_before() -> None:
    found = Lab(cluster(nodes(1), pod("alone", container("a", post_start=20.0), container("b"))))
    assert starts(found)[1:] == [
        ("CONTAINERS", 1.0, 1),
        ("PHASE", 21.0, Phase.RUNNING),
        ("CONTAINERS", 21.0, 2),
        ("READY", 21.0, 1),
        ("ANSWERING", 23.0, 1),
    ]


def test_the_hook_runs_at_every_start() -> None:
    found = Lab(cluster(nodes(1), pod("alone", container(post_start=20.0))), failures=[down(0, at=100.0, lasting=20.0)])
    assert found.run(1000.0).log(Kind.POD_READY, 1.0) == [(120.0, "alone-0", 0), (141.0, "alone-0", 1)]


@pytest.mark.parametrize("probe", ["readiness", "liveness", "startup"])
def test_a_hook_that_never_returns_leaves_the_container_unready_and_unasked(probe: str) -> None:
    endless = container(post_start=math.inf, **{probe: Probe()})
    found = Lab(cluster(nodes(1), pod("alone", endless)), behaviour(startup=Fixed(1000.0))).run(DAY)
    assert (found.times(Kind.POD_READY, 1), found.times(Kind.POD_CONTAINERS, 0)) == ([], [])


def test_a_duration_of_the_experiment_is_drawn_anew_each_time() -> None:
    law = Empirical((10.0, 20.0, 30.0))
    alone = pod("alone", container(post_start=None))
    outages = [down(0, at=1000.0 * i, lasting=10.0) for i in range(1, 30)]
    found = Lab(cluster(nodes(1), alone), behaviour=behaviour(post_start=law), failures=outages).run(DAY)
    back, ready = found.times(Kind.POD_CONTAINERS, 1, 1.0), found.times(Kind.POD_READY, 1, 1.0)
    assert {round(b - a, 3) for a, b in zip(back, ready, strict=True)} == {10.0, 20.0, 30.0}


@pytest.mark.parametrize(("grace", "takes"), [(None, 30.0), (10.0, 10.0), (1.0, 2.0), (60.0, 60.0)])
@pytest.mark.parametrize("kind", ["startup", "liveness"])
def test_a_probe_may_give_the_container_that_it_kills_another_grace_period(
    kind: str, grace: float | None, takes: float
) -> None:
    slow = container(**{kind: Probe(period=10.0, failure_threshold=2, grace_period=grace)})
    alone = pod("alone", slow, termination_grace_period=30.0)
    found = Lab(cluster(nodes(1), alone), behaviour=behaviour(startup=Fixed(60.0), stop=Fixed(100.0)))
    [lives, *_] = found.times(Kind.POD_CONTAINERS, 0, START)
    assert 11.0 + takes <= lives - START < 21.0 + takes


def test_a_deletion_takes_the_grace_period_of_the_pod() -> None:
    patient = container(liveness=Probe(grace_period=1.0))
    web = template("web", patient, termination_grace_period=30.0)
    found = Lab(cluster(nodes(1), deployment(pods=web)), behaviour=behaviour(stop=Fixed(100.0)))
    found.delete(found.pods()[0], at=10.0)
    found.run(100.0)
    assert [t for t, name, phase in found.log(Kind.POD_PHASE, 1.0) if (name, phase) == ("web-0", 0)] == [40.0]


def test_the_next_container_does_not_wait_for_the_start_up_probe_of_the_one_before() -> None:
    slow = container("a", post_start=5.0, startup=Probe(period=10.0, failure_threshold=30))
    found = Lab(cluster(nodes(1), pod("alone", slow, container("b"))), behaviour=behaviour(startup=Fixed(100.0)))
    assert [(time, number) for kind, time, number in starts(found) if kind == "CONTAINERS"] == [(1.0, 1), (6.0, 2)]


def test_the_next_container_starts_when_the_one_before_dies_in_its_hook() -> None:
    """After a reboot the first starts at 121 s; its hook would take 200 s, but it crashes 50 s later."""
    alone = pod("alone", container("a", post_start=200.0), container("b"))
    failures = [down(0, at=100.0, lasting=20.0), ContainerCrash("crash", Fixed(50.0))]
    found = Lab(cluster(nodes(1), alone), failures=failures).run(172.0)
    numbers = [(time, number) for time, _, number in found.log(Kind.POD_CONTAINERS, 120.0)]
    assert numbers[:3] == [(121.0, 1), (171.0, 0), (171.0, 1)]
    assert found.pods()[0].containers[1].running


@pytest.mark.parametrize(("grace", "takes"), [(60.0, 6.0), (3.0, 3.0 + LEAST)])
def test_a_late_liveness_probe_kills_with_its_own_grace_and_requests_are_taken_until_the_hook_has_returned(
    grace: float, takes: float
) -> None:
    """The hook takes 5 s, or all of the grace period; then the server closes its listener and needs 10 s, or less."""
    probes = {"startup": Probe(grace_period=1.0), "liveness": Probe(grace_period=grace)}
    alone = pod("alone", container(pre_stop=5.0, **probes))
    closing = behaviour(stop=Fixed(takes - min(grace, 5.0)))
    found = Lab(cluster(nodes(1), alone), replace(closing, pods=replace(closing.pods, answers_while_stopping=False)))
    found.at(100.0, lambda: found.simulation.control_plane.kubelet.slow_probes.delay(found.pods()[0], 1.0))
    found.run(200.0)
    [closed], [dead] = found.times(Kind.POD_ANSWERING, 0, 1.0), found.times(Kind.POD_CONTAINERS, 0, 1.0)
    assert dead - closed == pytest.approx(takes - min(grace, 5.0))
    assert found.simulation.strikes() == {"overload": 1}
    # At most 30 s until the third attempt in vain, and 1 s until its time-out.
    assert 100.0 + 20.0 + 1.0 <= closed - min(grace, 5.0) <= 100.0 + 30.0 + 1.0

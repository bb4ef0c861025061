"""ResourceQuotas (kubernetes-behaviour-2, section 3.2; kubernetes-behaviour, section 11.2)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate, pairwise

from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.deployment import Deployment
from models.distributions import Fixed
from models.job import Job
from models.labels import LabelSelector
from models.pod import Pod
from models.quota import OBJECTS, ResourceQuota
from models.statefulset import StatefulSet
from simulator.log import Kind, Phase, Refusal
from simulator.state.objects import QuotaState
from tests.simulator.clusters import DAY, Lab, behaviour, cluster, deployment, down, nodes, pod, template
from tests.simulator.volumes import DISKS, SLOW, stateful_set, stored

SELECTOR = LabelSelector.of({"app": "web"})
START = 3.0
"""Seconds from the binding of a pod until it answers."""


def limited(spec: Cluster, **hard: int) -> Cluster:
    return replace(spec, quotas=(ResourceQuota("q", {name.replace("_", "."): n for name, n in hard.items()}),))


def web(machines: int, *workloads: Deployment | Pod, **hard: int) -> Cluster:
    return limited(cluster(nodes(machines), *workloads), **hard)


def used(lab: Lab) -> Mapping[str, int]:
    [quota] = lab.state.workloads.of(QuotaState)
    return quota.used


def refusal(name: str, used: int, hard: int) -> str:
    words = f"exceeded quota: q, requested: pods=1, used: pods={used}, limited: pods={hard}"
    return f'FailedCreate: pods "{name}" is forbidden: {words}'


def tries(since: float, count: int) -> list[float]:
    """When pods that were refused first at that time are asked for again."""
    waits = (min(0.005 * 2**number, 1000.0) for number in range(count))
    return [since + elapsed for elapsed in accumulate(waits)]


def created(lab: Lab, since: float = 0.0) -> Counter[float]:
    return Counter(round(time, 3) for time, _, _, new, _ in lab.rows(Kind.POD_PHASE, since) if new == Phase.PENDING)


def test_pods_beyond_it_are_refused() -> None:
    lab = Lab(web(3, deployment(replicas=6), pods=4), behaviour()).run(5000.0)
    assert len(lab.pods()) == used(lab)["pods"] == 4
    assert lab.simulation.pending() == dict.fromkeys(("web-r0-4", "web-r0-5"), refusal("web-r0-", 4, 4))
    assert lab.state.services[0].refused is Refusal.QUOTA


def test_cpu_is_counted_with_what_is_asked_for_and_shown_in_its_unit() -> None:
    lab = Lab(web(3, deployment(replicas=3), requests_cpu=250, requests_memory=2**30), behaviour())
    assert len(lab.pods()) == 2
    words = "exceeded quota: q, requested: requests.cpu=100m, used: requests.cpu=200m, limited: requests.cpu=250m"
    assert set(lab.simulation.pending().values()) == {f'FailedCreate: pods "web-r0-" is forbidden: {words}'}


def test_a_container_has_to_set_what_a_quota_tracks() -> None:
    lab = Lab(web(1, deployment(), limits_memory=2**30, requests_cpu=1000), behaviour())
    words = 'pods "web-r0-" is forbidden: failed quota: q: must specify limits.memory for: server'
    assert lab.simulation.pending() == {"web-r0-0": f"FailedCreate: {words}"}


def test_another_namespace_has_its_own() -> None:
    lab = Lab(web(1, deployment(replicas=2, namespace="other"), pods=0), behaviour())
    assert len(lab.pods()) == 2


def test_a_pod_of_its_own_is_refused_and_never_asked_for_again() -> None:
    lab = Lab(web(1, pod("alone"), pods=0), behaviour())
    assert lab.simulation.pending() == {"alone": refusal("alone", 0, 0)}
    lab.apply(ResourceQuota("q", {"pods": 1}), at=10.0)
    assert lab.run(9000.0).pods() == []
    lab.apply(pod("alone"), at=9001.0)
    assert len(lab.run(9002.0).pods()) == 1
    assert lab.simulation.pending() == {}


def test_a_pod_that_has_failed_counts_as_an_object_only() -> None:
    spec = replace(cluster(nodes(1), deployment()), quotas=(ResourceQuota("q", {"pods": 1, OBJECTS: 3}),))
    lab = Lab(spec, behaviour())
    lab.at(10.0, lambda: lab.state.pods.fail(lab.pods()[0], 0))
    lab.run(20.0)
    assert sorted(each.phase for each in lab.pods()) == [Phase.RUNNING, Phase.FAILED]
    assert (used(lab)["pods"], used(lab)[OBJECTS]) == (1, 2)


def test_room_wakes_nobody_but_the_next_try_finds_it() -> None:
    """Two are missing since the start: what is waited for is the 1000 s of the longest back-off."""
    lab = Lab(web(3, deployment(replicas=6), pods=4), behaviour())
    lab.apply(ResourceQuota("q", {"pods": 6}), at=100.0)
    lab.run(2000.0)
    [(time, count)] = created(lab).items()
    assert count == 2
    assert 100.0 < time <= 1100.0


def test_a_change_of_scale_is_a_try_at_once() -> None:
    lab = Lab(web(3, deployment(replicas=6), pods=4), behaviour())
    lab.apply(ResourceQuota("q", {"pods": 5}), at=100.0)
    lab.apply(deployment(replicas=7), at=101.0)
    assert created(lab.run(102.0)) == {101.0: 1}


def test_a_pod_of_its_own_kind_that_is_gone_is_a_try_at_once() -> None:
    lab = Lab(web(3, deployment(replicas=6), pods=4), behaviour())
    lab.delete(lab.pods()[0], at=100.0)
    assert created(lab.run(102.0)) == {101.0: 1}


def test_the_waits_double() -> None:
    """Another Deployment's pod holds the room until it is gone."""
    first, second = deployment("a", replicas=1), deployment("b", replicas=0)
    lab = Lab(web(2, first, second, pods=1), behaviour())
    lab.apply(replace(second, replicas=1), at=100.0)
    lab.apply(replace(first, replicas=0), at=120.0)
    lab.run(300.0)
    expected = next(time for time in tries(100.0, 20) if time > 121.0)
    assert created(lab) == {round(expected, 3): 1}


def test_a_stateful_set_replaces_a_pod_whose_room_it_needs() -> None:
    spec = StatefulSet("web", template("web"), SELECTOR, replicas=3)
    lab = Lab(limited(Cluster(nodes=nodes(3), stateful_sets=(spec,)), pods=2), behaviour()).run(100.0)
    assert lab.simulation.pending() == {"web-2": refusal("web-2", 2, 2)}
    lab.delete(lab.pods()[0], at=200.0)
    assert sorted(each.ordinal for each in lab.run(210.0).pods()) == [0, 1]


def test_a_daemon_set_gets_pods_as_far_as_it_goes() -> None:
    spec = DaemonSet("web", template("web"), SELECTOR)
    lab = Lab(limited(Cluster(nodes=nodes(3), daemon_sets=(spec,)), pods=2), behaviour()).run(100.0)
    assert len(lab.pods()) == 2
    assert set(lab.simulation.pending().values()) == {refusal("web-", 2, 2)}
    lab.apply(ResourceQuota("q", {"pods": 3}), at=200.0)
    assert len(lab.run(1300.0).pods()) == 3
    assert lab.simulation.pending() == {}


def test_a_rollout_goes_two_at_a_time_where_there_is_no_room_for_its_surge() -> None:
    """Ten of ten, 25 % and 25 %: the surge of three is refused, the two that may be unavailable go first each time.

    What slows it is the back-off: only the new ReplicaSet's own pods wake it, and each time it is refused the third.
    """
    old = deployment(replicas=10)
    lab = Lab(web(4, old, pods=10), behaviour())
    lab.apply(replace(old, template=replace(template("web"), annotations={"version": "2"})), at=100.0)
    lab.run(20_000.0)
    made = created(lab)
    assert list(made.values()) == [2] * 5
    assert lab.rollout(since=100.0)[-1] == (10, 0)
    assert lab.simulation.pending() == {}
    ready = 10
    for _, _, _, new, _ in lab.rows(Kind.POD_DELETING):
        ready -= new
    assert ready == 0
    assert min(new for _, _, new in lab.log(Kind.SERVICE_READY)) == 8
    assert max(new for _, _, new in lab.log(Kind.QUOTA_CHARGED)) == 10
    times = [100.0, *made]
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert gaps == sorted(gaps)
    assert gaps[-1] <= 1000.0 + START


def test_without_the_quota_it_takes_its_surge() -> None:
    old = deployment(replicas=10)
    lab = Lab(cluster(nodes(4), old), behaviour())
    lab.apply(replace(old, template=replace(template("web"), annotations={"version": "2"})), at=100.0)
    assert lab.run(200.0).rollout(since=100.0)[-1] == (10, 0)
    assert next(iter(created(lab).values())) > 2


def test_without_a_quota_the_replacement_is_made_at_once() -> None:
    lab = Lab(cluster(nodes(2), deployment()), behaviour())
    down(lab.pods()[0].node, at=10.0).install(lab.simulation.world)
    assert list(created(lab.run(2000.0))) == [round(time, 3) for time in lab.times(Kind.POD_DELETING)]


def test_a_job_gets_pods_as_far_as_it_goes_and_asks_again_after_seconds_that_double() -> None:
    """Its pods run for days: it asks at 0, 1, 3, 7, ... 63 s, and from then on every minute."""
    spec = Job("web", template("web", restart_policy="Never"), parallelism=4, completions=4)
    lab = Lab(limited(Cluster(nodes=nodes(3), jobs=(spec,)), pods=2), behaviour(run=Fixed(2 * DAY))).run(50.0)
    assert lab.simulation.pending() == dict.fromkeys(("web-2", "web-3"), refusal("web-", 2, 2))
    lab.apply(ResourceQuota("q", {"pods": 4}), at=100.0)
    assert created(lab.run(200.0)) == {0.0: 2, 123.0: 2}
    assert lab.simulation.pending() == {}


def test_a_pod_of_a_job_that_ends_makes_room_for_the_next() -> None:
    """Each is over after 1 s to its start and 10 s of work; the Job looks at that a second later."""
    spec = Job("web", template("web", restart_policy="Never"), parallelism=2, completions=3)
    lab = Lab(limited(Cluster(nodes=nodes(3), jobs=(spec,)), pods=1), behaviour(run=Fixed(10.0))).run(100.0)
    assert created(lab) == {0.0: 1, 12.0: 1, 24.0: 1}
    assert lab.times(Kind.JOB_FINISHED, 1) == [36.0]
    assert lab.simulation.pending() == {}


def test_a_job_that_is_suspended_asks_for_nothing() -> None:
    spec = Job("web", template("web", restart_policy="Never"))
    lab = Lab(limited(Cluster(nodes=nodes(1), jobs=(spec,)), pods=0), behaviour(run=Fixed(10.0))).run(50.0)
    assert lab.simulation.pending() == {"web-0": refusal("web-", 0, 0)}
    lab.apply(replace(spec, suspended=True), at=60.0)
    assert lab.run(70.0).simulation.pending() == {}


def test_the_claims_of_a_stateful_set_are_made_before_the_pod_that_is_refused() -> None:
    lab = Lab(limited(stored(DISKS, stateful_set(replicas=2)), pods=1), SLOW).run(1000.0)
    assert [each.ordinal for each in lab.pods()] == [0]
    assert sorted(name for _, name in lab.state.volumes.claims) == ["data-db-0", "data-db-1"]
    assert lab.simulation.pending() == {"db-1": refusal("db-1", 1, 1)}


def test_a_pod_that_is_overdue_is_not_counted_again_when_the_quota_changes() -> None:
    load = web(2, deployment(replicas=2), pods=10)
    lab = Lab(load, behaviour())
    stuck = lab.pods()[0]
    down(stuck.node, at=10.0).install(lab.simulation.world)
    lab.delete(stuck, at=20.0)
    lab.run(1000.0)
    there = [pod for pod in lab.pods() if not pod.deleting]
    assert stuck.uid in lab.state.pods
    assert used(lab)["pods"] == len(there)
    lab.apply(replace(load.quotas[0], hard={"pods": 20}), at=1001.0)
    lab.run(1002.0)
    assert used(lab)["pods"] == len(there)

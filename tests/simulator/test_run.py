"""simulate(): what goes in, and what comes out."""

import pytest

from models.distributions import Fixed
from simulator.failures.node_crash import NodeCrash
from simulator.operations.rollout import Rollout
from simulator.run import simulate
from tests.simulator.clusters import behaviour, cluster, container, deployment, nodes, pod, template

LOAD = cluster(nodes(3), deployment(replicas=3))
CRASH = NodeCrash("node-crash", Fixed(100.0), Fixed(50.0))


@pytest.mark.parametrize("times", [{"duration": 0.0}, {"duration": -1.0}, {"duration": 10.0, "warmup": -1.0}])
def test_time_must_be_positive(times: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="duration"):
        simulate(LOAD, **times)  # type: ignore[arg-type]


def test_the_window_begins_after_the_warm_up() -> None:
    run = simulate(LOAD, duration=100.0, warmup=40.0, seed=3, replication=7)
    assert (run.start, run.end, run.seed, run.replication) == (40.0, 140.0, 3, 7)
    assert (run.services["web"].answering.start, run.services["web"].answering.end) == (40.0, 140.0)


def test_a_cluster_that_is_left_alone_serves_all_the_time() -> None:
    history = simulate(LOAD, duration=1e6).services["web"]
    assert history.answering.values.tolist() == history.ready.values.tolist() == history.desired.values.tolist() == [3]


def test_strikes_are_counted_from_time_0_on() -> None:
    # Three nodes that crash every 150 s from 100 s on, up to the very end.
    run = simulate(LOAD, failures=[CRASH], duration=350.0, warmup=50.0, behaviour=behaviour())
    assert run.strikes == {"node-crash": 9}
    assert run.exposure["node-crash"][0] == 9
    assert run.exposure["node-crash"][2] == 3 * 300.0


def test_the_log_is_kept_when_asked_for() -> None:
    with_log = simulate(LOAD, failures=[CRASH], duration=300.0, keep_log=True)
    assert simulate(LOAD, failures=[CRASH], duration=300.0).log is None
    assert with_log.log is not None
    assert len(with_log.log) == with_log.transitions


def test_the_log_names_who_and_why() -> None:
    log = simulate(LOAD, failures=[CRASH], duration=120.0, keep_log=True).log
    assert log is not None
    frame = log.to_frame()
    assert len(frame) == len(log)
    crashes = frame[(frame.kind == "NODE_POWER") & (frame.new == 0)]
    assert crashes[["time", "subject", "cause"]].to_numpy().tolist() == [
        [100.0, f"node-{i}", f"node-crash/node-{i}"] for i in range(3)
    ]
    felt = frame[(frame.kind == "POD_ANSWERING") & (frame.time == 100.0)]
    assert set(felt.cause) == {f"node-crash/node-{i}" for i in range(3)}


def test_pods_that_were_never_placed_are_told_with_the_reason() -> None:
    load = cluster(nodes(1), pod("big", container(cpu=9000)), deployment())
    assert simulate(load, duration=10.0).pending == {"big": "0/1 nodes are available: 1 Insufficient cpu."}


def test_an_operation_without_a_target_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"there is no Deployment/wob; did you mean 'Deployment/web'\?"):
        simulate(LOAD, operations=[Rollout("release", "Deployment/wob", at=1.0)], duration=10.0)


def test_what_has_not_settled_in_a_day_is_as_it_is() -> None:
    slow = cluster(nodes(1), deployment(pods=template("web")))
    run = simulate(slow, behaviour=behaviour(startup=Fixed(100_000.0)), duration=50_000.0)
    up = 100_001.0 - 86_400.0
    assert run.services["web"].answering.times.tolist() == [0.0, pytest.approx(up, abs=1.0)]

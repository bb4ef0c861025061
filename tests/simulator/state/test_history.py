"""What became of the Services, as the run recorded it and as its log tells it."""

from dataclasses import replace

import numpy as np

from simulator.log import Kind
from simulator.run import simulate
from simulator.state.history import histories
from tests.simulator.clusters import Lab, cluster, deployment, down, nodes, template

WEB = deployment("web", 3)
RELEASE = template("web", labels={"version": "2"})


def test_a_rollout_begins_with_another_template_and_not_with_another_number_of_replicas() -> None:
    lab = Lab(cluster(nodes(3), WEB))
    lab.apply(replace(WEB, replicas=4), at=10)
    lab.apply(replace(WEB, replicas=4, template=RELEASE), at=20)
    lab.apply(replace(WEB, replicas=2, template=RELEASE), at=1000)
    lab.run(2000)
    assert lab.times(Kind.DEPLOYMENT_REVISION) == [20.0]
    assert lab.times(Kind.DEPLOYMENT_GENERATION) == [10.0, 20.0, 1000.0]


def test_the_replicas_desired_of_a_service_are_in_the_log() -> None:
    lab = Lab(cluster(nodes(3), WEB))
    lab.apply(replace(WEB, replicas=5), at=10)
    lab.apply(replace(WEB, replicas=5), at=20)
    assert lab.run(100).log(Kind.SERVICE_DESIRED) == [(10.0, "web", 5)]


def test_the_histories_are_the_same_from_the_log() -> None:
    run = simulate(
        cluster(nodes(3), WEB, deployment("db", 1)),
        duration=3600.0,
        warmup=100.0,
        failures=[down(0, 1, at=400.0, lasting=900.0)],
        keep_log=True,
    )
    assert run.log is not None
    again = histories(run.log, run.start, run.end)
    assert list(again) == list(run.services) == ["web", "db"]
    for name, history in run.services.items():
        for one, other in zip(
            (history.answering, history.ready, history.desired),
            (again[name].answering, again[name].ready, again[name].desired),
            strict=True,
        ):
            assert np.array_equal(one.times, other.times)
            assert np.array_equal(one.values, other.values)
            assert (one.start, one.end) == (other.start, other.end)


def test_a_log_knows_the_services_in_front_of_each_deployment() -> None:
    run = simulate(cluster(nodes(3), WEB, deployment("db", 1)), duration=10.0, keep_log=True)
    assert run.log is not None
    assert run.log.in_front_of == {"DEPLOYMENT": [(0,), (1,)], "STATEFULSET": [], "DAEMONSET": []}

"""The wait for a node that an autoscaler asked for has a stage of its own."""

import pytest

from experiments.attribution.missing import missing_replicas
from experiments.attribution.stages import Stage
from models.distributions import Fixed
from simulator.node_autoscaling.cluster_autoscaler import ClusterAutoscaler
from simulator.node_autoscaling.fleet import NodeAutoscaler
from simulator.node_autoscaling.karpenter import Karpenter
from simulator.run import simulate
from tests.simulator.clusters import HOUR, behaviour, container, deployment, down, template
from tests.simulator.node_autoscaling.pools import pool, pooled


@pytest.mark.parametrize(("autoscaler", "longest"), [(ClusterAutoscaler(), 10.0), (Karpenter(expire_after=None), 1.01)])
def test_a_pod_that_fits_nowhere_is_queued_until_a_node_is_asked_for_and_then_has_no_room(
    autoscaler: NodeAutoscaler, longest: float
) -> None:
    pods = template("web", container(cpu=600))
    load = pooled([pool(count=2, provisioning=Fixed(90.0))], deployment(replicas=2, pods=pods))
    failures = [down(0, at=100.0)]
    arguments = {"behaviour": behaviour(), "failures": failures, "node_autoscaler": autoscaler}
    run = simulate(load, duration=HOUR, keep_log=True, **arguments)  # type: ignore[arg-type]
    assert run.log is not None
    spells = [spell for spell in missing_replicas(run.log, ["web"], run.end)["web"] if spell.start > 0]
    [waits] = [spell for spell in spells if spell.stage is Stage.NO_ROOM]
    [queued] = [spell for spell in spells if spell.stage is Stage.QUEUED]
    assert waits.end - waits.start == pytest.approx(90.0)
    assert (queued.end, waits.cause) == (waits.start, "down-0-100.0/0")
    assert queued.end - queued.start <= longest

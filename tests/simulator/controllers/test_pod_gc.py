"""The pod garbage collector."""

from simulator.log import Kind
from simulator.state.objects import Phase
from tests.simulator.clusters import DAY, HOUR, Lab, behaviour, cluster, deployment, nodes, pod

TWO_TICKS_AND_QUARANTINE = 20.0 + 40.0 + 20.0


def test_all_pods_of_a_node_that_is_gone_are_collected_also_those_that_have_failed() -> None:
    failed, fine = pod("failed", active_deadline=DAY + 100.0), pod("fine")
    found = Lab(cluster(nodes(1), failed, fine), behaviour())
    found.at(200.0, lambda: found.state.nodes.delete(0, 0))
    assert [each.phase for each in found.run(199.0).pods()] == [Phase.FAILED, Phase.RUNNING]
    assert found.run(1000.0).pods() == []
    first, last = found.times(Kind.POD_PHASE, Phase.ABSENT, 1.0)
    assert 200.0 + 40.0 <= first == last <= 200.0 + TWO_TICKS_AND_QUARANTINE


def test_a_pod_that_had_failed_before_it_is_collected_is_counted_out_once() -> None:
    lab = Lab(cluster(nodes(2), deployment(replicas=2)))
    first, second = lab.pods()
    lab.at(100.0, lambda: lab.state.pods.fail(first, 0))
    lab.at(110.0, lambda: lab.state.nodes.delete(first.node, 0))
    lab.run(HOUR)
    assert first not in lab.pods()
    assert second in lab.pods()
    assert lab.counts() == ((2, 2, 2),)

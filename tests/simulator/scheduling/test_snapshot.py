"""Pods that are removed or added for a moment: afterwards everything is as before."""

from contextlib import AbstractContextManager

import numpy as np
import pytest

from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from simulator.scheduling.counts import PodCount, PodCounts
from simulator.scheduling.snapshot import Snapshot
from simulator.simulation import Simulation
from simulator.state.nodes import NodeTable
from tests.simulator.clusters import Lab, cluster, deployment, nodes


class Stage:
    """Three pods of one Deployment on two nodes, and a snapshot of them."""

    def __init__(self) -> None:
        self.lab = Lab(cluster(nodes(2), deployment(replicas=3)), before=self._look_on)
        self.table: NodeTable = self.lab.state.nodes
        self.count: PodCount = self._counts.of("default", LabelSelector.of({"app": "web"}), HOSTNAME_LABEL)

    def _look_on(self, simulation: Simulation) -> None:
        self._counts = PodCounts(simulation.state)
        self._snapshot = Snapshot(simulation.state, self._counts)

    def without(self, node: int) -> AbstractContextManager[None]:
        return self._snapshot.without_pods([pod for pod in self.lab.pods() if pod.node == node])

    def with_two_more(self, node: int) -> AbstractContextManager[None]:
        return self._snapshot.with_pods(node, [self.lab.pods()[0].pod_class] * 2)

    def seen(self) -> list[list[int]]:
        """Pods and CPU by node, as the columns and the counts have them."""
        return [column.tolist() for column in (self.table.used_pods, self.table.used_cpu, self.count.by_node)]


def test_pods_are_away_for_as_long_as_the_block_lasts() -> None:
    stage = Stage()
    before = stage.seen()
    with stage.without(0):
        assert [column[0] for column in stage.seen()] == [0, 0, 0]
        assert [column[1] for column in stage.seen()] == [column[1] for column in before]
    assert stage.seen() == before


def test_pods_are_there_for_as_long_as_the_block_lasts() -> None:
    stage = Stage()
    before = stage.seen()
    with stage.with_two_more(1):
        assert (np.array(stage.seen()) - before).tolist() == [[0, 2], [0, 200], [0, 2]]
    assert stage.seen() == before


@pytest.mark.parametrize("change", [Stage.without, Stage.with_two_more])
def test_an_error_in_the_block_leaves_nothing_behind(change: object) -> None:
    stage = Stage()
    before = stage.seen()
    assert callable(change)
    with pytest.raises(RuntimeError, match="a filter fails"), change(stage, 0):
        raise RuntimeError("a filter fails")
    assert stage.seen() == before

"""The load of the cluster benchmark."""

from collections import Counter

from experiments.bench.cluster import uniform_cluster
from tests.simulator.clusters import Lab


def test_the_benchmark_s_cluster_is_placed_evenly() -> None:
    lab = Lab(uniform_cluster(30, 600))
    assert set(Counter(p.node for p in lab.pods()).values()) <= set(range(17, 24))
    assert all(p.ready for p in lab.pods())

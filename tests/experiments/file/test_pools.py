"""Pools that may grow and shrink, and what makes them do so, as an experiment file says it."""

from pathlib import Path

import pytest

from experiments.design.scenario import Scenario
from experiments.experiment import Experiment
from models.deployment import Percent
from models.distributions import Fixed
from models.input.problems import InputError
from models.node_pool import PROVISIONING
from simulator.node_autoscaling.cluster_autoscaler import ClusterAutoscaler
from simulator.node_autoscaling.consolidation import Budget, ConsolidationPolicy, Disruption
from simulator.node_autoscaling.expander import Expander
from simulator.node_autoscaling.karpenter import Karpenter

ROOT = Path(__file__).resolve().parents[3]
HEAD = f"""\
apiVersion: kubenines/v1
kind: Experiment
metadata: {{name: pools}}
spec:
  duration: 30d
  manifests: [{ROOT}/experiments/manifests/shop.yaml]
"""


def scenarios(tmp_path: Path, pool: str, more: str = "") -> list[Scenario]:
    path = tmp_path / "e.yaml"
    path.write_text(f"{HEAD}  cluster: {{pools: [{{name: p, {pool}, allocatable: {{cpu: 4, memory: 16Gi}}}}]}}\n{more}")
    return list(Experiment.from_yaml(path).scenarios())


def test_a_pool_without_a_price_that_stays_as_it_is_says_nothing_more(tmp_path: Path) -> None:
    [scenario] = scenarios(tmp_path, "count: 2")
    assert scenario.cluster.pools == ()
    assert scenario.node_autoscaler is None


def test_a_pool_may_have_bounds_a_price_and_a_time_that_its_nodes_take(tmp_path: Path) -> None:
    law = "provisioning: {kind: fixed, value: 90s}"
    [scenario] = scenarios(tmp_path, f"count: 2, min: 1, max: 5, price: 0.25, zones: [a, b], {law}")
    [pool] = scenario.cluster.pools
    assert (pool.count, pool.min, pool.max, pool.price, pool.provisioning) == (2, 1, 5, 0.25, Fixed(90.0))
    assert scenario.cluster.nodes == (pool.node(1, "a"), pool.node(2, "b"))


def test_bounds_are_the_count_where_they_are_not_given(tmp_path: Path) -> None:
    [scenario] = scenarios(tmp_path, "count: 2, max: 5")
    [pool] = scenario.cluster.pools
    assert (pool.min, pool.max, pool.provisioning) == (2, 5, PROVISIONING)


@pytest.mark.parametrize("bounds", ["count: 2, min: 3", "count: 2, max: 1", "count: 4, min: 1, max: 3"])
def test_the_count_lies_between_the_bounds(tmp_path: Path, bounds: str) -> None:
    with pytest.raises(InputError, match=r"e.yaml:7:.*expected min <= count <= max"):
        scenarios(tmp_path, bounds)


def test_a_policy_may_have_an_autoscaler_of_its_own(tmp_path: Path) -> None:
    policies = """\
  policies:
  - {name: fixed}
  - {name: growing, nodeAutoscaler: {type: clusterAutoscaler, scanInterval: 30s}}
  - {name: cheap, extends: [growing], nodeAutoscaler: {type: clusterAutoscaler, scaleUp: {expander: price}}}
"""
    fixed, growing, cheap = (one.node_autoscaler for one in scenarios(tmp_path, "count: 2, max: 5", policies))
    assert (fixed, growing) == (None, ClusterAutoscaler(scan_interval=30.0))
    assert isinstance(cheap, ClusterAutoscaler)
    assert (cheap.scan_interval, cheap.scale_up.expander) == (10.0, Expander.PRICE)


def test_karpenter_is_written_as_a_node_pool_is(tmp_path: Path) -> None:
    policies = """\
  policies:
  - {name: plain, nodeAutoscaler: {type: karpenter}}
  - name: careful
    nodeAutoscaler:
      type: karpenter
      expireAfter: null
      terminationGracePeriod: 1h
      disruption: {consolidationPolicy: WhenEmpty, consolidateAfter: 5m, budgets: [{nodes: 20%}, {nodes: 5}]}
"""
    plain, careful = (one.node_autoscaler for one in scenarios(tmp_path, "count: 2, max: 5", policies))
    assert plain == Karpenter()
    assert careful == Karpenter(
        expire_after=None,
        termination_grace_period=3600.0,
        disruption=Disruption(ConsolidationPolicy.WHEN_EMPTY, 300.0, (Budget(Percent(20)), Budget(5))),
    )


@pytest.mark.parametrize(
    ("nodes", "wrong"), [("120%", "100%"), ("-1", "greater than or equal to 0"), ("a few", "percent")]
)
def test_a_budget_of_nodes_is_a_number_or_a_share(tmp_path: Path, nodes: str, wrong: str) -> None:
    written = f"  nodeAutoscaler: {{type: karpenter, disruption: {{budgets: [{{nodes: {nodes}}}]}}}}\n"
    with pytest.raises(InputError, match=f"e.yaml:.*{wrong}"):
        scenarios(tmp_path, "count: 2, max: 5", written)


def test_zones_that_only_later_nodes_will_be_in_are_known(tmp_path: Path) -> None:
    outage = """\
  nodeAutoscaler: {type: clusterAutoscaler}
  failures:
  - name: o
    type: zoneOutage
    zones: [b]
    timeToFailure: {kind: fixed, value: 9d}
    timeToRepair: {kind: fixed, value: 1h}
"""
    assert len(scenarios(tmp_path, "count: 1, max: 5, zones: [a, b]", outage)) == 1

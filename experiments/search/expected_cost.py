"""What a candidate costs, as far as that is known before it is simulated."""

from experiments.design.scenario import Scenario
from experiments.design.search import Cost
from models.daemonset import DaemonSet
from models.units import HOUR
from simulator.failures.spot_reclaim import SpotReclaim

_OF_NODES = {"node_hours", "node_cost"}
BRIEF = 0.01
"""Of a replication: a node that is away for so long in the mean changes what is paid for by little."""


def is_certain(scenario: Scenario, cost: Cost) -> bool:
    """Whether the cost is the same in every run, and `expected` says it: only nodes cost, and they stay as they are.

    Failure modes and operations of other packages may change nodes, unless they say `changes_nodes = False`.
    """
    if scenario.node_autoscaler is not None or any(metric not in _OF_NODES for metric, _ in cost.prices):
        return False
    return not any(map(_changes_nodes, (*scenario.failures, *scenario.operations)))


def is_steady(scenario: Scenario) -> bool:
    """Whether luck changes how many nodes and pods are paid for by outages alone, a little in every run.

    Not where something adds or takes away many at once, perhaps in few runs: an autoscaler of nodes or pods, a failure
    mode that takes nodes for good or for more than a `BRIEF` part of the run, or one of another package. Operations
    come on a schedule, the same in every run, unless they are of another package.
    """
    if scenario.node_autoscaler is not None or scenario.cluster.autoscalers:
        return False
    lasting = (of for of in scenario.failures if not _is_brief(of, scenario.duration))
    unscheduled = (of for of in scenario.operations if _is_foreign(of))
    return not any(map(_changes_nodes, (*lasting, *unscheduled)))


def _is_brief(mode: object, duration: float) -> bool:
    back = mode.time_to_return if isinstance(mode, SpotReclaim) else None
    return back is not None and back.mean <= BRIEF * duration


def _changes_nodes(story: object) -> bool:
    return bool(getattr(story, "changes_nodes", _is_foreign(story)))


def _is_foreign(story: object) -> bool:
    return not type(story).__module__.startswith("simulator.")


def expected(scenario: Scenario, cost: Cost) -> float:
    """The cost of a run with all its nodes and pods all the time: exact if it `is_certain`, else a guess."""
    hours, cluster = scenario.duration / HOUR, scenario.cluster
    replicas = [of.replicas for of in cluster.deployments] + [of.replicas for of in cluster.replica_sets]
    replicas += [of.replicas for of in cluster.stateful_sets]
    daemons = [of for of in cluster.pod_makers() if isinstance(of, DaemonSet)]
    counts = {
        "node_hours": float(len(cluster.nodes)),
        "node_cost": sum(pool.price * pool.count for pool in cluster.pools),
        "pod_hours": float(sum(replicas) + len(cluster.pods) + len(daemons) * len(cluster.nodes)),
    }
    return sum(price * counts[metric] for metric, price in cost.prices) * hours

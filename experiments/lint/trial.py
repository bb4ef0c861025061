"""A trial: the cluster is started with nothing that breaks it, and its nodes are drained, to see what really happens.

What a budget allows, where a pod can be and whether its replacement fits anywhere hang together: the scheduler and the
eviction API of the simulation answer for the cluster at hand what no rule about one object could.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from models.cluster import Cluster, PodMaker
from models.node import Node
from simulator.log import Kind
from simulator.operations.drain import Drain
from simulator.run import Run, simulate
from simulator.stories.attempts import Attempt, Outcome

LONGEST_DRAIN = 3600.0
"""Seconds after which a node that is not empty is given up: GKE's upgrades wait so long for budgets, and EKS's less."""
_BEFORE, _AFTER = 600.0, 600.0


class Trial:
    """A cluster that is left alone. What is asked of it is simulated when it is asked, once."""

    def __init__(self, cluster: Cluster, settings: Mapping[str, Any]) -> None:
        self.cluster = cluster
        self.settings = dict(settings)

    @property
    def pending(self) -> Mapping[str, str]:
        """Pods that cannot be made, placed or started, and why, in Kubernetes' words."""
        return self._started.pending

    def pending_of(self, maker: PodMaker) -> dict[str, str]:
        """Those of the pods that cannot run which an object is or makes, by their names.

        Pods have no namespace in their names: of objects with one name each has all.
        """
        return self._pending_by_name.get(maker.name, {})

    @cached_property
    def _pending_by_name(self) -> Mapping[str, dict[str, str]]:
        """By the name of what makes them, which is the longest that theirs begin with."""
        names = {one.name for one in self.cluster.pod_makers()}
        found: dict[str, dict[str, str]] = {}
        for pod, reason in self.pending.items():
            made_by = max((name for name in names if f"{pod}-".startswith(f"{name}-")), key=len, default="")
            found.setdefault(made_by, {})[pod] = reason
        return found

    @cached_property
    def homes(self) -> Mapping[int, Node]:
        """By number of a pod: the node that it was placed on."""
        log = self._started.log
        assert log is not None
        bound = {int(pod): int(node) for _, _, pod, _, node, _ in log.of_kind(Kind.POD_NODE).tolist()}
        nodes = {node.name: node for node in self.cluster.possible_nodes()}
        names = {pod: log.names["NODE"][node] for pod, node in bound.items() if node >= 0}
        return {pod: nodes[node] for pod, node in names.items() if node in nodes}

    @cached_property
    def endpoints(self) -> Mapping[tuple[str, str], tuple[Node, ...]]:
        """By namespace and name of a Service: the nodes of the pods that were placed and that it selects, one each."""
        log = self._started.log
        assert log is not None
        found: dict[tuple[str, str], list[Node]] = {}
        for pod, home in sorted(self.homes.items()):
            for number in log.selected_by[pod]:
                service = self.cluster.services[number]
                found.setdefault((service.namespace, service.name), []).append(home)
        return {service: tuple(nodes) for service, nodes in found.items()}

    @cached_property
    def stuck_drains(self) -> tuple[Attempt, ...]:
        """Nodes that were not empty after an hour, each drained when all others are in use, in order of time."""
        length = _BEFORE + (LONGEST_DRAIN + _AFTER) * len(self.cluster.nodes)
        drain = Drain("drain", at=_BEFORE, timeout=LONGEST_DRAIN)
        attempts = self._run(duration=length, operations=(drain,)).attempts
        return tuple(one for one in attempts if one.outcome is Outcome.GIVEN_UP and one.last_refusal)

    @cached_property
    def _started(self) -> Run:
        return self._run(duration=1.0, operations=(), keep_log=True)

    def _run(self, **arguments: Any) -> Run:
        return simulate(**{**self.settings, "cluster": self.cluster, "failures": (), **arguments})

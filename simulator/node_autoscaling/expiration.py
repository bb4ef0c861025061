"""Expiration: nodes that go because they are old.

Source: karpenter pkg/controllers/nodeclaim/expiration.
"""

from simulator.kernel import Order
from simulator.log import Kind
from simulator.node_autoscaling.fleet import Fleet
from simulator.node_autoscaling.node_termination import NodeTermination


class Expiration:
    """Has the nodes of pools that may grow and shrink go at an age of `limit` seconds (None: never).

    Those that are there at the start are of any age: they were not all launched at once.
    """

    def __init__(self, fleet: Fleet, limit: float | None, termination: NodeTermination) -> None:
        self._fleet = fleet
        self._limit = limit
        self._termination = termination
        self._expires: dict[int, float] = {}
        if limit is not None:
            rng = fleet.streams.stream("karpenter/ages")
            for node in range(len(fleet.state.nodes)):
                self._expire_at(node, limit * rng.random())
            fleet.state.listen(Kind.NODE_EXISTS, lambda node, exists, cause: self._joined(node) if exists else None)

    def lifetime_remaining(self, node: int) -> float:
        """The share of its life that a node has before it."""
        if self._limit is None or node not in self._expires:
            return 1.0
        return min(1.0, max(0.0, (self._expires[node] - self._fleet.kernel.now) / self._limit))

    def _joined(self, node: int) -> None:
        assert self._limit is not None
        self._expire_at(node, self._fleet.kernel.now + self._limit)

    def _expire_at(self, node: int, time: float) -> None:
        kernel, pool = self._fleet.kernel, self._fleet.pool_of(node)
        if pool is not None and pool.autoscaled:
            self._expires[node] = time
            if time <= kernel.end:
                kernel.timer(time - kernel.now, lambda: self._expire(node), Order.REPAIR)

    def _expire(self, node: int) -> None:
        nodes = self._fleet.state.nodes
        if nodes.exists[node]:
            self._termination.begin(node, self._fleet.state.cause(f"expiration/{nodes.names[node]}"))

"""Which nodes belong to which pool, and what they cost."""

from collections.abc import Sequence

from models.node_pool import POOL_LABEL, NodePool
from simulator.log import Kind
from simulator.state.cluster import ClusterState


class PoolMembers:
    """The nodes of all pools, those that join later included."""

    def __init__(self, state: ClusterState, pools: Sequence[NodePool]) -> None:
        self._nodes = state.nodes
        self.pools = pools
        numbered = {f"{pool.name}-{i}": pool for pool in pools for i in range(1, pool.count + 1)}
        self._pool_of = {row: numbered[name] for row, name in enumerate(state.nodes.names) if name in numbered}
        state.listen(Kind.NODE_EXISTS, self._joined)

    def _joined(self, node: int, exists: int, cause: int) -> None:
        """Whoever made it join, a node is of the pool that its label names."""
        if exists:
            name = self._nodes.labels[node].get(POOL_LABEL)
            for pool in self.pools:
                if pool.name == name:
                    self._pool_of[node] = pool

    def pool_of(self, node: int) -> NodePool | None:
        """The pool that a node belongs to."""
        return self._pool_of.get(node)

    def nodes_of(self, pool: NodePool) -> list[int]:
        """The nodes of a pool that are there."""
        exists = self._nodes.exists
        return [node for node, its_pool in self._pool_of.items() if its_pool is pool and exists[node]]

    def prices(self) -> list[float]:
        """By node, what an hour of it costs; none if no pool has a price."""
        if not any(pool.price for pool in self.pools):
            return []
        pools = [self._pool_of.get(node) for node in range(len(self._nodes))]
        return [0.0 if pool is None else pool.price for pool in pools]

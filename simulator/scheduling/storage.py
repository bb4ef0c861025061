"""Storage as scheduler plugins see it: which nodes reach a volume, and where unbound claims can have one.

Source: pkg/scheduler/framework/plugins/volumebinding/binder.go (FindPodVolumes, checkVolumeProvisions).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from models.arrays import Bools
from models.claim import PersistentVolumeClaim
from simulator.state.nodes import NodeTable
from simulator.state.objects import ClaimKey, ClaimState, VolumeState
from simulator.state.volumes import Volumes


class StorageView:
    """What policies may know of claims and volumes; made anew when nodes come or go.

    `run` is the table by whose rows claims and volumes say where they are, if `table` is another: one of a cluster that
    might be.
    """

    def __init__(self, table: NodeTable, volumes: Volumes, run: NodeTable | None = None) -> None:
        self._table = table
        self._volumes = volumes
        self._run = table if run is None else run
        self._reach: dict[VolumeState, Bools] = {}

    def missing(self, keys: Iterable[ClaimKey]) -> str:
        """The name of the first of these claims that does not exist; "" if all do."""
        return next((name for namespace, name in keys if (namespace, name) not in self._volumes.claims), "")

    def claims(self, keys: Iterable[ClaimKey]) -> list[ClaimState]:
        """Those of these claims that exist."""
        return [self._volumes.claims[key] for key in keys if key in self._volumes.claims]

    def drafts(self, specs: Iterable[PersistentVolumeClaim]) -> list[ClaimState]:
        """Claims that will be made once their pod has a node."""
        return [self._volumes.draft(spec) for spec in specs]

    def reach(self, volume: VolumeState) -> Bools:
        """Which of the nodes that exist reach the volume."""
        reach = self._reach.get(volume)
        if reach is None:
            labels, names = self._table.labels, self._table.names
            reach = self._reach[volume] = self._where(lambda node: volume.spec.reaches(labels[node], names[node]))
        return reach

    def is_everywhere(self, volume: VolumeState) -> bool:
        """Whether every node that exists reaches the volume."""
        return bool(self.reach(volume)[self._table.exists].all())

    def _where(self, holds: Callable[[int], bool]) -> Bools:
        """Of which nodes that exist this holds."""
        found = np.zeros(len(self._table), dtype=np.bool_)
        found[[node for node in np.flatnonzero(self._table.exists).tolist() if holds(node)]] = True
        return found

    def users(self, key: ClaimKey) -> int:
        """How many pods that have a node use a claim."""
        column = self._table.claims.get(key)
        return 0 if column is None else int(column.sum())

    def bindable(self, claims: Sequence[ClaimState]) -> Bools:
        """On which of the nodes that exist all of these claims, which have no volume yet, could have one."""
        free = self._free(claims)
        return self._where(lambda node: self._match(free, node) is not None)

    def match(self, claims: Sequence[ClaimState], node: int) -> dict[ClaimState, VolumeState] | None:
        """The volumes that these claims would be bound to on a node, the smallest that do; the others can be made.

        None: some claim can have none there.
        """
        return self._match(self._free(claims), node)

    def _free(self, claims: Sequence[ClaimState]) -> dict[ClaimState, Sequence[VolumeState]]:
        """The volumes that would do for each claim, wherever they are; the claim that asks for least comes first."""
        ordered = sorted(claims, key=lambda claim: claim.spec.request)
        return {claim: () if claim.selected_node >= 0 else self._volumes.free(claim) for claim in ordered}

    def _match(
        self, free: Mapping[ClaimState, Sequence[VolumeState]], node: int
    ) -> dict[ClaimState, VolumeState] | None:
        found: dict[ClaimState, VolumeState] = {}
        for claim, volumes in free.items():
            if claim.selected_node >= 0:
                if self._row(claim.selected_node) != node:
                    return None
                continue
            taken = found.values()
            volume = next((v for v in volumes if v not in taken and self.reach(v).item(node)), None)
            if volume is not None:
                found[claim] = volume
            elif not self._can_be_made(claim, node):
                return None
        return found

    def _can_be_made(self, claim: ClaimState, node: int) -> bool:
        storage_class = claim.storage_class
        if storage_class is None or not claim.is_provisioned:
            return False
        labels, name = self._table.labels[node], self._table.names[node]
        allowed = storage_class.allowed_topologies
        return not allowed or any(term.matches(labels, name) for term in allowed)

    def used_volumes(self, driver: str) -> dict[ClaimKey | int, Bools]:
        """By claim (by volume, if nobody claims it): the nodes where a volume of this driver is, or is needed."""
        nowhere = np.zeros(len(self._table), dtype=np.bool_)
        found: dict[ClaimKey | int, Bools] = {}
        for key, claim in self._volumes.claims.items():
            if self.driver_of(claim) == driver:
                users, owner = self._table.claims.get(key), claim.owner
                if users is not None:
                    found[key] = users > 0
                elif owner is not None:
                    found[key] = self._and_on(nowhere, [claim.selected_node if owner.node < 0 else owner.node])
        for volume in self._volumes.existing:
            if volume.attached and volume.spec.driver == driver:
                user = volume.claim or volume.index
                found[user] = self._and_on(found.get(user, nowhere), volume.attached)
        return found

    def _and_on(self, there: Bools, nodes: Iterable[int]) -> Bools:
        """There, and on these nodes, as far as they are among those of this view."""
        both = there.copy()
        both[[row for row in map(self._row, nodes) if row is not None]] = True
        return both

    def _row(self, node: int) -> int | None:
        """Which of the nodes of this view it is, of which there may be fewer, that volumes and claims know so."""
        return self._table.index.get(self._volumes.node_names[node]) if node >= 0 else None

    @staticmethod
    def driver_of(claim: ClaimState) -> str:
        """Who looks after the claim's volume, or will."""
        if claim.volume is not None:
            return claim.volume.spec.driver
        return claim.storage_class.provisioner if claim.storage_class is not None else ""

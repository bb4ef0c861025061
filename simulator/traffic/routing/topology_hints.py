"""The annotation service.kubernetes.io/topology-mode: Auto, with its overload threshold."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.arrays import Bools
from simulator.registry import register
from simulator.traffic.balancing import Candidates
from simulator.traffic.routing import Client


@register("routing", "topologyHints")
@dataclass(frozen=True)
class TopologyHints:
    """Every zone gets endpoints in proportion to the CPU of its nodes, its own first; a client uses those of its zone.

    No hints are given, and all endpoints used, when there are fewer than two zones, fewer endpoints than zones, or when
    some zone's endpoints would have to bear more than `overload_threshold` above their share.
    """

    overload_threshold: float = 0.2
    """How much more than its share a zone's endpoints may have to bear."""

    per_node = False

    def keep(self, candidates: Candidates, client: Client) -> Bools:
        everywhere = np.ones(len(candidates), dtype=np.bool_)
        if not candidates.listed.all():
            return everywhere
        hints = self.hints(candidates.zones, client.zone_cpu)
        mine = np.array([hint == client.zone for hint in hints], dtype=np.bool_)
        return mine if hints and mine.any() else everywhere

    def hints(self, zones: tuple[str, ...], zone_cpu: Mapping[str, int]) -> tuple[str, ...]:
        """For endpoints in these zones the zone whose clients each should serve; empty: no hints.

        As the EndpointSlice controller does it for a Service without hints (k8s.io/endpointslice/topologycache); that
        it keeps hints in slices that do not change is left out. Ties go to the zone first by name.
        """
        n, total = len(zones), sum(zone_cpu.values())
        if len(zone_cpu) < 2 or n < len(zone_cpu) or not all(zones) or not all(zone_cpu.values()) or "" in zone_cpu:
            return ()
        shares = {zone: n * zone_cpu[zone] / total for zone in sorted(zone_cpu)}
        minimum = {zone: math.ceil(share / (1 + self.overload_threshold)) for zone, share in shares.items()}
        if sum(minimum.values()) > n:
            return ()
        wanted = {zone: max(share, minimum[zone]) for zone, share in shares.items()}
        surplus = {zone: zones.count(zone) - wanted.get(zone, 0.0) for zone in sorted({*wanted, *zones})}
        hints = list(zones)
        while True:
            giver = max(surplus, key=lambda zone: surplus[zone])
            taker = min(surplus, key=lambda zone: surplus[zone])
            give, take = surplus[giver], -surplus[taker]
            if min(give, take) < 0.5 or max(give, take) < 1:
                return tuple(hints)
            hints[hints.index(giver)] = taker
            surplus[giver] -= 1
            surplus[taker] += 1

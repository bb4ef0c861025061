"""Uniformly at random: kube-proxy's rules in the iptables and nftables modes."""

from dataclasses import dataclass

from simulator.registry import register
from simulator.traffic.balancing import Balancing, Pick


@register("balancing", "random")
@dataclass(frozen=True)
class Random(Balancing):
    """Every endpoint with the same chance, whatever went before."""

    @staticmethod
    def choose(pick: Pick) -> int:
        """Any, with the same chance."""
        return int(pick.table[(pick.key * pick.size) >> 32])

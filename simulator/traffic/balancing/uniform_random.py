"""Uniformly at random: kube-proxy's rules in the iptables and nftables modes."""

from dataclasses import dataclass

from simulator.registry import register
from simulator.traffic.balancing import Candidates, Choice, Floats, Ints, equal


@register("balancing", "random")
@dataclass(frozen=True)
class Random:
    """Every endpoint with the same chance, whatever went before."""

    compares = False

    def shares(self, candidates: Candidates) -> Floats:
        return equal(candidates)

    def cells(self, clients: int) -> int:
        return 1

    def choice(self) -> tuple[Choice, tuple[float, ...]]:
        return choose, ()


def choose(
    table: Ints,
    size: int,
    loads: Ints,
    weights: Floats,
    memory: Ints,
    stamps: Floats,
    now: float,
    client: int,
    key: int,
) -> int:
    """Any, with the same chance."""
    return int(table[(key * size) >> 32])

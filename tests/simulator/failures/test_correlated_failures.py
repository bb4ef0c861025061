"""Failures that strike several nodes: their rates, how large they are, whom they strike together."""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from models.cluster import Cluster
from models.distributions import Distribution, Exponential, Fixed, LogNormal, Scaled, Weibull
from models.node import ZONE_LABEL
from simulator.failures.common_cause import CommonCause
from simulator.failures.domain_outage import DomainOutage
from simulator.failures.node_burst import NodeBurst
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.log import Kind
from simulator.run import Run, simulate
from tests.simulator.clusters import DAY, HOUR, node

RACK = "rack"
INSTANT = Fixed(1e-3)
"""A repair so short that no failure is hidden behind another."""


def racks(*sizes: int) -> Cluster:
    """Empty nodes in racks of these sizes."""
    return Cluster(
        nodes=tuple(
            node(f"r{rack}-n{i}", f"zone-{rack % 2}", labels={RACK: f"r{rack}"})
            for rack, size in enumerate(sizes)
            for i in range(size)
        )
    )


def run(cluster: Cluster, *modes: Any, days: float = 400.0, seed: int = 1) -> Run:
    return simulate(cluster, failures=modes, duration=days * DAY, seed=seed, keep_log=True)


def failures(result: Run, *modes: str) -> list[tuple[float, int, str]]:
    """(time, node, cause) of every loss of power."""
    assert result.log is not None
    found = [
        (float(time), int(subject), result.log.causes[int(cause)])
        for time, kind, subject, _, new, cause in result.log.columns()
        if kind == Kind.NODE_POWER and new == 0
    ]
    return [row for row in found if not modes or row[2].split("/")[0] in modes]


def bursts(result: Run, within: float) -> list[list[tuple[float, int]]]:
    """Chains of failures of one cause, each within that time of the one before."""
    by_cause: dict[str, list[list[tuple[float, int]]]] = defaultdict(list)
    for time, number, cause in failures(result):
        chains = by_cause[cause]
        if chains and time - chains[-1][-1][0] <= within:
            chains[-1].append((time, number))
        else:
            chains.append([(time, number)])
    return [chain for chains in by_cause.values() for chain in chains]


def near(count: float, expected: float, variance: float | None = None) -> bool:
    return abs(count - expected) < 4 * math.sqrt(expected if variance is None else variance)


# Bursts


@pytest.mark.parametrize("share", [0.0, 0.37, 0.8])
@pytest.mark.parametrize(("sizes", "local"), [((6, 6), 1.0), ((4, 8), 0.6), ((3, 3, 3, 3), 0.0)])
def test_nodes_fail_as_often_with_bursts_as_without_and_the_given_share_of_failures_is_in_bursts(
    sizes: tuple[int, ...], local: float, share: float
) -> None:
    mode = NodeBurst("b", Exponential(DAY), INSTANT, share, mean_size=3.0, domain=RACK, local_share=local)
    result = run(racks(*sizes), mode)
    chains = bursts(result, mode.within)
    total, expected = sum(map(len, chains)), 12 * 400.0
    squares = sum(len(chain) ** 2 for chain in chains)  # the variance of a compound Poisson count
    assert near(total, expected, squares)
    together = sum(len(chain) for chain in chains if len(chain) > 1)
    assert near(together, share * expected, sum(len(c) ** 2 for c in chains if len(c) > 1) + 1)
    assert result.strikes == {"b": total}


def test_the_size_of_a_burst_is_geometric_from_two_up_and_cut_off_at_the_domain() -> None:
    mode = NodeBurst("b", Exponential(DAY), INSTANT, 0.9, mean_size=3.0, within=1.0, domain=RACK)
    sizes = Counter(len(chain) for chain in bursts(run(racks(5, 5), mode, days=2000), mode.within))
    many = sum(count for size, count in sizes.items() if size > 1)
    for size, chance in {2: 1 / 2, 3: 1 / 4, 4: 1 / 8, 5: 1 / 8}.items():
        assert near(sizes[size], chance * many, many * chance * (1 - chance))
    assert max(sizes) == 5


def test_the_failures_of_a_burst_follow_each_other_within_the_time_uniformly() -> None:
    mode = NodeBurst("b", Exponential(5 * DAY), INSTANT, 0.9, domain=RACK, within=600.0)
    gaps = [
        later[0] - sooner[0]
        for chain in bursts(run(racks(10), mode, days=1000), mode.within)
        for sooner, later in itertools.pairwise(chain)
    ]
    assert 0 < min(gaps) < max(gaps) <= 600.0
    assert near(float(np.sum(gaps)), 300.0 * len(gaps), len(gaps) * 600.0**2 / 12)


@pytest.mark.parametrize("local", [1.0, 0.5, 0.0])
def test_local_bursts_stay_in_the_domain_and_the_others_do_not(local: float) -> None:
    mode = NodeBurst("b", Exponential(DAY), INSTANT, 0.8, mean_size=2.0, domain=RACK, local_share=local)
    pairs = [c for c in bursts(run(racks(4, 4, 4), mode, days=600), mode.within) if len(c) == 2]
    inside = sum(len({number // 4 for _, number in pair}) == 1 for pair in pairs)
    chance = local + (1 - local) * 3 / 11
    assert near(inside, chance * len(pairs), len(pairs) * chance * (1 - chance) + 1e-9)


def test_a_node_alone_in_its_domain_has_no_local_bursts() -> None:
    mode = NodeBurst("b", Exponential(DAY), INSTANT, 0.5, domain=RACK)
    result = run(racks(1, 1, 1), mode)
    assert {len(chain) for chain in bursts(result, mode.within)} == {1}
    assert near(result.strikes["b"], 3 * 400.0)


def test_each_node_of_a_burst_is_repaired_on_its_own_even_if_the_run_ends_before_the_burst() -> None:
    mode = NodeBurst("b", Exponential(DAY), LogNormal(60.0, 1.0), 0.9, domain=RACK, within=1000.0)
    result = run(racks(8), mode, days=100)
    assert result.log is not None
    power = [(r[0], int(r[2]), r[4]) for r in result.log.columns() if r[1] == Kind.NODE_POWER]
    lengths = set()
    for number in range(8):
        mine = [(time, on) for time, subject, on in power if subject == number]
        assert [on for _, on in mine] == [float(i % 2) for i in range(len(mine))]
        lengths |= {round(up[0] - down[0], 6) for down, up in zip(mine[::2], mine[1::2], strict=False)}
    assert len(lengths) > 50


@pytest.mark.parametrize(
    "wrong", [{"burst_share": 1.0}, {"burst_share": -0.1}, {"mean_size": 1.9}, {"local_share": 1.1}]
)
def test_shares_and_sizes_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        NodeBurst("b", Exponential(DAY), INSTANT, **wrong)


@pytest.mark.parametrize("wrong", [1.0, -0.1, 5e-324, float("nan")])
def test_a_common_share_of_which_no_clock_can_be_made_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="common_share must be 0, or at least 1e-09 and below 1"):
        CommonCause("c", Exponential(DAY), INSTANT, common_share=wrong)


# Domains


def test_a_domain_outage_of_zones_is_a_zone_outage_with_the_same_luck() -> None:
    laws = Exponential(10 * DAY), Exponential(HOUR)
    one = run(racks(3, 3), DomainOutage("dark", *laws, domain=ZONE_LABEL))
    other = run(racks(3, 3), ZoneOutage("dark", *laws))
    assert one.log is not None
    assert other.log is not None
    assert one.log.columns().tobytes() == other.log.columns().tobytes()


def test_a_rack_goes_dark_and_comes_back_at_once_and_nodes_without_the_label_stay() -> None:
    cluster = Cluster(nodes=(*racks(2, 3).nodes, node("free")))
    result = run(cluster, DomainOutage("rack-outage", Fixed(DAY), Fixed(HOUR), RACK, ("r1",)), days=1.5)
    assert failures(result) == [(DAY, number, "rack-outage/r1") for number in (2, 3, 4)]


# Common cause


@pytest.mark.parametrize("beta", [0.0, 0.1, 0.4])
def test_the_share_beta_strikes_the_group_and_nodes_fail_as_often_as_the_law_says(beta: float) -> None:
    result = run(racks(3, 3), CommonCause("c", Weibull(1.5, DAY), INSTANT, beta, RACK))
    found = failures(result)
    common = sum("=" in cause for _, _, cause in found)
    mean = Weibull(1.5, DAY).mean
    cycles = 400 * DAY / mean
    assert near(len(found), 6 * cycles, 6 * cycles * (1 + 2 * beta))
    assert near(common, beta * 6 * cycles, 3 * beta * 6 * cycles + 1e-9)
    assert {cause for _, _, cause in found if "=" in cause} == ({"c/rack=r0", "c/rack=r1"} if beta else set())


def test_without_a_common_cause_nodes_are_independent() -> None:
    """Case d5: beta 0 is nodeCrash, draw by draw."""
    laws = Exponential(3 * DAY), Exponential(HOUR)
    one = run(racks(3), CommonCause("c", *laws, common_share=0.0, domain=RACK))
    other = run(racks(3), NodeCrash("c", *laws))
    assert failures(one) == failures(other)


def test_nodes_without_the_label_have_no_group_and_fail_at_the_whole_rate() -> None:
    cluster = Cluster(nodes=(node("a"), node("b")))
    result = run(cluster, CommonCause("c", Exponential(DAY), INSTANT, 0.5, RACK), days=1000)
    assert near(result.strikes["c"], 2000.0)


def test_a_scaled_law_is_the_law_in_another_unit_of_time() -> None:
    laws: Iterable[Distribution] = (Exponential(3.0), Weibull(0.5, 2.0), LogNormal(1.0, 0.7), Fixed(2.0))
    for law in laws:
        scaled = Scaled(law, 4.0)
        assert scaled.mean == 4 * law.mean
        assert scaled.age_at(0.7) == 4 * law.age_at(0.7)
        assert scaled.cumulative_hazard(6.0) == law.cumulative_hazard(1.5)
        assert scaled.sample(np.random.default_rng(1)) == 4 * law.sample(np.random.default_rng(1))

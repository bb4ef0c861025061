"""Which endpoints a client may be sent to: the rules of kube-proxy and of the EndpointSlice controller."""

import numpy as np
import pytest

from simulator.registry import classes
from simulator.traffic.balancing import Candidates
from simulator.traffic.routing import OUTSIDE, Client, routed
from simulator.traffic.routing.local import Local
from simulator.traffic.routing.locality_failover import LocalityFailover
from simulator.traffic.routing.topology_hints import TopologyHints
from simulator.traffic.routing.traffic_distribution import PreferSameNode, PreferSameZone

EQUAL = {"a": 4000, "b": 4000, "c": 4000}
HALF = {"a": 8000, "b": 4000, "c": 4000}


def candidates(zones: str, nodes: list[int] | None = None, ready: str = "") -> Candidates:
    """One endpoint a letter of `zones`; `ready` has 0 for those that terminate."""
    number = len(zones)
    return Candidates(
        np.arange(number),
        np.array(nodes or range(number)),
        tuple(zones),
        np.array([letter == "1" for letter in ready or "1" * number], dtype=np.bool_),
        np.ones(number),
        np.ones(number),
    )


def left(found: Candidates) -> list[int]:
    return list(found.endpoints)


@pytest.mark.parametrize("name", classes("routing"))
def test_a_route_keeps_some_of_the_candidates_and_nothing_else(name: str) -> None:
    kept = classes("routing")[name]().keep(candidates("abc"), Client(0, "a", EQUAL))
    assert kept.shape == (3,)
    assert kept[0]


def test_without_routes_all_ready_endpoints_are_used() -> None:
    assert left(routed(candidates("abc", ready="101"), Client(), ())) == [0, 2]


def test_terminating_endpoints_are_used_when_nothing_is_ready() -> None:
    assert left(routed(candidates("abc", ready="000"), Client(), ())) == [0, 1, 2]


def test_local_traffic_stays_on_the_node_or_is_dropped() -> None:
    found = candidates("aab", nodes=[1, 2, 1])
    assert left(routed(found, Client(1, "a"), (Local(),))) == [0, 2]
    assert left(routed(found, Client(9, "a"), (Local(),))) == []


def test_a_terminating_endpoint_on_the_node_is_used_before_traffic_is_dropped() -> None:
    found = candidates("aab", nodes=[1, 2, 2], ready="011")
    assert left(routed(found, Client(1, "a"), (Local(),))) == [0]


def test_local_traffic_from_outside_is_spread_over_all_endpoints() -> None:
    assert left(routed(candidates("aab"), Client(OUTSIDE), (Local(),))) == [0, 1, 2]


def test_the_own_zone_is_preferred_however_few_endpoints_it_has() -> None:
    found = candidates("abbbbbbbb")
    assert left(routed(found, Client(0, "a"), (PreferSameZone(),))) == [0]
    assert len(routed(found, Client(0, "c"), (PreferSameZone(),))) == 9
    emptied = candidates("abbbbbbbb", ready="011111111")
    assert len(routed(emptied, Client(0, "a"), (PreferSameZone(),))) == 8


def test_an_endpoint_without_a_zone_ends_the_preference() -> None:
    found = Candidates(*(candidates("ab").__dict__ | {"zones": ("a", "")}).values())
    assert left(routed(found, Client(0, "a"), (PreferSameZone(),))) == [0, 1]


def test_the_own_node_then_the_own_zone_then_all() -> None:
    found = candidates("aab", nodes=[1, 2, 3])
    assert left(routed(found, Client(2, "a"), (PreferSameNode(),))) == [1]
    assert left(routed(found, Client(7, "a"), (PreferSameNode(),))) == [0, 1]
    assert left(routed(found, Client(7, "c"), (PreferSameNode(),))) == [0, 1, 2]


@pytest.mark.parametrize(
    ("cpu", "on", "off"),
    [
        (EQUAL, [3, 6, 7, 9, 10, 12], [1, 2, 4, 5, 8]),
        (HALF, [4, 7, 8, 9, 12], [2, 3, 5, 6, 10]),
        ({"a": 1, "b": 1}, [2, 4, 6], [1, 3, 5]),
    ],
)
def test_hints_are_given_only_if_no_zone_is_overloaded(cpu: dict[str, int], on: list[int], off: list[int]) -> None:
    zones = sorted(cpu) * 12
    assert all(TopologyHints().hints(tuple(zones[:n]), cpu) for n in on)
    assert not any(TopologyHints().hints(tuple(zones[:n]), cpu) for n in off)


@pytest.mark.parametrize(("n", "shares"), [(4, (2, 1, 1)), (7, (3, 2, 2))])
def test_hints_follow_the_cpu_of_the_zones(n: int, shares: tuple[int, int, int]) -> None:
    hints = TopologyHints().hints(("b",) * n, HALF)
    assert tuple(hints.count(zone) for zone in "abc") == shares


def test_a_zone_without_endpoints_is_given_some() -> None:
    found = candidates("aaaaaa")
    routes = (TopologyHints(),)
    parts = [left(routed(found, Client(0, zone, {"a": 1, "b": 1}), routes)) for zone in "ab"]
    assert sorted(parts[0] + parts[1]) == [0, 1, 2, 3, 4, 5]
    assert len(parts[0]) == 3


def test_failover_goes_to_the_zone_named_for_it_and_then_anywhere() -> None:
    route = LocalityFailover(minimum=2, failover={"a": "b"})
    assert left(routed(candidates("aabbc"), Client(0, "a"), (route,))) == [0, 1]
    assert left(routed(candidates("abbcc"), Client(0, "a"), (route,))) == [1, 2]
    assert left(routed(candidates("abccc"), Client(0, "a"), (route,))) == [0, 1, 2, 3, 4]

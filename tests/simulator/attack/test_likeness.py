"""What is alike: exchanging it changes nothing, so one stands for all."""

from dataclasses import replace

import pytest

from models.labels import LabelSelector
from simulator.attack.arsenal import Action
from simulator.attack.follow import FIRST, Choice, Followed, Step, Target, follow
from simulator.attack.likeness import strings_in
from tests.simulator.attack.targets import CRASH, DRAIN, NODE, ZONE, target
from tests.simulator.clusters import template


def choices(of: Target, *steps: Step) -> dict[str, list[tuple[str, ...]]]:
    """By name of an action: the groups of subjects that are alike, as soon as the steps are taken."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for choice in follow(of, steps).moments[0].choices:
        found.setdefault(choice.action.name, []).append((choice.action.subject, *choice.alike))
    return found


def test_nodes_zones_and_replicas_that_differ_by_name_alone_are_alike() -> None:
    assert choices(target(NODE, ZONE, CRASH, DRAIN)) == {
        "crash": [tuple(f"Deployment/default/web/{i}/server" for i in range(3))],
        "node-crash": [("node-0", "node-1", "node-2")],
        "zone-outage": [("a", "b", "c")],
        "drain": [("node-0", "node-1", "node-2")],
    }


def test_a_node_without_a_replica_is_not_like_one_with() -> None:
    (groups,) = choices(target(NODE, machines=4, zones="a", replicas=3)).values()
    assert sorted(map(len, groups)) == [1, 3]


def test_nodes_of_zones_that_differ_are_not_alike() -> None:
    (groups,) = choices(target(NODE, machines=3, zones="aab", replicas=3)).values()
    assert sorted(map(sorted, groups)) == [["node-0", "node-1"], ["node-2"]]


def test_a_zone_that_something_names_is_like_no_other() -> None:
    at_home = template("web", node_selector={"topology.kubernetes.io/zone": "c"})
    found = choices(target(NODE, ZONE, machines=6, replicas=2, pods=at_home))
    assert ("c",) in found["zone-outage"]
    assert ("a", "b") in found["zone-outage"]
    assert {"node-2", "node-5"} == {node for group in found["node-crash"] for node in group} - {
        node for group in found["node-crash"] if "node-0" in group for node in group
    }


def test_a_node_that_a_failure_mode_names_is_like_no_other() -> None:
    of_one = replace(NODE, name="fragile", select=LabelSelector.of({"kubernetes.io/hostname": "node-1"}))
    assert choices(target(NODE, of_one))["node-crash"] == [("node-0", "node-2"), ("node-1",)]


def test_what_was_struck_is_told_apart_from_the_others() -> None:
    struck = choices(target(NODE, DRAIN), Step(FIRST, Action("node-crash", "node-1")))
    assert struck["node-crash"] == [("node-0", "node-2")]
    assert struck["drain"] == [("node-0", "node-2"), ("node-1",)]


def outcome(followed: Followed) -> list[tuple[float, float]]:
    answering = followed.services["web"].answering
    return list(zip(answering.times.tolist(), answering.values.tolist(), strict=True))


@pytest.mark.parametrize("name", ["node-crash", "zone-outage", "crash", "drain"])
def test_what_is_alike_takes_as_many_endpoints_away(name: str) -> None:
    of = target(NODE, ZONE, CRASH, DRAIN)
    (alike,) = [choice for choice in follow(of, ()).moments[0].choices if choice.action.name == name]
    followed = [follow(of, [Step(FIRST, action)]) for action in every(alike)]
    assert len({tuple(value for _, value in outcome(one)) for one in followed}) == 1
    assert {one.over for one in followed} == {True}


def every(choice: Choice) -> list[Action]:
    return [replace(choice.action, subject=subject) for subject in (choice.action.subject, *choice.alike)]


def test_all_texts_of_a_value_are_found_however_deep() -> None:
    selecting = replace(NODE, select=LabelSelector.of({"pool": "general"}))
    assert {"node-crash", "pool", "general"} <= strings_in([selecting, {"x": ("y", None, 3, {"z"})}])
    assert {"x", "y", "z"} <= strings_in({"x": ("y", None, 3, {"z"})})

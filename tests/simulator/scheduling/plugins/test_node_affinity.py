"""Node affinity that the scheduler's configuration adds to every pod."""

from typing import Any

import pytest

from simulator.scheduling.plugins.node_affinity import NodeAffinity
from simulator.scheduling.profile import profile
from tests.upstream.scene import Object, Scene, node, pod

REQUIRED, PREFERRED = (f"{when}DuringSchedulingIgnoredDuringExecution" for when in ("required", "preferred"))
POD, ENFORCED = (
    "node(s) didn't match Pod's node affinity/selector",
    "node(s) didn't match scheduler-enforced node affinity",
)


def term(key: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": "In", "values": list(values)}]}


def plugin(added: dict[str, Any]) -> NodeAffinity:
    """As a KubeSchedulerConfiguration writes it."""
    filters = profile(arguments={"NodeAffinity": {"addedAffinity": added}}).filters
    [found] = [one for one in filters if isinstance(one, NodeAffinity)]
    return found


def scene() -> Scene:
    disks, zones = ("ssd", "ssd", "hdd"), ("a", "b", "a")
    return Scene(
        [
            node({"metadata": {"name": f"n{i}", "labels": {"disk": disk, "zone": zone}}})
            for i, (disk, zone) in enumerate(zip(disks, zones, strict=True))
        ]
    )


def in_zone(zone: str) -> Object:
    return {"spec": {"nodeSelector": {"zone": zone}}}


def test_added_terms_are_required_of_every_pod_and_named_first() -> None:
    ssd = plugin({REQUIRED: {"nodeSelectorTerms": [term("disk", "ssd")]}})
    assert scene().reasons(ssd, pod({})) == [[], [], [ENFORCED]]
    assert scene().reasons(ssd, pod(in_zone("b"))) == [[POD], [], [ENFORCED]]
    assert scene().reasons(NodeAffinity(), pod(in_zone("b"))) == [[POD], [], [POD]]


def test_added_terms_are_alternatives_to_each_other() -> None:
    either = plugin({REQUIRED: {"nodeSelectorTerms": [term("disk", "hdd"), term("zone", "b")]}})
    assert scene().reasons(either, pod({})) == [[ENFORCED], [], []]


def test_added_preferences_are_summed_with_those_of_the_pod() -> None:
    ssd = plugin({PREFERRED: [{"weight": 30, "preference": term("disk", "ssd")}]})
    own = {"affinity": {"nodeAffinity": {PREFERRED: [{"weight": 10, "preference": term("zone", "a")}]}}}
    assert scene().scores(ssd, pod({})) == [100, 100, 0]
    assert scene().scores(ssd, pod({"spec": own})) == [100, 75, 25]
    assert scene().scores(NodeAffinity(), pod({"spec": own})) == [100, 0, 100]


def test_what_an_object_could_not_say_is_refused() -> None:
    with pytest.raises(ValueError, match=r"addedAffinity.*values.*not a valid label"):
        plugin({REQUIRED: {"nodeSelectorTerms": [term("disk", "{{bad}}")]}})

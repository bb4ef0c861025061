"""Nodes."""

from models.manifests.container import resources
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.selector import check_label_key, check_label_value, check_labels
from models.node import HOSTNAME_LABEL, NOT_READY, UNREACHABLE, UNSCHEDULABLE, Node, Resources, Taint, TaintEffect

_CONDITION_TAINTS = frozenset(
    {NOT_READY, UNREACHABLE}
    | {f"node.kubernetes.io/{c}" for c in ("memory-pressure", "disk-pressure", "pid-pressure", "network-unavailable")}
)


@converts("Node")
def node(field: Field, admission: Admission) -> Node:
    """A Node: what it can hold is status.allocatable, else status.capacity."""
    status = field["status"]
    place = status["allocatable"] if status["allocatable"].value else status["capacity"]
    if not place.value:
        status["allocatable"].problem("required value is missing: neither allocatable nor capacity is given")
    amounts = resources(place)
    other = dict(amounts.other)
    pods = other.pop("pods", 110)
    return Node(
        name=field.manifest.name,
        allocatable=Resources(amounts.cpu, amounts.memory, other),
        pods=pods,
        labels={HOSTNAME_LABEL: field.manifest.name, **check_labels(field["metadata"]["labels"])},
        taints=_taints(field["spec"]["taints"]),
        unschedulable=field["spec"]["unschedulable"].flag(),
        images=_images(status["images"]),
    )


def _images(field: Field) -> dict[str, int]:
    """Sizes in bytes of the images on the node, by each of their names."""
    return {name: item["sizeBytes"].integer(0) for item in field for name in item["names"].texts()}


def _taints(field: Field) -> tuple[Taint, ...]:
    """The node's taints, but those that the control plane itself derives from the node's state."""
    taints = []
    for item in field:
        key = item["key"].required().text()
        if key:
            check_label_key(item["key"], key)
        check_label_value(item["value"])
        effect = item["effect"].required().choice(TaintEffect.NO_SCHEDULE, TaintEffect)
        if key in _CONDITION_TAINTS:
            item.withdraw()  # in the simulation it starts healthy
        elif key != UNSCHEDULABLE:
            taints.append(Taint(key, TaintEffect(effect), item["value"].text()))
    return tuple(taints)

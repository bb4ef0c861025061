"""Every field of every kind that is read acts, cannot matter, or is named."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from models.behaviour import Behaviour
from models.input.documents import Document
from models.manifests import Manifest
from models.manifests.account import fates
from models.manifests.conversion import Admission, converters
from models.manifests.fields import Place, fields_below, review_of_kind, root
from models.manifests.manifest import Field, Findings
from models.manifests.schema import schemas

READ = sorted(name for name in schemas()["roots"] if name.rpartition("/")[2] in converters())

FREE = "free"
"""Stands for every key of a mapping whose keys are free."""

HOOKS = ({"sleep": {"seconds": 1}}, {"exec": {"command": ["sleep", "1"]}}, {"httpGet": {"port": 1}})

WORDS: Mapping[str, tuple[Any, ...]] = {
    "metrics.type": ("Resource", "ContainerResource", "Pods", "Object", "External"),
    "initContainers.restartPolicy": ("Always",),
    "preStop": HOOKS,
    "postStart": HOOKS,
    "resources": ({"limits": {FREE: 1}}, {"requests": {FREE: 1}}, {"limits": {FREE: 1}, "requests": {FREE: 1}}),
    "ontainers.ports": ({"containerPort": 1, "hostPort": 1, "hostIP": "1", "protocol": "TCP", "name": "1"},),
    "capacity": ({}, {FREE: 1}),
    "allocatable": ({FREE: 1}, {}),
}
"""Values on which it hangs what is read, by the end of the path; each turn takes the next."""

PARTLY = {
    "containers.ports.containerPort": "on the host's network",
    "initContainers.ports.containerPort": "of a sidecar on the host's network",
    "initContainers.ports.hostIP": "of a sidecar",
    "initContainers.ports.hostPort": "of a sidecar",
    "initContainers.ports.name": "of a sidecar",
    "initContainers.ports.protocol": "of a sidecar",
    "initContainers.restartPolicy": "if it makes it a sidecar",
    "lifecycle.postStart.exec.command": "if it sleeps",
    "lifecycle.preStop.exec.command": "if it sleeps",
    "metadata.labels.*": "of nodes and pods",
    "metadata.name": "of the object, not of a template",
    "metadata.namespace": "of the object, not of a template",
    "ports.targetPort": "if it is a number, or pods have all ports of the Service or none",
    "resources.limits.*": "as a request where there is none",
    "status.capacity.*": "if there is no allocatable",
    "taints.effect": "if it is not that of a node's own state",
    "taints.key": "if it is not that of a node's own state",
    "taints.value": "if it is not that of a node's own state",
}
"""What the list speaks of although a converter reads it, by the end of the path: when it acts."""


def dotted(path: tuple[str | int, ...]) -> str:
    return ".".join("*" if step == FREE else step for step in path if isinstance(step, str))


def example(place: Place, turn: int, path: tuple[str, ...] = ()) -> Any:
    """An object with every field of its kind."""
    for ending, values in WORDS.items():
        if ".".join(path).endswith(ending):
            return values[turn % len(values)]
    schema = place.schema
    if "properties" in schema:
        made = {}
        for key, inner in schema["properties"].items():
            value = example(place.at(key)[1], turn, (*path, key))
            made[key] = [value] if inner.get("type") == "array" else value
        return made
    if place.is_free:
        return {FREE: example(place.at(FREE)[1], turn, (*path, FREE))}
    return {"integer": 1, "boolean": True, "object": {}}.get(str(schema.get("type")), "1")


@cache
def acting(api_version: str, kind: str) -> frozenset[str]:
    """The fields of a kind that its converter reads, in one or another of some examples."""
    found: set[str] = set()
    for turn in range(30):
        value = example(root(api_version, kind), turn) | {"apiVersion": api_version, "kind": kind}
        manifest = Manifest(value, Document("x.yaml", value))
        findings = Findings()
        whole = Field.whole(manifest, findings)
        converters()[kind](whole, Admission({}, Behaviour()))
        found |= {dotted(path) for path, review, _ in fates(manifest, findings.reads_of(manifest)) if review is None}
    return frozenset(found)


@pytest.mark.parametrize("name", READ)
def test_no_field_is_neither_read_nor_reviewed(name: str) -> None:
    api_version, _, kind = name.rpartition("/")
    unread = [dotted(path) for path, review in fields_below(root(api_version, kind)) if review is None]
    assert set(unread) - acting(api_version, kind) - {"status.phase"} == set()


@pytest.mark.parametrize("name", READ)
def test_no_field_is_both_read_and_reviewed(name: str) -> None:
    api_version, _, kind = name.rpartition("/")
    reviewed = [dotted(path) for path, review in fields_below(root(api_version, kind)) if review is not None]
    both = [
        field
        for field in acting(api_version, kind)
        if any(field == known or field.startswith(f"{known}.") for known in reviewed)
        and not any(field.endswith(ending) for ending in PARTLY)
    ]
    assert both == []


def test_no_kind_of_kubernetes_is_without_review() -> None:
    for api_version, kinds in schemas()["kinds"].items():
        for kind in kinds:
            assert (review_of_kind(api_version, kind) is None) == (kind in converters()), kind

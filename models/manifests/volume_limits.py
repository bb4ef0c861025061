"""CSINodes: how many volumes of each driver a node takes."""

from collections.abc import Iterable
from dataclasses import replace

from models.manifests.manifest import Field, Findings, Manifest
from models.node import Node, volume_limit


def with_volume_limits(nodes: Iterable[Node], manifests: Iterable[Manifest]) -> list[Node]:
    """The nodes with the limits of the CSINodes of their names, where there are any, among what can be allocated."""
    limits = {manifest.name: _limits(manifest) for manifest in manifests if manifest.kind == "CSINode"}
    return [_limited(node, limits.get(node.name, {})) for node in nodes]


def _limits(manifest: Manifest) -> dict[str, int]:
    drivers = Field(manifest.value, manifest, Findings())["spec"]["drivers"]
    written = {driver["name"].text(): driver["allocatable"]["count"] for driver in drivers}
    return {volume_limit(name): count.integer(0) for name, count in written.items() if name and count.present}


def _limited(node: Node, limits: dict[str, int]) -> Node:
    if not limits:
        return node
    return replace(node, allocatable=replace(node.allocatable, other={**node.allocatable.other, **limits}))

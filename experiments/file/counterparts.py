"""What an experiment says that has no counterpart in the control plane of a policy: named, and left out there."""

from collections.abc import Iterator, Sequence

from pydantic.alias_generators import to_camel

from experiments.file.policy import Lineage
from experiments.file.schema import SpecFile
from experiments.file.source import Source
from experiments.file.standing import Item
from models.input.problems import Path
from simulator.control_planes.wiring import Orchestrator

_FIELDS = ("scheduler", "node_autoscaler", "load")
"""Fields of the experiment, and of policies, that a control plane may have no counterpart for."""


def with_counterpart(
    items: Sequence[Item], control_plane: Orchestrator | None, policy: str, source: Source
) -> tuple[list[Item], list[str]]:
    """The failure modes or operations that have a counterpart, and a sentence on each that has none."""
    if control_plane is None:
        return list(items), []
    kept, notes = [], []
    for item, path in items:
        kind = getattr(item, "type", "")
        if kind in control_plane.without:
            notes.append(_sentence(control_plane, kind, (*path, "type"), policy, source))
        else:
            kept.append((item, path))
    return kept, notes


def without_field(
    spec: SpecFile, lineage: Lineage, control_plane: Orchestrator | None, source: Source
) -> Iterator[str]:
    """A sentence on each field of the experiment, or of the policy, that has no counterpart."""
    if control_plane is None:
        return
    places: list[tuple[object, Path]] = [(spec, ("spec",)), *((step.policy, step.path) for step in lineage.steps)]
    for field in _FIELDS:
        name = to_camel(field)
        for owner, path in places:
            if name in control_plane.without and getattr(owner, field, None):
                yield _sentence(control_plane, name, (*path, name), lineage.name, source)


def _sentence(control_plane: Orchestrator, what: str, path: Path, policy: str, source: Source) -> str:
    why = control_plane.without[what]
    said = f"{what} has no counterpart in {control_plane.called}, so nothing comes of it under policy {policy!r}: {why}"
    return str(source.problem(path, said))

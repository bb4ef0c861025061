"""What stands under a policy: failure modes, operations, crews or responses, after all that its lineage changes."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from experiments.file.change import WHOLE, ChangeFile
from experiments.file.mistakes import mistakes_of
from experiments.file.policy import Lineage
from experiments.file.schema import SpecFile
from experiments.file.source import Source
from models.input.problems import Path, Problem, did_you_mean

Item = tuple[Any, Path]
"""A failure mode or operation, whole or a change, or a crew or response; and its place."""


def items_of(spec: SpecFile, field: str) -> list[Item]:
    """The items of a list of the spec, each with its place."""
    return [(item, ("spec", field, i)) for i, item in enumerate(getattr(spec, field))]


def standing(
    base: Sequence[Item], lists: Sequence[Sequence[Item]], source: Source, problems: list[Problem]
) -> list[Item]:
    """What stands after each list was applied in turn: a whole item replaces the one with its name, or is added.

    Everything keeps its place in the order, so what is removed and given again comes where it was. Names that are
    taken in one list are left for the check of names; what else is wrong goes to `problems`.
    """
    slots: list[tuple[str, Item | None]] = [(item.name, (item, path)) for item, path in base]
    for entries in lists:
        own = [path for _, path in entries]
        for entry, path in entries:
            at = next((i for i, (name, _) in enumerate(slots) if name == entry.name), None)
            old = None if at is None else slots[at][1]
            if isinstance(entry, ChangeFile):
                if at is None or old is None:
                    names = [name for name, item in slots if item is not None]
                    problems.extend(_unknown(entry, path, names, source))
                else:
                    slots[at] = entry.name, _changed(old, entry, path, source, problems)
            elif at is None or (old is not None and old[1] in own):
                slots.append((entry.name, (entry, path)))
            else:
                slots[at] = entry.name, (entry, path)
    return [item for _, item in slots if item is not None]


def standing_people(field: str, spec: SpecFile, lineage: Lineage, source: Source) -> list[Item]:
    """The crews or responses of a policy, each with its place."""
    said = [(spec.people, ("spec", "people")), *((s.policy.people, (*s.path, "people")) for s in lineage.steps)]
    lists: list[list[Item]] = [
        [(item, (*path, field, i)) for i, item in enumerate(getattr(people, field))]
        for people, path in said
        if people is not None
    ]
    return standing([], lists, source, [])


def _unknown(entry: ChangeFile, path: Path, names: Sequence[str], source: Source) -> list[Problem]:
    """That there is nothing to change; nothing, if there is and the file says it wrongly."""
    field = str(path[-2])
    if entry.name in source.names(field):
        return []
    hint = did_you_mean(entry.name, names) or (f"; there is {', '.join(map(repr, names))}" if names else "")
    message = f"no {field.removesuffix('s')} {entry.name!r} to change (a new one needs its 'type'){hint}"
    return [source.problem(path, message)]


def _changed(old: Item, entry: ChangeFile, path: Path, source: Source, problems: list[Problem]) -> Item | None:
    """The item after the change; the old one, where the change makes no sense."""
    if entry.remove:
        return None
    item = old[0]
    merged = _merged(item.model_dump(mode="json", by_alias=True, exclude_none=True), entry.given)
    try:
        return type(item).model_validate(merged), path
    except ValidationError as error:
        problems += [source.mistake(path, mistake) for mistake in mistakes_of(error, merged, type(item))]
        return old


def _merged(standing: Any, given: Any) -> Any:
    """A merge patch (RFC 7386), but that a mapping which is whole replaces, and a factor stretches what stands."""
    if not isinstance(standing, dict) or not isinstance(given, dict) or WHOLE & given.keys():
        return given
    merged = dict(standing)
    for key, value in given.items():
        if value is None:
            merged.pop(key, None)
        elif key == "factor" and type(value) in (int, float):
            merged[key] = value * standing.get(key, 1)
        else:
            merged[key] = _merged(standing.get(key), value)
    return merged

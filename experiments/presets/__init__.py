"""Presets: failure laws, whole failure modes, timings and thresholds with a source for every number, one file each.

A file NAME.yaml says what it means and where it comes from (`meaning`, `source`), and gives values for fields of an
experiment, by the field's name: `timeToFailure`, `timeToRepair`, `failures`, `timing`, `atLeast`. In an experiment,
`{preset: NAME}` stands for what the preset gives for the field that it stands at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from models.input.documents import parse_documents
from models.input.problems import did_you_mean

_ABOUT = ("meaning", "source")


class NoSuchPreset(ValueError):
    """A name that no preset has; the message suggests one."""


@dataclass(frozen=True)
class Preset:
    """One file."""

    name: str
    meaning: str
    source: tuple[str, ...]
    gives: Mapping[str, Any]
    """Values of fields, as an experiment file says them."""
    text: str
    """The file itself, whose comments say where each number comes from."""


@cache
def names() -> tuple[str, ...]:
    """The names of all presets, sorted."""
    files = (file.name for file in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml")))


@cache
def preset(name: str) -> Preset:
    """The preset of this name; raises NoSuchPreset."""
    if name not in names():
        raise NoSuchPreset(f"unknown preset {name!r}{did_you_mean(name, names())}")
    text = resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    [document] = parse_documents(text, f"{name}.yaml", y_is_text=True)
    gives = {key: value for key, value in document.value.items() if key not in _ABOUT}
    return Preset(name, document.value["meaning"], tuple(document.value["source"]), gives, text)


def giving(field: str) -> tuple[str, ...]:
    """The names of the presets that give a value for this field."""
    return tuple(name for name in names() if field in preset(name).gives)


def listed() -> str:
    """All presets, for people."""
    presets = [preset(name) for name in names()]
    lines = ["`{preset: NAME}` in an experiment stands for what the preset gives for the field that it stands at."]
    for one in presets:
        lines += ["", f"{one.name}: {one.meaning}", f"  gives {', '.join(one.gives)}"]
        lines += [f"  {'from' if i == 0 else '    '} {source}" for i, source in enumerate(one.source)]
    return "\n".join(lines)

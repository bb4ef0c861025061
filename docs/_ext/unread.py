"""What is not modelled: what no run contains, and what manifests may say and the model does not read (fields.yaml)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from writing import escaped
from yaml import safe_load

from experiments.report.not_modelled import NEVER
from models.manifests.fields import Effect

_LIST = Path(__file__).parents[2] / "models" / "schemas" / "fields.yaml"
_EFFECTS = [effect.value for effect in Effect]


def never() -> str:
    """What no run contains, whatever an experiment declares, and what holds instead."""
    return "\n".join(f"- **{what}**: {escaped(instead)}." for what, instead in NEVER.items())


def unread() -> str:
    """Each sentence once, with all the fields or kinds that it is about; the answers that are too good come first."""
    said: dict[tuple[str, str], list[str]] = {}
    for name, effect, sentence in _entries(safe_load(_LIST.read_text("utf-8"))):
        said.setdefault((effect, sentence), []).append(f"`{name}`")
    lines = ["| of manifests | the answer is | because |", "|---|---|---|"]
    for (effect, sentence), names in sorted(said.items(), key=lambda item: _EFFECTS.index(item[0][0])):
        listed = ", ".join(dict.fromkeys(names[:6])) + (", ..." if len(names) > 6 else "")
        lines.append(f"| {listed} | {effect} | {escaped(sentence)} |")
    return "\n".join(lines)


def _entries(node: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str]]:
    """What is written below a node with an effect: the name, the effect, the sentence."""
    for effect in _EFFECTS:
        if isinstance(node, dict) and effect in node:
            yield ".".join(way[1:]), effect, node[effect]
    if isinstance(node, dict):
        for key, below in node.items():
            yield from _entries(below, (*way, str(key)))


WRITERS: dict[str, Callable[..., str]] = {"never": never, "unread": unread}

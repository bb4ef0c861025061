"""The inputs of a result folder: copies of the files that an experiment read, and where two experiments differ."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from experiments.file.files import located, with_files
from models.input.stdin import is_stdin


def copies(inputs: Iterable[Path]) -> dict[Path, str]:
    """Where the result folder keeps a copy of each file: numbered, as files of different folders may share a name.

    A copy is called as it was where it is read again: what a result folder holds can be run into it.
    """
    return {path: f"inputs/{_numbered(number, path)}" for number, path in enumerate(inputs, 1)}


def _numbered(number: int, path: Path) -> str:
    name = "stdin.yaml" if is_stdin(path) else path.name
    return name if path.parent.name == "inputs" and name.startswith(f"{number}-") else f"{number}-{name}"


def with_copies(resolved: Any, source: Path | None, inputs: Iterable[Path]) -> Any:
    """A resolved experiment (plain values) that names the copies of its files, so that the folder stands alone."""
    kept = copies(inputs)
    folder = "" if source is None else os.path.dirname(source)

    def copied(named: str) -> list[str]:
        """The copies of a file, or of all files of a directory."""
        path = Path(located(folder, named))
        return [name for original, name in kept.items() if path == original or path in original.parents] or [named]

    return with_files(resolved, copied)


def plain(value: Any) -> Any:
    """Mappings, sequences and scalars only, as YAML and JSON know them."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Where two plain values differ: "spec.seed: 1 -> 2"."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [*old, *(key for key in new if key not in old)]
        return [
            line
            for key in keys
            for line in differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            line for i, pair in enumerate(zip(old, new, strict=True)) for line in differences(*pair, f"{path}[{i}]")
        ]
    return [] if old == new else [f"{path}: {_brief(old)} -> {_brief(new)}"]


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."

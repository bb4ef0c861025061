"""Shorthand: what Python code says in a word, as an experiment file would say it."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.file.described import as_written
from experiments.file.written import registered_name
from models.input.stdin import is_stdin


def name_for(manifest: str | os.PathLike[str]) -> str:
    """A name for an experiment about a file or directory of manifests, of letters that a name may have."""
    if is_stdin(manifest):
        return "stdin"
    words = re.findall(r"[a-z0-9]+", Path(manifest).resolve().stem.lower())
    return "-".join(words)[:60].strip("-") or "experiment"


def pool(name: str, nodes: int, zones: int, cpu: str, memory: str, pods: int) -> dict[str, Any]:
    """A pool of so many equal nodes, dealt over so many zones called a, b, c, ...; quantities as a file has them."""
    named = [chr(ord("a") + i) if zones <= 26 else f"zone-{i + 1}" for i in range(zones)]
    return {"name": name, "count": nodes, "zones": named, "allocatable": {"cpu": cpu, "memory": memory, "pods": pods}}


def story(kind: str, story: Any) -> Any:
    """A failure mode or operation as a file would say it."""
    if isinstance(story, Mapping):
        return dict(story)
    if not hasattr(story, "name"):
        raise TypeError(f"expected a {kind} or a mapping as in a file (got {story!r})")
    written = as_written(story)
    return {"name": written.pop("name"), "type": registered_name(kind, type(story)), **written}

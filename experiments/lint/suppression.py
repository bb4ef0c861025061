"""Findings that the owner of an object does not want to hear of: an annotation on the object names their rules."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from experiments.lint.application import written
from models.manifests import Manifest

IGNORE = "kubenines.io/lint-ignore"
"""The annotation: names of rules, with commas between; "*" stands for any part of a name."""


def ignored(manifest: Manifest) -> Sequence[str]:
    """The rules, or patterns of rules, that an object does not want to hear of."""
    value = written(manifest, "metadata", "annotations", IGNORE)
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else []


def is_suppressed(manifest: Manifest, name: str) -> bool:
    """Whether an object does not want to hear of a rule."""
    return any(fnmatchcase(name, pattern) for pattern in ignored(manifest))

"""Namespaces, and the labels by which pod affinity finds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that the API server gives every namespace: its name."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace. One that is only mentioned, and not declared, has no label but `NAME_LABEL`."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """With `NAME_LABEL`."""

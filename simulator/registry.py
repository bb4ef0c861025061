"""Policies by the name that a user writes in YAML.

A policy (failure mode, operation, scheduler plugin) is a frozen dataclass in a file of its own; its fields are the
YAML keys. `@register(kind, name)` is all it takes to be usable: `discover` imports the folders where policies live.
"""

import functools
from collections.abc import Callable
from typing import TypeVar

from models.discovery import import_files
from models.input.problems import did_you_mean

_FOLDERS = {
    "controlPlane": "simulator.control_planes",
    "failure": "simulator.failures",
    "nodeAutoscaler": "simulator.node_autoscaling",
    "operation": "simulator.operations",
    "plugin": "simulator.scheduling.plugins",
    "balancing": "simulator.traffic.balancing",
    "routing": "simulator.traffic.routing",
}
_REGISTERED: dict[str, dict[str, type]] = {kind: {} for kind in _FOLDERS}

T = TypeVar("T", bound=type)


class UnknownName(ValueError):
    """A name under which nothing is registered; the message lists the names there are."""


def register(kind: str, name: str) -> Callable[[T], T]:
    """Class decorator: makes the dataclass usable under `name`. A name that is taken is an error."""

    def add(policy: T) -> T:
        taken = _REGISTERED[kind].get(name)
        if taken is not None and taken.__qualname__ != policy.__qualname__:
            raise ValueError(f"{kind} {name!r} is registered twice: {taken.__module__} and {policy.__module__}")
        _REGISTERED[kind][name] = policy
        return policy

    return add


@functools.cache
def discover(kind: str) -> None:
    """Imports every module of the folder where policies of this kind live; once a process."""
    import_files(_FOLDERS[kind])


def classes(kind: str) -> dict[str, type]:
    """All registered policies of this kind, by name, sorted."""
    discover(kind)
    return dict(sorted(_REGISTERED[kind].items()))


def find(kind: str, name: str) -> type:
    """The policy registered under `name`; raises UnknownName with a suggestion."""
    known = classes(kind)
    if name in known:
        return known[name]
    raise UnknownName(
        f"unknown {kind} {name!r}; expected one of {', '.join(map(repr, known))}{did_you_mean(name, known)}"
    )

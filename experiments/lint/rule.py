"""Rules: each looks at an application for one smell. A rule's file, in experiments/lint/rules, is all that it takes."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from experiments.lint.application import Application
from experiments.lint.finding import Severity
from experiments.lint.patch import Patch
from models.discovery import import_files
from models.input.problems import Location, Path
from models.manifests import Manifest


class Smell(NamedTuple):
    """What a rule found: where, in an object, and what is to be done about it there."""

    manifest: Manifest
    path: Path
    message: str
    mend: str
    patch: Patch | None = None
    severity: Severity | None = None
    """None: that of its rule."""
    location: Location | None = None
    """None: that of the path."""


Check = Callable[[Application], Iterator[Smell]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A smell to look for."""

    name: str
    severity: Severity
    effect: str
    """What the smell does to availability."""
    check: Check
    needs_cluster: bool
    """It is about nodes: without any it is not judged."""

    @property
    def about(self) -> str:
        """What it finds and when it does not, with sources: the docstring."""
        return inspect.getdoc(self.check) or ""

    @property
    def summary(self) -> str:
        """What it finds, in a sentence."""
        return self.about.partition("\n")[0]


_RULES: dict[str, Rule] = {}


def rule(name: str, severity: Severity, *, effect: str, needs_cluster: bool = False) -> Callable[[Check], Check]:
    """Decorator of a function that looks for a smell; its docstring says what it finds."""

    def add(check: Check) -> Check:
        if name in _RULES:
            raise ValueError(f"there are two rules {name!r}")
        _RULES[name] = Rule(name, severity, effect, check, needs_cluster)
        return check

    return add


@cache
def rules() -> Mapping[str, Rule]:
    """All rules, by name; imports their files, once a process."""
    import_files("experiments.lint.rules")
    return dict(sorted(_RULES.items()))

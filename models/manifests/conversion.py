"""Converters: what makes a value of `models` out of an object as it is written, by kind."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import ClassVar

from models.behaviour import Behaviour
from models.discovery import import_files
from models.limit_range import LimitRange
from models.manifests.manifest import Field
from models.manifests.objects import Objects
from models.namespace import Namespace
from models.priority import PriorityClass
from models.rollout import AnalysisTemplate
from models.runtime_class import RuntimeClass


@dataclass(frozen=True, slots=True)
class Admission:
    """What the API server's admission plug-ins know when they fill in a pod."""

    priority_classes: dict[str, PriorityClass]
    behaviour: Behaviour
    """Says how long things take: the tolerations that are added, and hooks."""
    objects: Objects = field(default_factory=Objects)
    """What pods may refer to."""
    runtime_classes: Mapping[str, RuntimeClass] = field(default_factory=dict)
    limit_ranges: Mapping[str, Sequence[LimitRange]] = field(default_factory=dict)
    """By namespace, in the order of their names."""

    analyses: Mapping[tuple[str, str], AnalysisTemplate] = field(default_factory=dict)
    """What Rollouts may refer to, by namespace and name; that of the whole cluster have none."""
    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    """Those that are given, by name."""

    KINDS: ClassVar = {"AnalysisTemplate", "ClusterAnalysisTemplate", "LimitRange", "PriorityClass", "RuntimeClass"}
    """Those whose objects admission works into the pods."""
    FIRST: ClassVar = {*KINDS, "Namespace"}
    """Those that it has to know."""

    def with_objects(self, made: Collection[object]) -> "Admission":
        """It, knowing these objects as well."""
        classes = {one.name: one for one in made if isinstance(one, PriorityClass)}
        runtimes = {one.name: one for one in made if isinstance(one, RuntimeClass)}
        ranges: dict[str, list[LimitRange]] = {}
        for limit_range in sorted((one for one in made if isinstance(one, LimitRange)), key=lambda one: one.name):
            ranges.setdefault(limit_range.namespace, []).append(limit_range)
        return replace(
            self,
            priority_classes=classes,
            runtime_classes=runtimes,
            limit_ranges=ranges,
            analyses={(one.namespace, one.name): one for one in made if isinstance(one, AnalysisTemplate)},
            namespaces={one.name: one for one in made if isinstance(one, Namespace)},
        )

    @property
    def default_class(self) -> PriorityClass | None:
        """The class of pods that name none: of several with globalDefault, the one with the lowest value."""
        defaults = [c for c in self.priority_classes.values() if c.global_default]
        return min(defaults, key=lambda c: (c.value, c.name), default=None)


Converter = Callable[[Field, Admission], object]
"""Makes the value of an object."""

_CONVERTERS: dict[str, Converter] = {}


def converts(*kinds: str) -> Callable[[Converter], Converter]:
    """Decorator of the converter of these kinds. Its file, in this package, is all that it takes."""

    def add(converter: Converter) -> Converter:
        _CONVERTERS.update(dict.fromkeys(kinds, converter))
        return converter

    return add


@cache
def converters() -> Mapping[str, Converter]:
    """All converters, by kind; imports the files of this package, once a process."""
    import_files(__name__.rpartition(".")[0])
    return _CONVERTERS

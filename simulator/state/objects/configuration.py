"""ConfigMaps and Secrets that change during a run."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from models.configuration import Configuration, Content
from simulator.log import Kind
from simulator.state.objects.record import MakeWorkload, record_of


@record_of(Configuration)
class ConfigurationState:
    """A ConfigMap or Secret as the API server has it; who holds which content is its kubelets' business."""

    GENERATION: ClassVar = Kind.CONFIGURATION_GENERATION
    STATUS: ClassVar[Mapping[Kind, str]] = {}
    __slots__ = ("generation", "index", "spec")

    def __init__(self, index: int, spec: Configuration) -> None:
        self.index = index
        self.spec = spec
        self.generation = 1

    @classmethod
    def made(cls, index: int, spec: Configuration, make_workload: MakeWorkload) -> "ConfigurationState":
        """A new ConfigMap or Secret."""
        return cls(index, spec)

    @property
    def content(self) -> Content:
        """What is in it now."""
        return self.spec.content

    def renew(self, spec: Configuration, cause: int) -> Iterator[tuple[Kind, int, int]]:
        """Another content."""
        self.spec = spec
        yield from ()

"""What a manifest cannot say, in an experiment file: how long things take, and exceptions for some workloads."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field

from experiments.file.described import DescribedModel, file_model, partial_model
from experiments.file.fields import FileModel, Labels
from experiments.file.presets import FromPreset
from models.behaviour import BehaviourOverride, PodBehaviour
from models.labels import parse_selector
from models.timing import Timing

if TYPE_CHECKING:  # what the generated models below look like

    class _Defaulted(DescribedModel):
        def __init__(self) -> None: ...

    class _Changes(FileModel): ...

    PodBehaviourFile: TypeAlias = _Defaulted
    TimingFile: TypeAlias = _Defaulted
    PodBehaviourChanges: TypeAlias = _Changes
    TimingChanges: TypeAlias = _Changes
else:
    PodBehaviourFile, TimingFile = file_model(PodBehaviour), file_model(Timing)
    PodBehaviourChanges, TimingChanges = partial_model(PodBehaviour), partial_model(Timing)


class MatchFile(FileModel):
    """Which workloads an override is for; every condition that is given must hold."""

    kind: str | None = None
    """Their kind: `Deployment`."""
    name: str | None = None
    """Only the one of this name."""
    namespace: str | None = None
    """Only those in this namespace."""
    labels: Labels | None = None
    """A selector on the pods' labels."""


class OverrideFile(PodBehaviourChanges):
    """Another behaviour for the pods of some workloads; what is not given stays. The last match wins."""

    match: MatchFile
    """Which workloads."""

    def value(self, behaviour: PodBehaviour) -> BehaviourOverride:
        """Says that this is their behaviour."""
        match, labels = self.match, self.match.labels
        selector = None if labels is None else parse_selector(labels)
        return BehaviourOverride(behaviour, match.kind, match.name, match.namespace, selector)


class BehaviourFile(PodBehaviourFile):
    """What a manifest cannot say: how long things take. The defaults are round figures, not measurements."""

    timing: Annotated[TimingFile, FromPreset()] = Field(default_factory=TimingFile)
    """Time constants of the control plane (`kubenines explain timing`); also `{preset: NAME}` and what differs."""
    overrides: list[OverrideFile] = Field(default=[])
    """Exceptions for some workloads."""


class BehaviourChanges(PodBehaviourChanges):
    """What a policy changes in the behaviour; what is not given stays, overrides are added."""

    timing: Annotated[TimingChanges, FromPreset()] | None = None
    """Other time constants of the control plane; also `{preset: NAME}` and what differs."""
    overrides: list[OverrideFile] = Field(default=[])
    """Further exceptions for some workloads."""

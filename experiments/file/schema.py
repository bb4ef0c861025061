"""The Experiment file, field by field. pydantic, for the file only: `resolve.py` makes values of it."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, Strict, WithJsonSchema, model_validator

from experiments.design.plan import Method
from experiments.file.behaviour import BehaviourChanges, BehaviourFile
from experiments.file.change import ChangeFile, or_change
from experiments.file.cluster import ClusterFile
from experiments.file.described import DescribedModel, registered_model
from experiments.file.fields import Duration, FileModel, Name, PartialPercentage, PositiveDuration
from experiments.file.load import LoadFile
from experiments.file.objective import ObjectiveFile
from experiments.file.patch import PatchFile, ShortForms
from experiments.file.people import PeopleFile
from experiments.file.presets import FromPreset
from experiments.file.search import SearchFile
from experiments.file.service import ServiceFile
from experiments.file.sweep import AxisFile, SweepFile
from experiments.file.traffic import CallFile, TrafficFile
from models.input.problems import shown
from models.reference import References

MOST_REPLICATIONS = 1_000_000
"""Replications that one policy may have: each is a table row and some kilobytes."""

if TYPE_CHECKING:  # what the generated models below look like

    class _Named(DescribedModel):
        name: str

    ControlPlaneFile: TypeAlias = DescribedModel
    FailureFile: TypeAlias = _Named
    NodeAutoscalerFile: TypeAlias = DescribedModel
    OperationFile: TypeAlias = _Named
    FailureOrChange: TypeAlias = _Named | ChangeFile
    OperationOrChange: TypeAlias = _Named | ChangeFile
else:
    FailureFile, OperationFile = registered_model("failure"), registered_model("operation")
    ControlPlaneFile = registered_model("controlPlane")
    NodeAutoscalerFile = registered_model("nodeAutoscaler")
    FailureOrChange = or_change(Annotated[FailureFile, FromPreset()])
    OperationOrChange = or_change(OperationFile)


# --------------------------------------------------------------------------------------------------------- policies


def _file_or_object(value: object) -> object:
    if not isinstance(value, str | dict):
        raise ValueError(f"expected a file or a Kubernetes object (got {shown(value)})")
    return value


class SchedulerFile(FileModel):
    """The scheduler's profile: Kubernetes' default, but for what is given here."""

    disabled: list[str] = Field(default=[])
    """Plugins that are off: `[PodTopologySpread]`."""
    score: dict[str, Annotated[int, Field(ge=0, le=100)]] = Field(default={})
    """Other weights of score plugins, or further plugins: `{NodeResourcesFit: 5}`; 0 is off."""
    arguments: dict[str, dict[str, Any]] = Field(default={})
    """Per plugin, as a KubeSchedulerConfiguration writes them, or in short:
    `{NodeResourcesFit: {scoringStrategy: MostAllocated, resources: {cpu: 1, memory: 1}}}`."""
    percentage_of_nodes_to_score: Annotated[int, Field(ge=0, le=100)] = 0
    """After what share of feasible nodes the search stops, from 100 nodes on; 0 is Kubernetes' own rule."""
    ties: Literal["random", "first"] = "random"
    """Which of the best nodes is taken."""


class PolicyFile(ShortForms):
    """One way to run the application: patches over manifests that stay as they are.

    `replicas`, `spread` and `budget` are for every Deployment; `patches` come after them, and may say the same of some.
    """

    name: Name
    """What tables and other policies call it."""
    extends: list[str] = Field(default=[])
    """Policies whose changes come first, in this order."""
    patches: list[PatchFile] = Field(default=[])
    """Changes to objects of the manifests."""
    add: list[
        Annotated[
            Any, BeforeValidator(_file_or_object), WithJsonSchema({"type": ["string", "object"], "title": "Manifest"})
        ]
    ] = Field(default=[])
    """Further manifests: files relative to this file, or objects written here."""
    behaviour: BehaviourChanges | None = None
    """What else is different."""
    scheduler: SchedulerFile | None = None
    """Another scheduler profile, instead of the experiment's."""
    node_autoscaler: NodeAutoscalerFile | None = None
    """What adds and takes away nodes, instead of the experiment's."""
    control_plane: ControlPlaneFile | None = None
    """What runs the containers, instead of the experiment's: `{type: swarm}`."""
    failures: list[FailureOrChange] = Field(default=[])
    """Further failure modes; those with a name that is taken replace it. Without a `type`, a change of one that stands:
    `{name: node-crash, timeToFailure: {factor: 0.5}}`, `{name: node-crash, remove: true}`."""
    operations: list[OperationOrChange] = Field(default=[])
    """Further operations; those with a name that is taken replace it. Without a `type`, a change of one that stands:
    `{name: release, every: 14d}`, `{name: release, remove: true}`."""
    people: PeopleFile | None = None
    """Further crews and responses; those with a name that is taken replace it."""
    traffic: list[TrafficFile] = Field(default=[])
    """Other traffic for these Services, instead of the experiment's."""


class PrecisionFile(FileModel):
    """Replicate until the intervals are narrow enough."""

    relative: PartialPercentage
    """Half-width of the interval of the unavailability, relative to it."""
    confidence: PartialPercentage | None = None
    """Confidence of all intervals (95%)."""
    at_most: Annotated[int, Field(ge=2, le=MOST_REPLICATIONS)] = 2000
    """Replications after which to stop in any case."""
    method: Method = "auto"
    """plain: outages are counted as they come. rare: degraded periods are begun on purpose, followed under tilted
    failure clocks, and weighed, so that outages are seen that come once in a million years. auto: rare for what so many
    plain replications would leave too wide, if a pilot says that it takes less."""


class ImagesFile(FileModel):
    """What is known of the images that containers name."""

    missing: list[str]
    """Images that do not exist, as containers write them, or patterns with * and ?: a container of such an image never
    starts (ErrImagePull, ImagePullBackOff)."""


# ------------------------------------------------------------------------------------------------------- experiment


class SpecFile(FileModel):
    """What is run."""

    duration: PositiveDuration
    """Simulated time that is measured, per replication."""
    warmup: Duration = 0.0
    """Simulated time before measuring starts. Jobs that no CronJob makes begin with it, and their one run counts."""
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    """Seed of all randomness; the same seed gives the same results, byte for byte."""
    replications: Annotated[int, Field(ge=1, le=MOST_REPLICATIONS)] | None = None
    """Runs per policy (100 if there is no `precision` either)."""
    precision: PrecisionFile | None = None
    """Or: replicate until the intervals are narrow enough."""
    confidence: PartialPercentage | None = None
    """Confidence of all intervals (95%)."""
    cluster: ClusterFile
    """The nodes."""
    manifests: list[str]
    """The application: files or directories of Kubernetes manifests, relative to this file."""
    references: Annotated[References, Strict(False)] = References.ASSUMED
    """What holds of ConfigMaps, Secrets, ServiceAccounts, claims and classes that pods refer to and that are not among
    the manifests: they are `assumed` to be there, and named; or `strict`: they are not there, and pods wait for them or
    are refused, as in Kubernetes."""
    images: ImagesFile | None = None
    """Which images can be pulled; by default all."""
    behaviour: BehaviourFile = Field(default_factory=BehaviourFile)
    """What a manifest cannot say: how long things take."""
    scheduler: SchedulerFile | None = None
    """The scheduler's profile, if it is not the default."""
    node_autoscaler: NodeAutoscalerFile | None = None
    """What adds nodes to the pools, between their `min` and `max`, and takes them away; by default nothing does."""
    control_plane: ControlPlaneFile | None = None
    """What runs the containers; Kubernetes by default."""
    failures: list[Annotated[FailureFile, FromPreset()]] = Field(default=[])
    """What breaks. An item may be `{preset: NAME}` (`kubenines explain presets`) and what differs from it."""
    operations: list[OperationFile] = Field(default=[])
    """What people do."""
    people: PeopleFile | None = None
    """Who mends what breaks, where a failure mode says `timeToRepair: {response: NAME}`, and how many of them there
    are."""
    load: list[LoadFile] = Field(default=[])
    """What users ask for, given by hand: without it, autoscalers measure what `traffic` asks for, or nothing."""
    traffic: list[TrafficFile] = Field(default=[])
    """The requests that Services get, one entry a Service: without it, availability is that of time only."""
    calls: list[CallFile] = Field(default=[])
    """Which Services ask which others to answer a request. Each measured Service that calls others is measured once
    more, with all that it requires, as `<service>+calls`."""
    services: list[ServiceFile] | None = None
    """What is measured; by default every Service that selects pods of a workload or gets traffic, with one ready
    endpoint."""
    policies: list[PolicyFile] = Field(default=[])
    """What is compared; the first is the baseline. By default one, `as-shipped`, without a change."""
    objectives: list[ObjectiveFile] = Field(default=[])
    """What must come out; it decides the exit code."""
    search: SearchFile | None = None
    """What `kubenines search` looks for among the policies, at all points of the sweep if there is one."""
    sweep: SweepFile | None = None
    """Many points instead of one: other values for some places of this file. The file without it is an experiment,
    too."""
    uncertain: list[AxisFile] = Field(default=[])
    """Inputs that one is unsure of, each with the values that it may have, as in a sweep with `mode: sample`. A run has
    what stands in the file; `kubenines sensitivity` tells what each of them does to the answer, and how unsure they
    leave it."""

    @model_validator(mode="after")
    def _agrees(self) -> "SpecFile":
        if self.replications is not None and self.precision is not None:
            raise ValueError("expected 'replications' or 'precision', not both")
        if self.confidence is not None and self.precision is not None and self.precision.confidence is not None:
            raise ValueError("'confidence' is given twice, here and in 'precision'")
        return self


class MetadataFile(FileModel):
    """Names the experiment."""

    name: Name
    """Also the name of the result folder."""


class ExperimentFile(FileModel):
    """An experiment: an application on a cluster, what breaks, and the policies to compare."""

    api_version: Literal["kubenines/v1"]
    """The version of this format."""
    kind: Literal["Experiment"]
    """That this is an experiment."""
    metadata: MetadataFile
    """What it is called."""
    spec: SpecFile
    """What is run."""

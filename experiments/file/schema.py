"""The Experiment file, field by field. pydantic, for the file only: `design.py` makes values of it."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from experiments.file.described import DescribedModel, file_model, partial_model, registered_model
from experiments.file.fields import (
    Amount,
    Cpu,
    Duration,
    FileModel,
    Labels,
    PartialPercentage,
    Percentage,
    PositiveDuration,
)
from experiments.file.objective import ObjectiveFile
from experiments.file.presets import FromPreset
from experiments.file.traffic import CallFile, TrafficFile
from models.behaviour import PodBehaviour
from models.input.problems import shown
from models.load import Load
from models.timing import Timing

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?$", max_length=100)]
Count = Annotated[int, Field(ge=1)]
MOST_REPLICATIONS = 1_000_000
"""Of a policy: a table row and some kilobytes each."""


if TYPE_CHECKING:  # what the generated models below look like

    class _Named(DescribedModel):
        name: str

    class _Defaulted(DescribedModel):
        def __init__(self) -> None: ...

    class _Changes(FileModel): ...

    FailureFile: TypeAlias = _Named
    OperationFile: TypeAlias = _Named
    PodBehaviourFile: TypeAlias = _Defaulted
    TimingFile: TypeAlias = _Defaulted
    PodBehaviourChanges: TypeAlias = _Changes
    TimingChanges: TypeAlias = _Changes
else:
    FailureFile, OperationFile = registered_model("failure"), registered_model("operation")
    PodBehaviourFile, TimingFile = file_model(PodBehaviour), file_model(Timing)
    PodBehaviourChanges, TimingChanges = partial_model(PodBehaviour), partial_model(Timing)


# --------------------------------------------------------------------------------------------------------- cluster


def _resource_name(name: object) -> object:
    if not isinstance(name, str) or not ("/" in name or name == "ephemeral-storage" or name.startswith("hugepages-")):
        raise ValueError("unknown resource; expected cpu, memory, pods, or a name like nvidia.com/gpu")
    return name


ResourceName = Annotated[str, BeforeValidator(_resource_name)]


class AllocatableFile(FileModel, extra="allow"):
    """What pods may request on a node; extended resources by their name, e.g. `nvidia.com/gpu: 1`."""

    __pydantic_extra__: dict[ResourceName, Amount]
    cpu: Cpu
    """CPUs or millicores."""
    memory: Amount
    """Bytes."""
    pods: Count = 110
    """How many pods fit (the kubelet's maxPods)."""


class TaintFile(FileModel):
    """A taint, as in a Node's spec."""

    key: str
    value: str = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class PoolFile(FileModel):
    """Nodes that are all alike, called `<name>-1`, `<name>-2`, ..., with the label `pool: <name>`."""

    name: Name
    count: Count
    """How many nodes."""
    zones: list[str] = Field(default=[])
    """Zones over which the nodes are dealt in turn (label `topology.kubernetes.io/zone`)."""
    allocatable: AllocatableFile
    labels: dict[str, str] = Field(default={})
    """Further labels of every node."""
    taints: list[TaintFile] = Field(default=[])


class ClusterFile(FileModel):
    """The nodes: pools, Node manifests, or both."""

    pools: list[PoolFile] = Field(default=[])
    nodes: list[str] = Field(default=[])
    """Files or directories with Node manifests (`kubectl get nodes -o yaml`), relative to this file."""

    @model_validator(mode="after")
    def _has_nodes(self) -> "ClusterFile":
        if not self.pools and not self.nodes:
            raise ValueError("expected 'pools' or 'nodes'")
        return self


# ------------------------------------------------------------------------------------------------------- behaviour


class MatchFile(FileModel):
    """Which workloads an override is for; every condition that is given must hold."""

    kind: str | None = None
    name: str | None = None
    namespace: str | None = None
    labels: Labels | None = None
    """A selector on the pods' labels."""


class OverrideFile(PodBehaviourChanges):
    """Another behaviour for the pods of some workloads; what is not given stays. The last match wins."""

    match: MatchFile


class BehaviourFile(PodBehaviourFile):
    """What a manifest cannot say: how long things take. The defaults are round figures, not measurements."""

    timing: Annotated[TimingFile, FromPreset()] = Field(default_factory=TimingFile)
    """Time constants of the control plane (`kubenines explain timing`); also `{preset: NAME}` and what differs."""
    overrides: list[OverrideFile] = Field(default=[])
    """Exceptions for some workloads."""


class BehaviourChanges(PodBehaviourChanges):
    """What a policy changes in the behaviour; what is not given stays, overrides are added."""

    timing: Annotated[TimingChanges, FromPreset()] | None = None
    overrides: list[OverrideFile] = Field(default=[])


# ------------------------------------------------------------------------------------------------------------ load


class LoadStepFile(FileModel):
    """From this time on, the total is so much."""

    at: Duration
    """Since failures began."""
    total: Cpu
    """Of all ready pods together, which share it evenly: CPUs or millicores, bytes, or a number for other metrics."""


class LoadFile(FileModel):
    """What users ask of a workload over time: what its autoscalers measure."""

    target: str
    """The workload: `Deployment/web`, or `Deployment/shop/web` outside the default namespace."""
    metric: str = "cpu"
    """`cpu`, `memory`, or the name of a metric of the autoscaler."""
    steps: Annotated[list[LoadStepFile], Field(min_length=1)]
    """In order of time; before the first it is as from the first on."""

    def value(self) -> Load:
        """The load itself; raises ValueError if its steps are not in order of time."""
        return Load(self.target, tuple((step.at, float(step.total)) for step in self.steps), self.metric)

    @model_validator(mode="after")
    def _makes_a_value(self) -> "LoadFile":
        self.value()
        return self


# -------------------------------------------------------------------------------------------------------- services


class WhenReadyEndpoints(FileModel):
    """Available while at least so many endpoints answer."""

    when: Literal["readyEndpoints"]
    at_least: Count = 1


class WhenCapacity(FileModel):
    """Available while at least this share of the desired replicas answers."""

    when: Literal["capacity"]
    at_least: Percentage


class WhenQuorum(FileModel):
    """Available while more than half of the desired replicas answer."""

    when: Literal["quorum"]


def _leaves_a_budget(objective: float) -> float:
    if not 0 < objective < 1:
        raise ValueError("expected more than 0% and less than 100%, so that there is an error budget")
    return objective


class SloFile(FileModel):
    """What is promised of a Service: its error budget is reported, and burn-rate alerts on it."""

    objective: Annotated[Percentage, AfterValidator(_leaves_a_budget)]
    """Availability over any period: `99.9%`."""
    period: PositiveDuration = 30 * 86400.0
    """The rolling period over which it holds."""


class ServiceFile(FileModel):
    """A Service whose availability is measured."""

    name: str
    """The Service's name (`namespace/name` if the manifests have more than one namespace)."""
    available: Annotated[WhenReadyEndpoints | WhenCapacity | WhenQuorum, Field(discriminator="when")] = (
        WhenReadyEndpoints(when="readyEndpoints")
    )
    """When it counts as available."""
    slo: SloFile | None = None
    """What is promised of it, if anything is."""


# -------------------------------------------------------------------------------------------------------- policies


class TargetFile(FileModel):
    """Which objects a patch changes; every condition that is given must hold."""

    kind: str
    name: str | None = None
    namespace: str | None = None
    labels: Labels | None = None
    """A selector on the objects' own labels."""


class PatchFile(FileModel):
    """A change to every object that the target matches."""

    target: TargetFile
    set: dict[str, Any] = Field(default={})
    """Path to value: `spec.template.spec.containers[server].resources.requests.cpu: 200m`."""
    merge: dict[str, Any] = Field(default={})
    """A strategic-merge patch."""

    @model_validator(mode="after")
    def _changes_something(self) -> "PatchFile":
        if not self.set and not self.merge:
            raise ValueError("expected 'set' or 'merge'")
        return self


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
    """Per plugin: `{NodeResourcesFit: {scoringStrategy: MostAllocated, resources: {cpu: 1, memory: 1}}}`."""
    percentage_of_nodes_to_score: Annotated[int, Field(ge=0, le=100)] = 0
    """After what share of feasible nodes the search stops, from 100 nodes on; 0 is Kubernetes' own rule."""
    ties: Literal["random", "first"] = "random"
    """Which of the best nodes is taken."""


class PolicyFile(FileModel):
    """One way to run the application: patches over manifests that stay as they are."""

    name: Name
    extends: list[str] = Field(default=[])
    """Policies whose changes come first, in this order."""
    patches: list[PatchFile] = Field(default=[])
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
    failures: list[Annotated[FailureFile, FromPreset()]] = Field(default=[])
    """Further failure modes."""
    operations: list[OperationFile] = Field(default=[])
    """Further operations."""
    traffic: list[TrafficFile] = Field(default=[])
    """Other traffic for these Services, instead of the experiment's."""


class PrecisionFile(FileModel):
    """Replicate until the intervals are narrow enough."""

    relative: PartialPercentage
    """Half-width of the interval of the unavailability, relative to it."""
    confidence: PartialPercentage | None = None
    at_most: Annotated[int, Field(ge=2, le=MOST_REPLICATIONS)] = 2000
    """Replications after which to stop in any case."""


# ------------------------------------------------------------------------------------------------------ experiment


class SpecFile(FileModel):
    """What is run."""

    duration: PositiveDuration
    """Simulated time that is measured, per replication."""
    warmup: Duration = 0.0
    """Simulated time before measuring starts."""
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    """Of all randomness; the same seed gives the same results, byte for byte."""
    replications: Annotated[int, Field(ge=1, le=MOST_REPLICATIONS)] | None = None
    """Runs per policy (100 if there is no `precision` either)."""
    precision: PrecisionFile | None = None
    """Or: replicate until the intervals are narrow enough."""
    confidence: PartialPercentage | None = None
    """Confidence of all intervals (95%)."""
    cluster: ClusterFile
    manifests: list[str]
    """The application: files or directories of Kubernetes manifests, relative to this file."""
    behaviour: BehaviourFile = Field(default_factory=BehaviourFile)
    scheduler: SchedulerFile | None = None
    """The scheduler's profile, if it is not the default."""
    failures: list[Annotated[FailureFile, FromPreset()]] = Field(default=[])
    """What breaks. An item may be `{preset: NAME}` (`kubenines explain presets`) and what differs from it."""
    operations: list[OperationFile] = Field(default=[])
    """What people do."""
    load: list[LoadFile] = Field(default=[])
    """What users ask for: without it, autoscalers measure nothing."""
    traffic: list[TrafficFile] = Field(default=[])
    """The requests that Services get, one entry a Service: without it, availability is that of time only."""
    calls: list[CallFile] = Field(default=[])
    """Which Services ask which others to answer a request. Each measured Service that calls others is measured once
    more, with all that it requires, as `<service>+calls`."""
    services: list[ServiceFile] | None = None
    """What is measured; by default every Service that selects pods of a workload, with one ready endpoint."""
    policies: list[PolicyFile] = Field(default=[])
    """What is compared; the first is the baseline. By default one, `as-shipped`, without a change."""
    objectives: list[ObjectiveFile] = Field(default=[])
    """What must come out; it decides the exit code."""

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
    kind: Literal["Experiment"]
    metadata: MetadataFile
    spec: SpecFile

"""Pods: what a template asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.claim import PersistentVolumeClaim
from models.configuration import ConfigurationReference
from models.labels import LabelSelector, Operator, Requirement, is_canonical_integer
from models.node import Resources, Taint, TaintEffect
from models.reference import Absences
from models.release import Defect

DEFAULT_CPU = 100
DEFAULT_MEMORY = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Toleration:
    """Accepts taints. `key` "" means every key, `effect` None every effect, `value` None the operator Exists.

    With the `operator` GT or LT (feature gate TaintTolerationComparisonOperators) the taint's value has to be a greater
    or a smaller integer than `value`.
    """

    key: str = ""
    value: str | None = None
    effect: TaintEffect | None = None
    seconds: float | None = None
    """tolerationSeconds, for NoExecute only; None: for ever."""
    operator: Operator | None = None
    """GT or LT; None: Equal or Exists, as `value` says."""

    def tolerates(self, taint: Taint) -> bool:
        """Whether it matches the taint (k8s.io/api/core/v1/toleration.go, ToleratesTaint)."""
        return (
            (not self.key or self.key == taint.key)
            and (self.effect is None or self.effect is taint.effect)
            and (self.value is None or self._accepts(taint.value, self.value))
        )

    def _accepts(self, theirs: str, mine: str) -> bool:
        if self.operator is None:
            return theirs == mine
        if not (is_canonical_integer(theirs) and is_canonical_integer(mine)):
            return False
        return int(theirs) > int(mine) if self.operator is Operator.GT else int(theirs) < int(mine)


@dataclass(frozen=True, slots=True)
class Probe:
    """When and how often a container is asked. Times in seconds; defaults are the API server's."""

    initial_delay: float = 0.0
    period: float = 10.0
    timeout: float = 1.0
    success_threshold: int = 1
    failure_threshold: int = 3
    grace_period: float | None = None
    """Liveness and start-up probes: seconds that the container gets to stop, in place of the pod's."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod. Requests have been defaulted from limits, as the API server does."""

    name: str
    image: str = ""
    image_pull_policy: str = "IfNotPresent"
    requests: Resources = Resources()
    limits: Resources = Resources()
    declared: frozenset[str] = frozenset()
    """Resources ("cpu", "memory") with a request of their own; the scheduler's Fit score assumes one for the others."""
    limited: frozenset[str] = frozenset()
    """Resources with a limit of their own."""
    readiness: Probe | None = None
    liveness: Probe | None = None
    startup: Probe | None = None
    pre_stop: float | None = 0.0
    """Seconds that the preStop hook sleeps; None: there is one, and the manifest does not tell how long it takes."""
    post_start: float | None = 0.0
    """The same of the postStart hook."""
    restart_policy: str | None = None
    """Its own policy, in place of the pod's; "Always" makes an init container a sidecar."""
    host_ports: tuple[tuple[int, str, str], ...] = ()
    """(port, protocol, host IP) that it takes on the node."""
    named_ports: frozenset[tuple[str, str]] = frozenset()
    """(name, protocol) of its ports that have a name, by which Services may ask for them."""


@dataclass(frozen=True, slots=True)
class NodeSelectorTerm:
    """All label expressions and field expressions (metadata.name only) must hold; an empty term matches nothing."""

    expressions: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str], name: str) -> bool:
        """Whether a node with these labels and this name is meant."""
        if not self.expressions and not self.fields:
            return False
        return all(e.matches(labels) for e in self.expressions) and all(
            f.matches({"metadata.name": name}) for f in self.fields
        )


@dataclass(frozen=True, slots=True)
class PreferredNode:
    """A node selector term with its weight (1-100)."""

    weight: int
    term: NodeSelectorTerm


@dataclass(frozen=True, slots=True)
class PodAffinityTerm:
    """Pods matching `selector` in `namespaces` (or those that `namespace_selector` picks), by `topology_key`."""

    selector: LabelSelector | None
    topology_key: str
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreferredPodAffinity:
    """A pod affinity term with its weight (1-100)."""

    weight: int
    term: PodAffinityTerm


@dataclass(frozen=True, slots=True)
class Affinity:
    """Where a pod must or would rather be. Required node terms are OR-ed; None: no node requirement."""

    node_required: tuple[NodeSelectorTerm, ...] | None = None
    node_preferred: tuple[PreferredNode, ...] = ()
    pod_required: tuple[PodAffinityTerm, ...] = ()
    pod_preferred: tuple[PreferredPodAffinity, ...] = ()
    pod_anti_required: tuple[PodAffinityTerm, ...] = ()
    pod_anti_preferred: tuple[PreferredPodAffinity, ...] = ()


class WhenUnsatisfiable(StrEnum):
    """Whether a spread constraint is a filter or a score."""

    DO_NOT_SCHEDULE = "DoNotSchedule"
    SCHEDULE_ANYWAY = "ScheduleAnyway"


@dataclass(frozen=True, slots=True)
class TopologySpreadConstraint:
    """How evenly the pods that match `selector` must lie over the domains of `topology_key`."""

    max_skew: int
    topology_key: str
    when_unsatisfiable: WhenUnsatisfiable
    selector: LabelSelector | None = None
    min_domains: int = 1
    honor_node_affinity: bool = True
    honor_node_taints: bool = False
    match_label_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PodResources:
    """What a pod as a whole requests and may use (spec.resources), by resource: cpu, memory, hugepages-<size>.

    A resource that is missing is left to the containers. In the units of `Resources`.
    """

    requests: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)

    @staticmethod
    def is_supported(resource: str) -> bool:
        """Whether a pod as a whole may request it (component-helpers/resource, IsSupportedPodLevelResource)."""
        return resource in ("cpu", "memory") or resource.startswith("hugepages-")


@dataclass(frozen=True, slots=True)
class PodSpec:
    """What the pod asks for. Tolerations include the two of 300 s that admission adds."""

    containers: tuple[Container, ...]
    init_containers: tuple[Container, ...] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict)
    node_name: str | None = None
    affinity: Affinity = Affinity()
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    scheduling_gates: tuple[str, ...] = ()
    """Names of what must be removed before the scheduler looks at the pod."""
    readiness_gates: tuple[str, ...] = ()
    """Conditions that others have to set to True before the pod is Ready."""
    claims: tuple[str, ...] = ()
    """Names of the PersistentVolumeClaims that its volumes are."""
    ephemeral_claims: tuple[PersistentVolumeClaim, ...] = ()
    """Claims that are made for each pod and go with it; named as the volumes are, the pod's name goes before."""
    local_volumes: tuple[str, ...] = ()
    """Names of its volumes that are storage of its node: of a hostPath, or an emptyDir that is not in memory."""
    priority_class_name: str | None = None
    priority: int = 0
    preempts: bool = True
    """preemptionPolicy is not Never."""
    termination_grace_period: float = 30.0
    active_deadline: float | None = None
    """Seconds that the pod may be active, from when its kubelet sees it; then it fails."""
    restart_policy: str = "Always"
    service_account: str = "default"
    host_network: bool = False
    overhead: Resources = Resources()
    resources: PodResources = PodResources()

    def restarts(self, container: Container, failed: bool = True) -> bool:
        """Whether a container that was killed, or `failed`, is started again; if not, whether one that succeeded is."""
        policy = container.restart_policy or self.restart_policy
        return policy != "Never" if failed else policy == "Always"

    def grace_period(self, probe: Probe) -> float:
        """Seconds that a container gets to stop which this start-up or liveness probe has killed.

        Source: pkg/kubelet/kuberuntime (setTerminationGracePeriod).
        """
        return self.termination_grace_period if probe.grace_period is None else probe.grace_period

    @property
    def sidecars(self) -> tuple[Container, ...]:
        """The init containers that run as long as the pod does."""
        return tuple(container for container in self.init_containers if container.restart_policy == "Always")

    @property
    def host_ports(self) -> tuple[tuple[int, str, str], ...]:
        """(port, protocol, host IP) that the pod takes on its node; ordinary init containers take none.

        Source: pkg/scheduler/util (GetHostPorts).
        """
        return tuple(port for container in (*self.sidecars, *self.containers) for port in container.host_ports)

    @property
    def named_ports(self) -> frozenset[tuple[str, str]]:
        """(name, protocol) of the ports by which Services find it (pkg/api/v1/pod, FindPort)."""
        return frozenset(port for container in (*self.containers, *self.sidecars) for port in container.named_ports)

    def allows_node(self, labels: Mapping[str, str], name: str) -> bool:
        """Whether nodeSelector and required node affinity allow a node with these labels and this name.

        Source: k8s.io/component-helpers/scheduling/corev1/nodeaffinity (GetRequiredNodeAffinity).
        """
        required = self.affinity.node_required
        return all(labels.get(key) == value for key, value in self.node_selector.items()) and (
            required is None or any(term.matches(labels, name) for term in required)
        )

    @property
    def scored_requests(self) -> Resources:
        """The effective request that scores go by: a container that requests none has 100m CPU and 200 MiB.

        CPU and memory only, each by itself; worked out from them as `requests` is. The defaults do not count where the
        pod as a whole requests the resource.

        Source: pkg/scheduler/util/pod_resources.go (DefaultMilliCPURequest, DefaultMemoryRequest).
        """
        return Resources(self._effective("cpu", DEFAULT_CPU), self._effective("memory", DEFAULT_MEMORY))

    @property
    def requests(self) -> Resources:
        """The effective request that the scheduler counts (k8s.io/component-helpers/resource/helpers.go).

        Per resource: what the pod as a whole requests, else max(containers + sidecars, each init container + sidecars
        declared before it); plus the overhead.
        """
        names = {"cpu", "memory", *self.overhead.other, *self.resources.requests}
        for container in (*self.containers, *self.init_containers):
            names.update(container.requests.other)
        totals = {name: self._effective(name) for name in sorted(names)}
        return Resources(totals.pop("cpu"), totals.pop("memory"), totals)

    def limit(self, resource: str) -> int:
        """The limit of the pod as a whole, worked out as its request is; 0: none of its containers has one."""
        whole = self.resources.limits.get(resource)
        amount = self._highest(lambda container: container.limits.amount(resource)) if whole is None else whole
        return amount + self.overhead.amount(resource) if amount else 0

    def _effective(self, resource: str, default: int = 0) -> int:
        def request(container: Container) -> int:
            undeclared = default and resource not in container.declared
            return default if undeclared else container.requests.amount(resource)

        whole = self.resources.requests.get(resource)
        return (self._highest(request) if whole is None else whole) + self.overhead.amount(resource)

    def _highest(self, amount: Callable[[Container], int]) -> int:
        """Of the sums over the containers that run at one time, the highest."""
        sidecars = peak = 0
        for container in self.init_containers:
            if container.restart_policy == "Always":
                sidecars += amount(container)
                peak = max(peak, sidecars)
            else:
                peak = max(peak, sidecars + amount(container))
        return max(sum(map(amount, self.containers)) + sidecars, peak)


DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
"""The annotation that says what it costs to delete a pod."""


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """Labels, annotations and spec of the pods that a workload makes."""

    spec: PodSpec
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    deletion_cost: int = 0
    """Of its ReplicaSet's pods those of lower cost go first."""
    digest: str = ""
    """Of everything that its manifest says, modelled or not: another digest is another template."""
    absences: Absences = field(default_factory=Absences)
    """What is not there of that which they refer to."""
    configuration: tuple[ConfigurationReference, ...] = ()
    """The ConfigMaps and Secrets that they read."""
    defect: Defect | None = None
    """What is wrong with them that no manifest says: they are of a bad release."""

    @property
    def is_static(self) -> bool:
        """Whether it is the API's copy of a static pod, which its kubelet runs whatever becomes of the copy."""
        return "kubernetes.io/config.mirror" in self.annotations


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of its own, without a controller: once gone, nobody makes it again."""

    name: str
    template: PodTemplate
    namespace: str = "default"

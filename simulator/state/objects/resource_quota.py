"""ResourceQuotas."""

from collections import Counter
from collections.abc import Mapping
from typing import ClassVar

from models.quota import OBJECTS, ResourceQuota, missing, usage
from models.units import format_cpu, format_memory
from simulator.log import Kind
from simulator.state.objects.pod import PodClass, PodState
from simulator.state.objects.record import MakeWorkload, record_of


@record_of(ResourceQuota)
class QuotaState:
    """A ResourceQuota: its spec, and what pods are charged."""

    GENERATION: ClassVar = Kind.QUOTA_GENERATION
    STATUS: ClassVar[Mapping[Kind, str]] = {Kind.QUOTA_CHARGED: "charged"}
    __slots__ = ("_asked", "_charges", "charged", "charges", "generation", "index", "spec", "used")

    def __init__(self, index: int, spec: ResourceQuota) -> None:
        self.index = index
        self.spec = spec
        self.generation = 1
        self.charged = 0
        """How many charges there are: one for each pod and resource."""
        self.charges = 0
        """How many there are now; `charged` is what was told of them last."""
        self.used: Counter[str] = Counter()
        """status.used."""
        self._charges: dict[int, Mapping[str, int]] = {}
        """By uid of a pod, what it is charged."""
        self._asked: dict[PodClass, Mapping[str, int]] = {}

    @classmethod
    def made(cls, index: int, spec: ResourceQuota, make_workload: MakeWorkload) -> "QuotaState":
        """A new quota, of which nothing is used yet."""
        return cls(index, spec)

    def renew(self, spec: ResourceQuota, cause: int) -> tuple[()]:
        """Its controller counts anew."""
        self.spec = spec
        self.charges = 0
        self.used.clear()
        self._charges.clear()
        self._asked.clear()
        return ()

    def asked_by(self, pod_class: PodClass) -> Mapping[str, int]:
        """What a pod of this class is charged of its resources; {}: it does not count."""
        asked = self._asked.get(pod_class)
        if asked is None:
            spec, asked = pod_class.spec, {}
            if self.spec.namespace == pod_class.namespace and self.spec.covers(spec):
                asked = {name: amount for name, amount in usage(spec).items() if name in self.spec.hard}
            self._asked[pod_class] = asked
        return asked

    def charge(self, pod: PodState, amounts: Mapping[str, int]) -> bool:
        """From now on the pod is charged this; says whether anything changed."""
        before = self._charges.pop(pod.uid, {})
        if amounts:
            self._charges[pod.uid] = amounts
        self.used.update(amounts)
        self.used.subtract(before)
        self.charges += len(amounts) - len(before)
        return amounts != before

    def remaining(self, pod: PodState) -> Mapping[str, int]:
        """What a pod is charged whose containers are over: its object alone."""
        return {name: amount for name, amount in self._charges.get(pod.uid, {}).items() if name == OBJECTS}

    def refusal(self, pod_class: PodClass) -> str:
        """Why no pod of this class can be made, in Kubernetes' words, or ""."""
        hard = self.spec.hard
        if self.spec.namespace != pod_class.namespace or not self.spec.covers(pod_class.spec):
            return ""
        if unset := missing(pod_class.spec, hard):
            listed = "; ".join(f"{name} for: {','.join(containers)}" for name, containers in unset.items())
            return f"failed quota: {self.spec.name}: must specify {listed}"
        asked = self.asked_by(pod_class)
        over = sorted(name for name, amount in asked.items() if self.used[name] + amount > hard[name])
        if not over:
            return ""
        parts = (("requested", asked), ("used", self.used), ("limited", hard))
        said = [f"{what}: {','.join(f'{name}={_shown(name, of[name])}' for name in over)}" for what, of in parts]
        return f"exceeded quota: {self.spec.name}, {', '.join(said)}"


def _shown(resource: str, amount: int) -> str:
    if resource.endswith("cpu"):
        return format_cpu(amount)
    return format_memory(amount) if resource.endswith(("memory", "storage")) else str(amount)

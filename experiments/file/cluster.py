"""The nodes in an experiment file: pools, Node manifests, or both."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from experiments.file.fields import Amount, Count, Cpu, FileModel, LabelKey, LabelValue, Name, Number
from experiments.file.laws import AnyLaw
from models.size import too_many_nodes


def _resource_name(name: object) -> object:
    named = ("hugepages-", "attachable-volumes-")
    if not isinstance(name, str) or not ("/" in name or name.startswith(named)):
        raise ValueError(
            "unknown resource; expected cpu, memory, pods, ephemeral-storage, attachable-volumes-csi-DRIVER, or a name "
            "like nvidia.com/gpu"
        )
    return name


ResourceName = Annotated[str, BeforeValidator(_resource_name)]


class AllocatableFile(FileModel, extra="allow"):
    """What pods may request on a node; extended resources by their name, e.g. `nvidia.com/gpu: 1`.

    `attachable-volumes-csi-ebs.csi.aws.com: 25` is how many volumes of a CSI driver can be attached to it.
    """

    __pydantic_extra__: dict[ResourceName, Amount]
    cpu: Cpu
    """CPUs or millicores."""
    memory: Amount
    """Bytes."""
    pods: Count = 110
    """How many pods fit (the kubelet's maxPods)."""
    ephemeral_storage: Annotated[Amount, Field(alias="ephemeral-storage")] = 100 * 2**30
    """Bytes of its disk that pods may request; every kubelet reports some. By default a disk of 100 GiB, all of it."""


class TaintFile(FileModel):
    """A taint, as in a Node's spec."""

    key: LabelKey
    """The key that tolerations name."""
    value: LabelValue = ""
    """The value that tolerations with the operator Equal name."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
    """What happens to pods that do not tolerate it."""


def _possible(count: int) -> int:
    if wrong := too_many_nodes(count):
        raise ValueError(wrong)
    return count


class PoolFile(FileModel):
    """Nodes that are all alike, called `<name>-1`, `<name>-2`, ..., with the label `pool: <name>`.

    They have the labels that every kubelet sets, `kubernetes.io/hostname`, `kubernetes.io/os: linux` and
    `kubernetes.io/arch: amd64`; `labels` may say otherwise.
    """

    name: Name
    """The beginning of the nodes' names, and their label `pool`."""
    count: Annotated[Count, AfterValidator(_possible)]
    """How many nodes; with an autoscaler, at the start."""
    min: Annotated[Count, AfterValidator(_possible)] | None = None
    """Fewer are never left by the autoscaler of `nodeAutoscaler`; `count` by default."""
    max: Annotated[Count, AfterValidator(_possible)] | None = None
    """More are never asked for by the autoscaler; `count` by default."""
    price: Number | None = None
    """Of one node for one hour, in whatever money: the results tell what the nodes cost."""
    provisioning: AnyLaw | None = None
    """From the request for a node to its being Ready: machine, boot, joining. By default lognormal with a median of 1m
    and a p95 of 2m, which is our choice: 30-120 s are usual in clouds today."""
    zones: list[LabelValue] = Field(default=[])
    """Zones over which the nodes are dealt in turn (label `topology.kubernetes.io/zone`)."""
    allocatable: AllocatableFile
    """What pods may request on each node."""
    labels: dict[LabelKey, LabelValue] = Field(default={})
    """Further labels of every node."""
    taints: list[TaintFile] = Field(default=[])
    """Taints of every node."""

    @model_validator(mode="after")
    def _has_room(self) -> "PoolFile":
        least = self.count if self.min is None else self.min
        most = self.count if self.max is None else self.max
        if not least <= self.count <= most:
            raise ValueError(f"expected min <= count <= max (got {least}, {self.count} and {most})")
        return self


class ClusterFile(FileModel):
    """The nodes: pools, Node manifests, or both."""

    pools: list[PoolFile] = Field(default=[])
    """Nodes that are described here."""
    nodes: list[str] = Field(default=[])
    """Files or directories with Node manifests (`kubectl get nodes -o yaml`), relative to this file."""

    @model_validator(mode="after")
    def _has_nodes(self) -> "ClusterFile":
        if not self.pools and not self.nodes:
            raise ValueError("expected 'pools' or 'nodes'")
        return self

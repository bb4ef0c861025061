"""Node pools made of the nodes of a live cluster: nodes that are alike are one pool.

Alike are nodes of the same labels, taints and resources, memory and disk within 2 %: machines of one type differ by
some kilobytes. Labels that only name a single machine do not count, unless a manifest asks for them.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from experiments.live.sorting import items, part
from models.input.problems import InputError, Problem, shown
from models.manifests.manifest import Manifest
from models.node import ARCH_LABEL, HOSTNAME_LABEL, OS_LABEL, ZONE_LABEL, volume_limit
from models.node_pool import POOL_LABEL
from models.units import format_cpu, format_memory, parse_amount, parse_cpu

ALIKE = 0.02
"""By how much memory and disk of nodes that are alike may differ."""
DISK = 100 * 2**30
"""What a pool has of ephemeral storage where nothing is said."""
NAMES = (
    POOL_LABEL,
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "karpenter.sh/nodepool",
    "karpenter.sh/provisioner-name",
    "doks.digitalocean.com/node-pool",
)
"""Labels by which providers name pools."""
ROLE = "node-role.kubernetes.io/"
TYPE = "node.kubernetes.io/instance-type"
SPOT = {
    ("eks.amazonaws.com/capacityType", "SPOT"),
    ("karpenter.sh/capacity-type", "spot"),
    ("cloud.google.com/gke-spot", "true"),
    ("cloud.google.com/gke-preemptible", "true"),
    ("kubernetes.azure.com/scalesetpriority", "spot"),
}
"""Labels of machines that the provider may take back."""
_OF_THE_MOMENT = re.compile(
    r"node\.kubernetes\.io/.*|node\.cloudprovider\.kubernetes\.io/.*|ToBeDeletedByClusterAutoscaler"
    r"|DeletionCandidateOfClusterAutoscaler|karpenter\.sh/(disrupted|disruption|unregistered)"
)
"""Taints that say what state a node is in, and go when that is over."""
_OLD_NAMES = re.compile(r"beta\.kubernetes\.io/(os|arch|instance-type)|failure-domain\.beta\.kubernetes\.io/.*")
"""Labels that say again, under the name of former times, what another label says."""


@dataclass(frozen=True)
class Machine:
    """What is known of a node."""

    name: str
    zone: str
    labels: Mapping[str, str]
    taints: tuple[tuple[str, str, str], ...]
    """(key, value, effect) of those that stay."""
    cpu: int
    memory: int
    pods: int
    disk: int
    others: Mapping[str, int]
    cordoned: bool = False
    ready: bool = True

    def is_like(self, other: "Machine") -> bool:
        """Whether a pool could have both, wherever they are."""
        return (self.labels, self.taints, self.cpu, self.pods, self.others) == (
            *(other.labels, other.taints, other.cpu, other.pods, other.others),
        ) and all(abs(a - b) <= ALIKE * max(a, b) for a, b in ((self.memory, other.memory), (self.disk, other.disk)))


@dataclass
class Pool:
    """Machines that are alike, and how an experiment file says it."""

    name: str
    machines: list[Machine]
    zones: list[str] = field(default_factory=list)

    @property
    def is_spot(self) -> bool:
        """Whether the provider may take its machines back."""
        return not SPOT.isdisjoint(self.machines[0].labels.items())

    def written(self) -> dict[str, Any]:
        """The pool as a file has it: of what differs, the least."""
        one = self.machines[0]
        labels = {k: v for k, v in one.labels.items() if (k, v) not in ((OS_LABEL, "linux"), (ARCH_LABEL, "amd64"))}
        if labels.get(POOL_LABEL) == self.name:
            del labels[POOL_LABEL]
        disk = min(each.disk for each in self.machines)
        allocatable = {
            "cpu": format_cpu(one.cpu),
            "memory": format_memory(min(each.memory for each in self.machines)),
            **({"pods": one.pods} if one.pods != 110 else {}),
            **({"ephemeral-storage": format_memory(disk)} if disk != DISK else {}),
            **{name: amount if amount < 2**20 else format_memory(amount) for name, amount in one.others.items()},
        }
        taints = [
            {"key": key, **({"value": value} if value else {}), "effect": effect} for key, value, effect in one.taints
        ]
        return {
            "name": self.name,
            "count": len(self.machines),
            **({"zones": self.zones} if self.zones else {}),
            "allocatable": allocatable,
            **({"labels": labels} if labels else {}),
            **({"taints": taints} if taints else {}),
        }


def pools(machines: Iterable[Machine], asked: Collection[str]) -> list[Pool]:
    """The pools of the machines, in the order of their first ones; `asked`: labels that manifests ask for."""
    given = list(machines)
    single = _names_of_single_machines(given, asked)
    groups: list[list[Machine]] = []
    for machine in (_without(machine, single) for machine in given):
        group = next((one for one in groups if one[0].is_like(machine)), None)
        if group is None:
            groups.append([machine])
        else:
            group.append(machine)
    found: list[Pool] = []
    for group in groups:
        for zones, members in _by_zones(group):
            found.append(Pool(_name(members, {pool.name for pool in found}), members, zones))
    return found


def _by_zones(group: list[Machine]) -> list[tuple[list[str], list[Machine]]]:
    """(zones, machines): all together if they can be dealt over the zones in turn, else each zone for itself."""
    counts = Counter(machine.zone for machine in group)
    ordered = sorted(counts, key=lambda zone: (-counts[zone], zone))
    if max(counts.values()) - min(counts.values()) <= 1 and (len(counts) == 1 or "" not in counts):
        return [([zone for zone in ordered if zone], group)]
    return [([zone] if zone else [], [machine for machine in group if machine.zone == zone]) for zone in sorted(counts)]


def _names_of_single_machines(machines: Sequence[Machine], asked: Collection[str]) -> set[str]:
    """Labels that nobody asks for and that say no more than which machine it is, where it is, or the same again."""
    values: dict[str, list[tuple[str, str]]] = {}
    for machine in machines:
        for key, value in machine.labels.items():
            values.setdefault(key, []).append((value, machine.zone))
    found = set()
    for key, pairs in values.items():
        distinct = len({value for value, _ in pairs}) == len(pairs) > 2
        again = all(value == zone for value, zone in pairs) or _OLD_NAMES.fullmatch(key) is not None
        kept = key in asked or key in NAMES or key == TYPE or key.startswith(ROLE)
        if (distinct or again) and not kept:
            found.add(key)
    return found


def _without(machine: Machine, single: set[str]) -> Machine:
    return replace(machine, labels={key: value for key, value in machine.labels.items() if key not in single})


def _name(members: Sequence[Machine], taken: Collection[str]) -> str:
    """As the provider calls the pool; else by role, by type, or as the machines are called."""
    labels = members[0].labels
    roles = [key.removeprefix(ROLE) for key in labels if key.startswith(ROLE) and key != ROLE]
    called = [*(labels[key] for key in NAMES if labels.get(key)), *roles, labels.get(TYPE) or "nodes"]
    name = re.sub(r"[^A-Za-z0-9.-]+|\.", "-", called[0]).strip("-") or "nodes"
    if name in taken and members[0].zone and f"{name}-{members[0].zone}" not in taken:
        name = f"{name}-{members[0].zone}"
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def machines(
    nodes: Sequence[Manifest], limits: Iterable[Manifest], bound: Mapping[str, Sequence[Manifest]]
) -> list[Machine]:
    """The machines that Node objects tell of, by name; `bound` pods take their part of each.

    Raises InputError if a node does not say what can be allocated.
    """
    attachable = {limit.name: limit for limit in limits}
    found, problems = list[Machine](), list[Problem]()
    for node in sorted(nodes, key=lambda node: _natural(node.name)):
        try:
            found.append(_machine(node, attachable.get(node.name), bound.get(node.name, ())))
        except ValueError as error:
            problems.append(node.problem(("status", "allocatable"), str(error)))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _natural(name: str) -> list[tuple[int, str]]:
    """By numbers as numbers: node-2 before node-10."""
    return [(int(word), "") if word.isdigit() else (-1, word) for word in re.split(r"([0-9]+)", name)]


def _machine(node: Manifest, limit: Manifest | None, bound: Sequence[Manifest]) -> Machine:
    status, spec = part(node.value, "status"), part(node.value, "spec")
    amounts = dict(part(status, "allocatable") or part(status, "capacity"))
    if not {"cpu", "memory"} <= amounts.keys():
        raise ValueError("expected cpu and memory of the node (`kubectl get nodes -o yaml` has them)")
    taken = [requests_of(pod) for pod in bound]
    labels = {str(k): str(v) for k, v in part(part(node.value, "metadata"), "labels").items()}
    taints = ((str(one.get("key")), str(one.get("value", "")), str(one.get("effect"))) for one in items(spec, "taints"))
    conditions = {str(one.get("type")): one.get("status") for one in items(status, "conditions")}
    cpu, memory = parse_cpu(amounts.pop("cpu")), parse_amount(amounts.pop("memory"))
    pods = parse_amount(amounts.pop("pods", 110))
    disk = parse_amount(amounts.pop("ephemeral-storage", DISK))
    others = {name: parse_amount(amount) for name, amount in amounts.items()}
    others |= _attachable(limit) if limit else {}
    return Machine(
        name=node.name,
        zone=labels.get(ZONE_LABEL) or labels.get("failure-domain.beta.kubernetes.io/zone", ""),
        labels={key: value for key, value in sorted(labels.items()) if key not in (HOSTNAME_LABEL, ZONE_LABEL)},
        taints=tuple(sorted(taint for taint in taints if not _OF_THE_MOMENT.fullmatch(taint[0]))),
        cpu=max(0, cpu - sum(each[0] for each in taken)),
        memory=max(0, memory - sum(each[1] for each in taken)),
        pods=max(1, pods - len(bound)),
        disk=disk,
        others={name: amount for name, amount in sorted(others.items()) if amount},
        cordoned=spec.get("unschedulable") is True,
        ready=conditions.get("Ready", "True") == "True",
    )


def _attachable(limit: Manifest) -> dict[str, int]:
    """How many volumes of each driver the node of a CSINode takes; raises InputError for what is no number."""
    found = {}
    for i, driver in enumerate(items(part(limit.value, "spec"), "drivers")):
        count = part(driver, "allocatable").get("count")
        if count is None:
            continue
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            path = ("spec", "drivers", i, "allocatable", "count")
            raise InputError([limit.problem(path, f"expected a whole number of volumes (got {shown(count)})")])
        found[volume_limit(str(driver.get("name")))] = count
    return found


def requests_of(pod: Manifest) -> tuple[int, int]:
    """(millicores, bytes) that the containers of a pod ask for: their limits where they say no more.

    Raises InputError for what is no quantity.
    """
    resources = [part(one, "resources") for one in items(part(pod.value, "spec"), "containers")]
    asked = [{**part(one, "limits"), **part(one, "requests")} for one in resources]
    try:
        return (
            sum(parse_cpu(one["cpu"]) for one in asked if "cpu" in one),
            sum(parse_amount(one["memory"]) for one in asked if "memory" in one),
        )
    except ValueError as error:
        raise InputError([pod.problem(("spec", "containers"), str(error))]) from None

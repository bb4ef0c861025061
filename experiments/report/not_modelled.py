"""What is not modelled: what an experiment could declare and does not, and what no run of this version contains."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.report.table import Column, Row, Table


@dataclass(frozen=True)
class Absence:
    """Something that happens only where an experiment declares it."""

    what: str
    """In the plural, or a mass noun: "network partitions"."""
    so: str
    """What is true of a run in which nothing of it is declared."""
    by: tuple[str, ...]
    """Types of failure modes and operations, or fields of `spec`; each of them declares it."""


ABSENCES = (
    Absence(
        "crashes of containers",
        "a process ends only with its pod or its node, or if it uses too much memory",
        ("containerCrash", "sandboxCrash"),
    ),
    Absence("grey failures", "what is ready answers right", ("greyFailure", "greyNode")),
    Absence("pods that hang", "what is deleted goes away in time", ("stuckTerminating",)),
    Absence(
        "failures of single nodes",
        "no node stops or restarts by itself",
        ("nodeCrash", "nodeReboot", "nodeBurst", "commonCause", "outageLog"),
    ),
    Absence(
        "failures of several nodes at once",
        "no zone, rack or group of nodes goes dark; nodes fail, if at all, independently of each other",
        ("zoneOutage", "domainOutage", "nodeBurst", "commonCause", "outageLog"),
    ),
    Absence("outages of kubelets", "a kubelet works while its node is up", ("kubeletOutage",)),
    Absence(
        "shortages of memory and disk",
        "no container is killed and no pod thrown out for want of either",
        ("oomKill", "systemOOM", "memoryPressure", "diskPressure"),
    ),
    Absence("reclaimed machines", "the cloud takes none back", ("spotReclaim",)),
    Absence("network partitions", "nothing is cut off", ("networkPartition",)),
    Absence(
        "outages of DNS and kube-proxies",
        "names are resolved, and every node learns of endpoints with its usual delay",
        ("dnsOutage", "kubeProxyOutage"),
    ),
    Absence(
        "outages of the control plane",
        "API server, etcd, scheduler and controllers always work, with their usual delays",
        ("controlPlaneOutage", "etcdQuorumLoss"),
    ),
    Absence(
        "outages of the image registry",
        "images that exist can be pulled, as fast as always",
        ("registryOutage", "registrySlow"),
    ),
    Absence("losses of volumes", "disks outlive whatever uses them", ("volumeLoss",)),
    Absence(
        "changes of configuration",
        "ConfigMaps and Secrets stay as they are, valid and readable",
        ("configChange", "secretRotation", "secretExpiry", "accessRefused"),
    ),
    Absence("releases", "no new version is rolled out, good or bad", ("rollout",)),
    Absence(
        "scaling by people",
        "the number of replicas changes only where an autoscaler is among the manifests",
        ("scale",),
    ),
    Absence(
        "work on nodes",
        "nobody drains, upgrades, cordons or removes one",
        ("drain", "nodeUpgrade", "cordon", "removeNode"),
    ),
    Absence("new nodes", "pods for which there is no room wait until there is", ("addNode", "nodeAutoscaler")),
    Absence(
        "help for lost nodes",
        "nobody deletes the pods that hang on them, or declares them out of service",
        ("forceDelete", "outOfService"),
    ),
    Absence("people", "repairs take as long as their laws say, however many there are at once", ("people",)),
    Absence("traffic", "no request is followed; availability is a share of time, whatever is asked for", ("traffic",)),
    Absence("spikes of load", "no request comes but those of the traffic", ("loadSpike", "cacheLoss")),
    Absence(
        "calls between Services",
        "each Service is judged by its own endpoints, and counts as available while one that it needs is down",
        ("calls",),
    ),
)
"""Every failure mode and operation declares at least one of these."""

COLUMNS = (
    Column("NOT DECLARED", "what could happen and is not declared", "name"),
    Column("SO IN THIS EXPERIMENT", "what that means for all its runs", "words"),
    Column("WOULD BE DECLARED BY", "failure modes, operations and fields of an experiment", "words"),
)


def table(spec: Mapping[str, Any]) -> Table:
    """What this experiment does not contain, under none of its policies, as it does not declare it."""
    return Table(COLUMNS, tuple(_rows(spec)))


def _rows(spec: Mapping[str, Any]) -> Iterator[Row]:
    declared = set(_declared(spec))
    for absence in ABSENCES:
        if declared.isdisjoint(absence.by):
            yield absence.what, absence.so, ", ".join(absence.by)


def _declared(spec: Mapping[str, Any]) -> Iterator[str]:
    """Types of stories and fields that say something, of the experiment and of its policies."""
    for owner in (spec, *spec.get("policies", ())):
        yield from (field for field, value in owner.items() if value)
        stories = [*owner.get("failures", ()), *owner.get("operations", ())]
        yield from (story["type"] for story in stories if "type" in story)


# --- whatever is declared --------------------------------------------------------------------------------------------

NEVER = {
    "Network policies": "what they forbid gets its answer, probes among it",
    "Slow and lossy networks": "what is not cut off arrives at once",
    "The way into the cluster": "ingress controllers, gateways and load balancers pass on what comes; the Service "
    "behind them is measured",
    "Data": "a volume is there or lost as a whole; copies that applications keep elsewhere are not checked",
    "Neighbours": "pods that share a node do not slow each other down",
    "An overloaded control plane": "its delays do not grow with what it has to do",
    "Other controllers": "operators, admission webhooks and VerticalPodAutoscalers do nothing; Argo Rollouts are "
    "the only custom resource that acts",
    "Further clusters": "there is one, and nothing fails over to another",
    "Any other failure": "what breaks, and how, is what kubenines explain failures lists",
}
"""What no run of this version contains, whatever it declares -> what holds instead; the documentation shows it."""

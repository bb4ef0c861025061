"""What of a dump people asked for, and what controllers made, or noted, of their own."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from models.manifests.conversion import converters
from models.manifests.kinds import is_built_in, type_error
from models.manifests.manifest import Manifest

SYSTEM = ("kube-system", "kube-public", "kube-node-lease")
"""Namespaces of the cluster itself."""
MIRROR = "kubernetes.io/config.mirror"
PROVISIONED = "pv.kubernetes.io/provisioned-by"
RECORDS = {
    "CSIStorageCapacity",
    "CertificateSigningRequest",
    "ComponentStatus",
    "ControllerRevision",
    "EndpointSlice",
    "Endpoints",
    "Event",
    "Lease",
    "NodeMetrics",
    "PodMetrics",
    "Status",
    "VolumeAttachment",
}
"""Kinds that only controllers write."""
MADE = {"Pod", "ReplicaSet", "Job"}
"""Kinds of which the owner makes others."""
REFERRED = {"ServiceAccount"}
"""Kinds without a converter that pods refer to."""
_EVERYWHERE = {
    ("ConfigMap", "kube-root-ca.crt"),
    ("ServiceAccount", "default"),
    ("PriorityClass", "system-cluster-critical"),
    ("PriorityClass", "system-node-critical"),
}
_NEVER_MOUNTED = {"helm.sh/release.v1", "bootstrap.kubernetes.io/token"}


Given = Mapping[tuple[str, str, str], Manifest]
"""Objects by kind, namespace and name."""


class LeftOut(StrEnum):
    """Why an object is not among the manifests."""

    MADE = "their owner, which is among the objects, makes them anew"
    RECORD = "records that controllers keep"
    FINISHED = "they have finished"
    BOUND = "their node runs them, whatever the scheduler does: their requests are taken off its allocatable resources"
    PROVISIONED = "a provisioner made them for a claim, and makes others"
    EVERYWHERE = "every cluster has them"
    NEVER_MOUNTED = "no pod reads them"
    NO_MODEL = "they have no model here"
    TWICE = "given more than once, the first counts"


@dataclass
class Sorted:
    """The objects of a dump, told apart."""

    nodes: list[Manifest] = field(default_factory=list)
    limits: list[Manifest] = field(default_factory=list)
    """CSINodes: how many volumes a node takes."""
    kept: list[Manifest] = field(default_factory=list)
    left_out: dict[LeftOut, list[Manifest]] = field(default_factory=lambda: defaultdict(list))
    bound: dict[str, list[Manifest]] = field(default_factory=lambda: defaultdict(list))
    """Node -> the pods that run on it whatever the scheduler does."""
    missing: dict[str, list[Manifest]] = field(default_factory=lambda: defaultdict(list))
    """Owner that is not among the objects, "StatefulSet/db" -> the pods and others that it made."""


def sort_out(objects: Iterable[Manifest]) -> Sorted:
    """Tells them apart; the order stays."""
    found, first = Sorted(), dict[tuple[str, str, str], Manifest]()
    for manifest in objects:
        if _is_custom(manifest):
            found.left_out[LeftOut.NO_MODEL].append(manifest)
            continue
        key = (manifest.kind, manifest.namespace, manifest.name)
        if first.setdefault(key, manifest) is not manifest and manifest.name:
            found.left_out[LeftOut.TWICE].append(manifest)
    claims = re.compile("|".join(_claims(first.values())) or r"(?!)")
    for manifest in first.values():
        if manifest.kind == "Node":
            found.nodes.append(manifest)
        elif manifest.kind == "CSINode":
            found.limits.append(manifest)
        elif (why := _reason(manifest, first, claims)) is not None:
            found.left_out[why].append(manifest)
            if why is LeftOut.BOUND:
                found.bound[str(part(manifest.value, "spec").get("nodeName", ""))].append(manifest)
        else:
            found.kept.append(manifest)
        owner = owner_of(manifest) if manifest.kind in MADE else None
        if owner and owner[0] != "Node" and not _is_given(manifest, owner, first):
            found.missing[f"{owner[0]}/{owner[1]}"].append(manifest)
    return found


def _is_custom(manifest: Manifest) -> bool:
    """Whether it only shares the name of its kind with one of Kubernetes, as a Service of Knative does."""
    is_known = manifest.kind in {*converters(), *REFERRED, "CSINode"}
    of = manifest.api_version, manifest.kind
    return is_known and not is_built_in(*of) and not type_error(*of)


def _reason(manifest: Manifest, given: Given, claims: re.Pattern[str]) -> LeftOut | None:
    """Why it is left out; None if it is kept."""
    kind, metadata, spec = manifest.kind, part(manifest.value, "metadata"), part(manifest.value, "spec")
    annotations, owner = part(metadata, "annotations"), owner_of(manifest)
    if kind in RECORDS:
        return LeftOut.RECORD
    if kind not in converters() and kind not in REFERRED:
        return LeftOut.NO_MODEL
    if (kind, manifest.name) in _EVERYWHERE or (kind, manifest.key) == ("Service", "Service/kubernetes"):
        return LeftOut.EVERYWHERE
    if kind == "Secret" and str(manifest.value.get("type")) in _NEVER_MOUNTED:
        return LeftOut.NEVER_MOUNTED
    if kind in MADE and _has_finished(manifest):
        return LeftOut.FINISHED
    if kind == "Pod" and (MIRROR in annotations or (owner and owner[0] == "Node")):
        return LeftOut.BOUND
    if kind in MADE and owner and _is_given(manifest, owner, given):
        return LeftOut.MADE
    if kind == "Pod" and owner and owner[0] == "DaemonSet":
        return LeftOut.BOUND
    if kind == "PersistentVolume" and PROVISIONED in annotations:
        return LeftOut.PROVISIONED
    if kind == "PersistentVolumeClaim" and claims.fullmatch(f"{manifest.namespace}/{manifest.name}"):
        return LeftOut.MADE
    if kind == "PersistentVolumeClaim" and owner and owner[0] == "Pod" and spec:  # of an ephemeral volume
        return LeftOut.MADE
    return None


def _claims(manifests: Iterable[Manifest]) -> Iterator[str]:
    """What claims that StatefulSets make are called, with their namespaces."""
    for manifest in (one for one in manifests if one.kind == "StatefulSet"):
        for template in items(part(manifest.value, "spec"), "volumeClaimTemplates"):
            name = part(template, "metadata").get("name", "")
            yield rf"{re.escape(manifest.namespace)}/{re.escape(f'{name}-{manifest.name}')}-[0-9]+"


def _has_finished(manifest: Manifest) -> bool:
    status = part(manifest.value, "status")
    if manifest.kind == "Job":
        ends = (one for one in items(status, "conditions") if one.get("type") in ("Complete", "Failed"))
        return any(one.get("status") == "True" for one in ends)
    return manifest.kind == "Pod" and status.get("phase") in ("Succeeded", "Failed")


def owner_of(manifest: Manifest) -> tuple[str, str] | None:
    """(kind, name) of the controller that made it."""
    for reference in items(part(manifest.value, "metadata"), "ownerReferences"):
        if reference.get("controller") is True:
            return str(reference.get("kind")), str(reference.get("name"))
    return None


def _is_given(manifest: Manifest, owner: tuple[str, str], given: Given) -> bool:
    """Whether its owner is among the objects, and is one that makes it here; or the Deployment above the owner is."""
    kind, name = owner
    label = str(part(part(manifest.value, "metadata"), "labels").get("pod-template-hash", ""))
    above = [("Deployment", name.removesuffix(f"-{label}"))] if kind == "ReplicaSet" and label else []
    return any(one in converters() and (one, manifest.namespace, of) in given for one, of in ((kind, name), *above))


def part(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The mapping under a key itself; one that nobody keeps where there is none."""
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def items(value: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The mappings in the list under a key."""
    inner = value.get(key)
    return [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []

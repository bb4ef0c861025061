"""Which kinds Kubernetes has, which API versions it has removed, and what is in no namespace."""

import re

from models.input.problems import did_you_mean, shown
from models.manifests.schema import schemas

_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")
_API_VERSION = re.compile(r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")

NAMESPACE_FREE = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "ClusterAnalysisTemplate",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "FlowSchema",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)
"""Kinds that are in no namespace."""

REMOVED = {
    "extensions/v1beta1": {
        "Deployment": "1.16; use apps/v1",
        "DaemonSet": "1.16; use apps/v1",
        "ReplicaSet": "1.16; use apps/v1",
        "NetworkPolicy": "1.16; use networking.k8s.io/v1",
        "PodSecurityPolicy": "1.16, and the kind in 1.25; use Pod Security admission",
        "Ingress": "1.22; use networking.k8s.io/v1",
    },
    "apps/v1beta1": {"*": "1.16; use apps/v1"},
    "apps/v1beta2": {"*": "1.16; use apps/v1"},
    "policy/v1beta1": {
        "PodDisruptionBudget": "1.25; use policy/v1",
        "PodSecurityPolicy": "1.25; use Pod Security admission",
    },
    "autoscaling/v2beta1": {"*": "1.25; use autoscaling/v2"},
    "autoscaling/v2beta2": {"*": "1.26; use autoscaling/v2"},
    "batch/v1beta1": {"*": "1.25; use batch/v1"},
    "batch/v2alpha1": {"*": "1.21; use batch/v1"},
    "networking.k8s.io/v1beta1": {
        "Ingress": "1.22; use networking.k8s.io/v1",
        "IngressClass": "1.22; use networking.k8s.io/v1",
    },
    "scheduling.k8s.io/v1alpha1": {"PriorityClass": "1.17; use scheduling.k8s.io/v1"},
    "scheduling.k8s.io/v1beta1": {"PriorityClass": "1.22; use scheduling.k8s.io/v1"},
    "rbac.authorization.k8s.io/v1alpha1": {"*": "1.20; use rbac.authorization.k8s.io/v1"},
    "rbac.authorization.k8s.io/v1beta1": {"*": "1.22; use rbac.authorization.k8s.io/v1"},
    "storage.k8s.io/v1beta1": {
        "*": "1.22; use storage.k8s.io/v1",
        "CSIStorageCapacity": "1.27; use storage.k8s.io/v1",
        "VolumeAttributesClass": "",
    },
    "admissionregistration.k8s.io/v1beta1": {
        "MutatingWebhookConfiguration": "1.22; use admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration": "1.22; use admissionregistration.k8s.io/v1",
    },
    "apiextensions.k8s.io/v1beta1": {"*": "1.22; use apiextensions.k8s.io/v1"},
    "apiregistration.k8s.io/v1beta1": {"*": "1.22; use apiregistration.k8s.io/v1"},
    "coordination.k8s.io/v1beta1": {"Lease": "1.22; use coordination.k8s.io/v1"},
    "certificates.k8s.io/v1beta1": {"CertificateSigningRequest": "1.22; use certificates.k8s.io/v1"},
    "discovery.k8s.io/v1beta1": {"*": "1.25; use discovery.k8s.io/v1"},
    "events.k8s.io/v1beta1": {"*": "1.25; use events.k8s.io/v1"},
    "node.k8s.io/v1beta1": {"*": "1.25; use node.k8s.io/v1"},
    "flowcontrol.apiserver.k8s.io/v1beta1": {"*": "1.26; use flowcontrol.apiserver.k8s.io/v1"},
    "flowcontrol.apiserver.k8s.io/v1beta2": {"*": "1.29; use flowcontrol.apiserver.k8s.io/v1"},
    "flowcontrol.apiserver.k8s.io/v1beta3": {"*": "1.32; use flowcontrol.apiserver.k8s.io/v1"},
}
"""apiVersion -> kind ("*": every other) -> when it was removed, and what to use (Kubernetes deprecation guide)."""


def is_built_in(api_version: str, kind: str) -> bool:
    """Whether Kubernetes has the kind in this API version, or it is one of Argo Rollouts with a schema here."""
    return kind in schemas()["kinds"].get(api_version, ()) or f"{api_version}/{kind}" in schemas()["roots"]


def type_error(api_version: str, kind: str) -> str:
    """Why there is no such kind in Kubernetes, in its words, or "" (custom resources are fine)."""
    if not _KIND.fullmatch(kind):
        return f"{shown(kind)} is no kind: a kind is a word of letters and digits"
    if not _API_VERSION.fullmatch(api_version):
        return f"{shown(api_version)} is no API version: it is one like v1 or apps/v1"
    kinds: dict[str, list[str]] = schemas()["kinds"]
    removed = REMOVED.get(api_version, {})
    if when := removed.get(kind, removed.get("*") if kind not in kinds.get(api_version, ()) else ""):
        return f"{api_version} {kind} was removed in Kubernetes {when}"
    group = api_version.rpartition("/")[0]
    groups = {known.rpartition("/")[0] for known in kinds}
    if kind in kinds.get(api_version, ()) or (group not in groups and "." in group):
        return ""
    message = f'no matches for kind "{kind}" in version "{api_version}"'
    if elsewhere := [known for known, names in kinds.items() if kind in names]:
        return f"{message}; {kind} is in {' or '.join(elsewhere)}"
    return message + did_you_mean(kind, kinds.get(api_version) or {name for names in kinds.values() for name in names})

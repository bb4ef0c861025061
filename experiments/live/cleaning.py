"""What is left of an object of a live cluster: what people asked for, and nothing that might be a secret.

Secrets stand in more places than Secrets: in ConfigMaps, variables, command lines, headers of probes, annotations,
options of volumes. Nothing in a simulation depends on these, so such text is never kept, whatever it looks like. What
does count stays: the keys of Secrets and ConfigMaps, for mounts ask for them, and how long a hook sleeps.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from experiments.live.sorting import items, part
from models.manifests.hooks import seconds_slept
from models.manifests.manifest import without_nulls

Object = dict[str, Any]

ANNOTATIONS = re.compile(
    r"kubenines\.io/.*"
    r"|controller\.kubernetes\.io/pod-deletion-cost"
    r"|storageclass\.(beta\.)?kubernetes\.io/is-default-class"
    r"|volume\.beta\.kubernetes\.io/storage-class"
    r"|service\.kubernetes\.io/topology-(aware-hints|mode)"
    r"|cluster-autoscaler\.kubernetes\.io/safe-to-evict(-local-volumes)?"
    r"|karpenter\.sh/do-not-disrupt"
    r"|scheduler\.alpha\.kubernetes\.io/node-selector"
    r"|(linkerd|sidecar\.istio)\.io/inject"
    r"|autoscaling\.alpha\.kubernetes\.io/(metrics|behavior)"
)
"""Those that decide something in a simulation, or are named because they would; all others are notes."""
OF_SERVER = ("managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink")
"""In metadata: set by the API server."""
OF_CONTROLLERS = ("pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/pod-name")
"""Labels that controllers put on what they make."""
BOUND = "pv.kubernetes.io/bound-by-controller"
"""The annotation of a volume, or claim, for which the controller of volumes found the other."""
PARAMETERS = ("type", "replication-type", "skuName", "skuname")
"""Of StorageClasses: what says where a volume can be used."""
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HOOKS = ("postStart", "preStop")
FREE: dict[str, type] = {
    "args": list,
    "options": dict,
    "volumeAttributes": dict,
    "mountOptions": list,
    "config": dict,
    "plugins": dict,
    "headerValue": dict,
    "initiatorName": str,
    "gmsaCredentialSpec": str,
}
"""What is text for a program wherever it stands: of containers and analyses, of volumes, of plug-ins of Rollouts."""
LOOKED_UP = ("hostAliases", "dnsConfig", "dnsPolicy")
"""Of pods: addresses and names of machines around the cluster, and the policy that without them may be no good."""
NOBODY_KNOWS = ["true"]
"""A command that tells nothing of how long it takes, as the one in whose place it stands."""
_SUSPECT = re.compile(
    r"-----BEGIN|\beyJ[\w-]{8,}\.[\w-]{8,}|\b(AKIA|ASIA)[0-9A-Z]{12,}|\b(ghp|gho|xox[abp])[_-]\w{8,}"
    r"|(?i:bearer|basic)\s+\S{8,}|//[^/\s@]+@"
    r"|(?i:password|passwd|secret|token|api_?key|credential)s?[\"']?\s*(=|:\s)\s*\S"
)
"""Texts that are secrets by their looks: a key, a token, a password in an address."""


def cleaned(value: Mapping[str, Any]) -> Object:
    """A copy without what servers and controllers added, and without secrets."""
    made: Object = without_nulls(value)
    made.pop("status", None)
    kind = made.get("kind")
    if BOUND in part(part(made, "metadata"), "annotations"):  # what the controller bound, it binds again
        for name in ("claimRef", "volumeName"):
            part(made, "spec").pop(name, None)
    for mapping in list(_mappings(made)):  # its own, and those of templates
        _clean_metadata(part(mapping, "metadata"))
    if kind in ("ConfigMap", "Secret"):
        return _keys_only(made)
    if kind == "ServiceAccount":
        return {key: made[key] for key in ("apiVersion", "kind", "metadata") if key in made}
    if kind == "StorageClass":
        _keep(made, "parameters", lambda name: name in PARAMETERS)
    for spec in _pod_specs(made):
        _clean_pod(spec)
    for mapping in list(_mappings(made)):
        for name, kind_of_value in FREE.items():
            if isinstance(mapping.get(name), kind_of_value):
                del mapping[name]
    _clean_kind(str(kind), made)
    _forget_suspects(made)
    return made


def _clean_metadata(metadata: Object) -> None:
    for key in (*OF_SERVER, "ownerReferences"):
        metadata.pop(key, None)
    _keep(metadata, "annotations", lambda name: ANNOTATIONS.fullmatch(name) is not None)
    _keep(metadata, "labels", lambda name: name not in OF_CONTROLLERS)


def _keys_only(made: Object) -> Object:
    """A ConfigMap or Secret without its content."""
    keys = {key for name in ("data", "binaryData", "stringData") for key in part(made, name)}
    kept: Object = {key: made[key] for key in ("apiVersion", "kind", "metadata", "type") if key in made}
    if isinstance(made.get("immutable"), bool):
        kept["immutable"] = made["immutable"]
    return {**kept, "data": dict.fromkeys(sorted(keys), "")} if keys else kept


def _clean_pod(spec: Object) -> None:
    """A pod's spec, without what admission and the scheduler put there."""
    tokens = [volume.get("name") for volume in items(spec, "volumes") if _is_token(volume)]
    _drop(spec, "volumes", lambda volume: volume.get("name") in tokens)
    for containers in ("initContainers", "containers"):
        for container in items(spec, containers):
            _drop(container, "volumeMounts", lambda mount: mount.get("name") in tokens)
            _clean_container(container)
    for name in (*LOOKED_UP, "ephemeralContainers"):
        spec.pop(name, None)
    if "serviceAccountName" in spec:
        spec.pop("serviceAccount", None)  # the old name of the field, which the API server fills in too
    if spec.get("serviceAccountName") == "default":
        del spec["serviceAccountName"]


def _is_token(volume: Object) -> bool:
    """Whether it holds the token that admission gives every pod."""
    name = volume.get("name")
    return isinstance(name, str) and name.startswith("kube-api-access-") and "projected" in volume


def _clean_container(container: Object) -> None:
    variables = {str(each.get("name")): str(each.get("value", "")) for each in items(container, "env")}
    container.pop("command", None)
    for variable in items(container, "env"):
        variable.pop("value", None)
    for name in PROBES:
        probe = part(container, name)
        if "exec" in probe:
            probe["exec"] = {"command": NOBODY_KNOWS}
        for request in ("httpGet", "tcpSocket"):
            _clean_request(part(probe, request))
    for name in HOOKS:
        hook = part(part(container, "lifecycle"), name)
        if "exec" in hook:
            hook["exec"] = {"command": _sleep(part(hook, "exec").get("command"), variables)}
        for request in ("httpGet", "tcpSocket"):
            _clean_request(part(hook, request))


def _clean_request(request: Object) -> None:
    for name in ("httpHeaders", "path", "host"):
        request.pop(name, None)


def _sleep(command: Any, variables: Mapping[str, str]) -> list[str]:
    """A command that takes as long, as far as can be told."""
    words = [str(word) for word in command] if isinstance(command, list) else []
    seconds = seconds_slept(words, variables)
    return NOBODY_KNOWS if seconds is None else ["sleep", "infinity" if seconds == float("inf") else f"{seconds:g}"]


def _clean_kind(kind: str, made: Object) -> None:
    """What controllers have written into the specs of some kinds."""
    spec = part(made, "spec")
    if kind == "Service":
        for name in ("clusterIPs", "healthCheckNodePort", "externalIPs", "loadBalancerIP", "loadBalancerSourceRanges"):
            spec.pop(name, None)
        if spec.get("clusterIP") != "None":
            spec.pop("clusterIP", None)
        for port in items(spec, "ports"):
            port.pop("nodePort", None)
    elif kind == "Namespace":
        made.pop("spec", None)
    elif kind == "Pod":
        for name in ("nodeName", "preemptionPolicy", "priority"):
            spec.pop(name, None)
    elif kind == "Job" and not spec.get("manualSelector"):
        spec.pop("selector", None)
        metadata = part(part(spec, "template"), "metadata")
        generated = ("controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name")
        _keep(metadata, "labels", lambda name: name not in generated)
    elif kind == "PersistentVolume":
        _keep(spec, "claimRef", lambda name: name in ("apiVersion", "kind", "name", "namespace"))
    elif kind in ("AnalysisTemplate", "ClusterAnalysisTemplate"):
        for metric in items(spec, "metrics"):
            metric["provider"] = {}


def _forget_suspects(value: Any) -> None:
    """A second look at all that is left: a text that is a secret by its looks goes, wherever it stands."""
    for mapping in list(_mappings(value)):
        for key, item in list(mapping.items()):
            if isinstance(item, str) and _SUSPECT.search(item):
                mapping[key] = ""
            elif isinstance(item, list):
                mapping[key] = ["" if isinstance(one, str) and _SUSPECT.search(one) else one for one in item]


def _pod_specs(value: Any) -> Iterator[Object]:
    return (each for each in list(_mappings(value)) if isinstance(each.get("containers"), list))


def _mappings(value: Any) -> Iterator[Object]:
    """The value, if it is a mapping, and all mappings below it."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _mappings(inner)


def _keep(value: Object, key: str, wanted: Callable[[str], bool]) -> None:
    """Of a mapping the keys that are wanted; no mapping where none is left."""
    if kept := {name: item for name, item in part(value, key).items() if wanted(name)}:
        value[key] = kept
    else:
        value.pop(key, None)


def _drop(value: Object, key: str, unwanted: Callable[[Object], bool]) -> None:
    """Of a list of mappings those that are not unwanted; no list where none is left."""
    if key in value and not (kept := [item for item in items(value, key) if not unwanted(item)]):
        del value[key]
    elif key in value:
        value[key] = kept

"""Whether two pod templates are the same to the API server: a digest of everything that is written in one.

Controllers compare templates as they are stored, after defaulting, whole: any change starts a rollout, also one of a
field without a model. So what is written is put into one form: the API server's defaults left out, quantities as
numbers, keys sorted. What is not in the table below counts as written.

Source: pkg/apis/core/v1/{defaults.go,zz_generated.defaults.go,conversion.go}; pkg/controller/deployment/util
(EqualIgnoreHash), pkg/controller/history (EqualRevision).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from models.manifests.container import default_pull_policy
from models.units import parse_amount, parse_cpu

_PROBE = {
    "initialDelaySeconds": (0,),
    "timeoutSeconds": (0, 1),
    "periodSeconds": (0, 10),
    "successThreshold": (0, 1),
    "failureThreshold": (0, 3),
}
_MODE = {"defaultMode": (0o644,)}
_DEFAULTS: Mapping[str, Mapping[str, tuple[object, ...]]] = {
    "template": {"metadata": ({},)},
    "metadata": {"labels": ({},), "annotations": ({},)},
    "spec": {
        "dnsPolicy": ("ClusterFirst",),
        "enableServiceLinks": (True,),
        "hostIPC": (False,),
        "hostNetwork": (False,),
        "hostPID": (False,),
        "nodeSelector": ({},),
        "overhead": ({},),
        "restartPolicy": ("Always",),
        "schedulerName": ("default-scheduler",),
        "securityContext": ({},),
        "terminationGracePeriodSeconds": (30,),
    },
    "containers": {
        "resources": ({},),
        "stdin": (False,),
        "stdinOnce": (False,),
        "terminationMessagePath": ("/dev/termination-log",),
        "terminationMessagePolicy": ("File",),
        "tty": (False,),
    },
    "ports": {"hostPort": (0,), "protocol": ("TCP",)},
    "resources": {"limits": ({},), "requests": ({},)},
    "livenessProbe": _PROBE,
    "readinessProbe": _PROBE,
    "startupProbe": _PROBE,
    "httpGet": {"path": ("/",), "scheme": ("HTTP",)},
    "fieldRef": {"apiVersion": ("v1",)},
    "volumes": {"emptyDir": ({},)},
    "volumeMounts": {"readOnly": (False,)},
    "secret": _MODE,
    "configMap": _MODE,
    "downwardAPI": _MODE,
    "projected": _MODE,
    "serviceAccountToken": {"expirationSeconds": (3600,)},
}
"""By the name of a mapping (or of the list that it is in): values of its fields that are as good as none."""
_FREE = {"labels", "annotations", "nodeSelector", "matchLabels"}
"""Mappings with free keys, where an empty text is a value like another."""
_QUANTITIES = {"limits", "requests", "overhead"}


def template_digest(template: Any) -> str:
    """The digest of a pod template, given as plain values."""
    if not isinstance(template, dict):
        return ""
    canonical = json.dumps(_canonical(_defaulted(template), "template"), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _defaulted(template: dict[str, Any]) -> dict[str, Any]:
    """The template with those defaults that hang on other fields."""
    spec = template.get("spec")
    if not isinstance(spec, dict):
        return template
    spec = dict(spec)
    if account := spec.pop("serviceAccount", None):
        spec.setdefault("serviceAccountName", account)
    on_host = spec.get("hostNetwork") is True
    for name in ("containers", "initContainers"):
        if isinstance(spec.get(name), list):
            spec[name] = [_container(item, on_host) if isinstance(item, dict) else item for item in spec[name]]
    return {**template, "spec": spec}


def _container(container: dict[str, Any], on_host: bool) -> dict[str, Any]:
    made = dict(container)
    made.setdefault("imagePullPolicy", default_pull_policy(str(container.get("image", ""))))
    resources = container.get("resources")
    if isinstance(resources, dict) and isinstance(limits := resources.get("limits"), dict):
        requests = resources.get("requests") or {}
        made["resources"] = {
            **resources,
            "requests": {**limits, **requests} if isinstance(requests, dict) else requests,
        }
    if on_host and isinstance(container.get("ports"), list):
        made["ports"] = [
            {**port, "hostPort": port.get("hostPort") or port.get("containerPort")} if isinstance(port, dict) else port
            for port in container["ports"]
        ]
    return made


def _canonical(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_canonical(item, name) for item in value]
    if not isinstance(value, dict):
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if name in _QUANTITIES:
        return {str(key): _quantity(item, parse_cpu if key == "cpu" else parse_amount) for key, item in value.items()}
    if name in _FREE:
        return {str(key): item for key, item in value.items()}
    defaults = _DEFAULTS.get("containers" if name == "initContainers" else name, {})
    made = {str(key): _canonical(item, str(key)) for key, item in value.items() if item not in (None, "", [])}
    return {key: item for key, item in made.items() if not _is_among(item, defaults.get(key, ()))}


def _is_among(value: object, defaults: tuple[object, ...]) -> bool:
    return any(type(value) is type(default) and value == default for default in defaults)


def _quantity(value: object, parse: Callable[[object], int]) -> object:
    try:
        return parse(value)
    except ValueError:
        return value

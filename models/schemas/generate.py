"""Writes kubernetes.json: the part of the Kubernetes schemas that the manifest reader needs.

Source: the strict schemas that the package kubernetes-validate ships (Apache-2.0). Rerun once a year:

    pip install kubernetes-validate
    python models/schemas/generate.py            # newest version; or: ... generate.py 1.37
    python models/schemas/generate.py --check    # exit code 1 if the file is not what would be written

What is done to them: only definitions that the kinds in `KINDS` refer to are kept; descriptions and the like are
dropped; "or null" is dropped, since the reader drops nulls first, as kubectl does; int32 becomes a range.
"""

import argparse
import json
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

KINDS = {
    "v1": "Node Pod Service Namespace ConfigMap Secret ServiceAccount PersistentVolume PersistentVolumeClaim "
    "ReplicationController LimitRange ResourceQuota",
    "apps/v1": "Deployment ReplicaSet StatefulSet DaemonSet",
    "batch/v1": "Job CronJob",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "policy/v1": "PodDisruptionBudget",
    "node.k8s.io/v1": "RuntimeClass",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "StorageClass",
    "networking.k8s.io/v1": "NetworkPolicy Ingress",
}
OUTPUT = Path(__file__).with_name("kubernetes.json")

_KEPT = {"$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "oneOf"}
_INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}


def subset(definitions: dict[str, Any], version: str) -> dict[str, Any]:
    """The document to store: Kubernetes version, all kinds by apiVersion, wanted kinds' roots, definitions."""
    kinds: dict[str, set[str]] = {}
    roots: dict[str, str] = {}
    for name, definition in definitions.items():
        for gvk in definition.get("x-kubernetes-group-version-kind", []):
            api_version = f"{gvk['group']}/{gvk['version']}" if gvk["group"] else gvk["version"]
            if not _is_object(definition) or gvk["kind"].endswith("List"):
                continue
            kinds.setdefault(api_version, set()).add(gvk["kind"])
            if gvk["kind"] in KINDS.get(api_version, "").split():
                roots[f"{api_version}/{gvk['kind']}"] = name
    kept: dict[str, Any] = {}
    waiting = sorted(roots.values())
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = _stripped(definitions[name])
            waiting.extend(sorted(set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(kept[name])))))
    return {
        "version": version,
        "kinds": {api_version: sorted(names) for api_version, names in sorted(kinds.items())},
        "roots": dict(sorted(roots.items())),
        "definitions": dict(sorted(kept.items())),
    }


def _is_object(definition: dict[str, Any]) -> bool:
    return {"apiVersion", "kind", "metadata"} <= set(definition.get("properties", ()))


def _stripped(schema: dict[str, Any]) -> dict[str, Any]:
    kept = {key: schema[key] for key in schema if key in _KEPT}
    if "type" in kept:
        kept["type"] = _without_null(kept["type"])
    if "properties" in kept:
        kept["properties"] = {name: _stripped(value) for name, value in sorted(kept["properties"].items())}
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = _stripped(kept[key])
    if "oneOf" in kept:  # Quantity and IntOrString: alternatives of type only
        kept["type"] = [_without_null(option["type"]) for option in kept.pop("oneOf")]
    if "$ref" in kept:
        kept["$ref"] = "#/$defs/" + kept["$ref"].rsplit("/", 1)[-1]
    if schema.get("format") == "int32":
        kept |= _INT32
    return kept


def _without_null(types: str | list[str]) -> str | list[str]:
    left = [t for t in types if t != "null"] if isinstance(types, list) else [types]
    return left[0] if len(left) == 1 else left


def source(version: str | None) -> tuple[str, dict[str, Any]]:
    """(version such as "1.37", all definitions) from kubernetes-validate."""
    folder = files("kubernetes_validate") / "kubernetes-json-schema"
    folders = {
        m[1]: entry for entry in folder.iterdir() if (m := re.fullmatch(r"v(\d+\.\d+)\.0-local-strict", entry.name))
    }
    version = version or max(folders, key=lambda v: tuple(map(int, v.split("."))))
    return version, json.loads((folders[version] / "_definitions.json").read_text("utf-8"))["$defs"]


def rendered(document: dict[str, Any]) -> str:
    """One definition a line, so that next year's difference can be read."""
    lines = [f'"version":{json.dumps(document["version"])}']
    for section in ("kinds", "roots", "definitions"):
        entries = ",\n".join(
            f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in document[section].items()
        )
        lines.append(f'"{section}":{{\n{entries}}}')
    return "{" + ",\n".join(lines) + "}\n"


def main() -> int:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", nargs="?", help="Kubernetes version, e.g. 1.37 (default: the newest)")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    version, definitions = source(arguments.version)
    text = rendered(subset(definitions, version))
    if arguments.check:
        return 0 if OUTPUT.read_text("utf-8") == text else 1
    OUTPUT.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

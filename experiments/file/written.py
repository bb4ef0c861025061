"""Experiments as files: resolved, and in YAML."""

from typing import Any

import yaml

from experiments.design.plan import Design
from experiments.file.policy import lineages
from experiments.file.schema import ExperimentFile
from experiments.file.source import Source
from models.input.documents import Document
from simulator import registry


def yaml_text(value: Any) -> str:
    """Plain values in YAML, in their order."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def registered_name(kind: str, policy: type) -> str:
    """The `type` under which files know a class; raises ValueError if it is not registered."""
    for name, known in registry.classes(kind).items():
        if known is policy:
            return name
    raise ValueError(f"{policy.__name__} is not registered as a {kind}")


def resolved_file(file: ExperimentFile, design: Design, replications: int) -> dict[str, Any]:
    """The file with every default, every policy without `extends`, and what is measured by default."""
    resolved = file.model_dump(mode="json", by_alias=True, exclude_none=True)
    spec = resolved["spec"]
    if not file.spec.precision:
        spec.setdefault("replications", replications)
    if file.spec.services is None:
        spec["services"] = [
            {"name": goal.name, "available": {"when": "readyEndpoints", "atLeast": 1}}
            for goal in design.scenarios[0].services
        ]
    spec["policies"] = [
        _flat(lineage) for lineage in lineages(file.spec.policies, Source(Document("", resolved), file, ()), [])
    ]
    return resolved


def _flat(lineage: Any) -> dict[str, Any]:
    """A policy with all that it extends in it."""
    flat: dict[str, Any] = {"name": lineage.name}
    behaviour: dict[str, Any] = {}
    for step in lineage.steps:
        policy = step.policy.model_dump(mode="json", by_alias=True, exclude_none=True)
        for field in ("patches", "add", "failures", "operations", "traffic"):
            if policy[field]:
                flat[field] = [*flat.get(field, ()), *policy[field]]
        changes = policy.get("behaviour", {})
        timing = {**behaviour.get("timing", {}), **changes.get("timing", {})}
        overrides = [*behaviour.get("overrides", ()), *changes.get("overrides", ())]
        behaviour = {**behaviour, **changes}
        behaviour |= {key: value for key, value in (("timing", timing), ("overrides", overrides)) if value}
    behaviour = {key: value for key, value in behaviour.items() if value}
    return flat | ({"behaviour": behaviour} if behaviour else {})

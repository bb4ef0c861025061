"""Experiments as files: resolved, and in YAML."""

import json
from typing import Any

import yaml
from pydantic import BaseModel

from experiments.design.plan import Design
from experiments.file.policy import Lineage, lineages
from experiments.file.schema import ExperimentFile, SpecFile
from experiments.file.source import Source
from experiments.file.standing import items_of, standing, standing_people
from models.input.documents import Document
from models.input.yaml_values import plain_scalar
from simulator import registry

_TEXT = "tag:yaml.org,2002:str"


class _Dumper(yaml.SafeDumper):
    """Says everything where it stands, and quotes text that `models.input` would read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    resolved = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    plain = resolved == _TEXT  # what is not, is quoted without a word
    return dumper.represent_scalar(_TEXT, text, style="'" if plain and plain_scalar(text) != text else None)


_Dumper.add_representer(str, _text)


def yaml_text(value: Any) -> str:
    """Plain values in YAML, in their order; experiments and manifests are read from it as they were."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def experiment_text(value: dict[str, Any]) -> str:
    """An experiment in YAML; its sweep, which may have thousands of values, stands last and in one line."""
    spec = dict(value["spec"])
    if (sweep := spec.pop("sweep", None)) is None:
        return yaml_text(value)
    top = {name: of for name, of in value.items() if name != "spec"}
    return f"{yaml_text({**top, 'spec': spec})}  sweep: {json.dumps(sweep, ensure_ascii=False)}\n"


def registered_name(kind: str, policy: type) -> str:
    """The `type` under which files know a class; raises ValueError if it is not registered."""
    for name, known in registry.classes(kind).items():
        if known is policy:
            return name
    raise ValueError(f"{policy.__name__} is not registered as a {kind}")


def resolved_file(file: ExperimentFile, design: Design, replications: int) -> dict[str, Any]:
    """The file with every default, every policy without `extends`, and what is measured by default."""
    resolved = _plain(file)
    spec = resolved["spec"]
    if not file.spec.precision:
        spec.setdefault("replications", replications)
    if file.spec.services is None:
        spec["services"] = [
            {"name": goal.name, "available": {"when": "readyEndpoints", "atLeast": 1}}
            for goal in design.scenarios[0].services
        ]
    source = Source(Document("", resolved), file, ())
    spec["policies"] = [_flat(lineage, file.spec, source) for lineage in lineages(file.spec.policies, source, [])]
    return resolved


def _flat(lineage: Lineage, spec: SpecFile, source: Source) -> dict[str, Any]:
    """A policy with all that it extends in it."""
    flat: dict[str, Any] = {"name": lineage.name}
    behaviour: dict[str, Any] = {}
    traffic: dict[str, Any] = {}
    for step in lineage.steps:
        policy = _plain(step.policy)
        policy["patches"] = [_plain(patch) for patch, _, _ in step.patches()]
        for field in ("patches", "add"):
            if policy[field]:
                flat[field] = [*flat.get(field, ()), *policy[field]]
        traffic |= {of["service"]: of for of in policy["traffic"]}
        flat |= {field: policy[field] for field in ("scheduler", "nodeAutoscaler", "controlPlane") if field in policy}
        changes = policy.get("behaviour", {})
        timing = {**behaviour.get("timing", {}), **changes.get("timing", {})}
        overrides = [*behaviour.get("overrides", ()), *changes.get("overrides", ())]
        behaviour = {**behaviour, **changes}
        behaviour |= {key: value for key, value in (("timing", timing), ("overrides", overrides)) if value}
    different = {
        "traffic": list(traffic.values()),
        "failures": _different(lineage, spec, "failures", source),
        "operations": _different(lineage, spec, "operations", source),
        "people": _other_people(lineage, spec, source),
        "behaviour": {key: value for key, value in behaviour.items() if value},
    }
    return flat | {field: value for field, value in different.items() if value}


def _different(lineage: Lineage, spec: SpecFile, field: str, source: Source) -> list[dict[str, Any]]:
    """What stands under a policy and is not the experiment's, whole; and what of the experiment's is removed."""
    base = items_of(spec, field)
    found = standing(base, lineage.lists(field), source, [])
    names = {item.name for item, _ in found}
    removed = [{"name": item.name, "remove": True} for item, _ in base if item.name not in names]
    return [*(_plain(item) for item, path in found if (item, path) not in base), *removed]


def _other_people(lineage: Lineage, spec: SpecFile, source: Source) -> dict[str, Any]:
    """The crews and responses of a policy that are not the experiment's."""
    found = {field: standing_people(field, spec, lineage, source) for field in ("crews", "responses")}
    others = {
        field: [_plain(item) for item, path in items if path[:2] != ("spec", "people")]
        for field, items in found.items()
    }
    return {field: items for field, items in others.items() if items}


def _plain(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)

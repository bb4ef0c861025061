"""Policies: one application, run in different ways. A policy patches the manifests; the files stay as they are."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from experiments.file.files import located
from experiments.file.patch import PatchFile, ShortForms, TargetFile, selector_of
from experiments.file.schema import PolicyFile
from experiments.file.source import Source
from models.input.patches import PatchError, merge, set_path
from models.input.problems import InputError, Path, Problem, did_you_mean, dotted
from models.labels import parse_selector
from models.manifests import Manifest

AS_SHIPPED = PolicyFile(name="as-shipped")
"""The policy of an experiment that names none."""


@dataclass(frozen=True)
class Step:
    """One policy's own part, and where it stands in the experiment file."""

    policy: PolicyFile
    path: Path

    def patches(self) -> list[tuple[PatchFile, Path, Path]]:
        """The policy's patches, each with its place and that of its target: first what is said of all Deployments."""
        said = {field: getattr(self.policy, field) for field in ShortForms.model_fields}
        everywhere = TargetFile(kind="Deployment")
        return [
            *(
                (PatchFile.model_validate({"target": everywhere, field: value}), self.path, (*self.path, field))
                for field, value in said.items()
                if value is not None
            ),
            *(
                (item, place := (*self.path, "patches", i), (*place, "target"))
                for i, item in enumerate(self.policy.patches)
            ),
        ]


@dataclass(frozen=True)
class Lineage:
    """A policy after `extends`: the steps in the order in which they apply, its own last."""

    name: str
    steps: tuple[Step, ...]

    def lists(self, field: str) -> list[list[tuple[Any, Path]]]:
        """The items of a list field, each with its place: a list per step."""
        return [
            [(item, (*step.path, field, i)) for i, item in enumerate(getattr(step.policy, field))]
            for step in self.steps
        ]

    def items(self, field: str) -> list[tuple[Any, Path]]:
        """The items of a list field over all steps, each with its place."""
        return [item for items in self.lists(field) for item in items]


def lineages(policies: Sequence[PolicyFile], source: Source, problems: list[Problem]) -> list[Lineage]:
    """Every policy after `extends`, in the order of the file. Each policy applies once, parents before children."""
    if not policies:
        return [Lineage(AS_SHIPPED.name, (Step(AS_SHIPPED, ("spec", "policies")),))]
    written = source.document.value["spec"].get("policies")
    known = [policy.get("name") for policy in written if isinstance(policy, dict)]
    places = {policy.name: i for i, policy in enumerate(policies)}

    def steps(name: str, below: tuple[str, ...]) -> list[Step]:
        index, chain = places[name], (*below, name)
        path: Path = ("spec", "policies", index)
        before: list[Step] = []
        for i, parent in enumerate(policies[index].extends):
            place = (*path, "extends", i)
            if parent in chain:
                circle = chain[chain.index(parent) :]
                if parent == min(circle, key=places.__getitem__):  # each circle once, however one comes into it
                    way = " -> ".join([*circle, parent])
                    problems.append(source.problem(place, f"policies extend each other in a circle: {way}"))
            elif parent in places:
                before += [step for step in steps(parent, chain) if step not in before]
            elif parent not in known:
                problems.append(source.problem(place, f"there is no policy {parent!r}{did_you_mean(parent, places)}"))
        return [*before, Step(policies[index], path)]

    return [Lineage(policy.name, tuple(steps(policy.name, ()))) for policy in policies]


@dataclass(frozen=True)
class Change:
    """A place in an object that a patch has set, and where the patch says so."""

    manifest: str
    path: str
    place: Path


def patch(
    objects: Sequence[Manifest], lineage: Lineage, source: Source, problems: list[Problem]
) -> tuple[list[Manifest], list[Change]]:
    """The objects after the policy's patches, and what was set where."""
    patched, changes = list(objects), list[Change]()
    for item, place, target in (found for step in lineage.steps for found in step.patches()):
        matching = [i for i, manifest in enumerate(patched) if _matches(item.target, manifest)]
        if not matching:
            problems.append(source.problem(target, _no_match(item.target, patched)))
        for i in matching:
            value = copy.deepcopy(dict(patched[i].value))
            try:
                value, touched = _apply(item, patched[i], value)
            except PatchError as error:
                problems.append(source.problem(place, f"cannot patch {patched[i].key}: {error}"))
                continue
            changes += [Change(patched[i].key, path, source.path(*place, *where)) for path, where in touched]
            patched[i] = patched[i].with_value(value)
        budgets = _budgets(item, [patched[i] for i in matching], source, place)
        changes += [
            Change(one.key, f"spec.{limit}", source.path(*place, "budget", limit))
            for one in budgets
            for limit in one.value["spec"]
        ]
        patched = [one for one in patched if not any(_replaces(budget, one) for budget in budgets)] + budgets
    return patched, changes


def _budgets(item: PatchFile, workloads: Sequence[Manifest], source: Source, place: Path) -> list[Manifest]:
    """The PodDisruptionBudgets that a patch gives these workloads."""
    made = [item.disruption_budget(workload) for workload in workloads]
    return [Manifest(budget, source.document, source.path(*place, "budget")) for budget in made if budget is not None]


def _replaces(budget: Manifest, other: Manifest) -> bool:
    """Whether a budget takes the place of another object: of a budget with its name, or of its pods."""
    if (other.kind, other.namespace) != (budget.kind, budget.namespace):
        return False
    selector = selector_of(budget)
    return other.name == budget.name or (selector is not None and selector_of(other) == selector)


def _apply(item: PatchFile, manifest: Manifest, value: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, Path]]]:
    """The patched value; and each path that was set, with its place in the patch."""
    touched: list[tuple[str, Path]] = []
    for field, merged in item.merges(manifest).items():
        value = merge(value, merged)
        touched += [(dotted(path), (field, *(path if field == "merge" else ()))) for path in _leaves(merged, ())]
    for path, setting in item.set.items():
        touched.append((dotted(set_path(value, path, copy.deepcopy(setting))), ("set", path)))
    return value, touched


def _leaves(value: Any, path: Path) -> Iterator[Path]:
    """The paths of the values below mappings (a list counts as a value: its items move when merged)."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path


def blame(error: InputError, lineage: Lineage, changes: Sequence[Change], source: Source) -> list[Problem]:
    """Problems of patched objects, placed at the patch that made them."""
    blamed: dict[tuple[Path | None, str], list[Problem]] = {}
    for problem in error.problems:
        mine = [change for change in changes if problem.path.startswith(f"{change.manifest} ")]
        guilty = [change for change in mine if _touches(change.path, problem.path.removeprefix(f"{change.manifest} "))]
        if guilty:
            moved = source.document.problem(guilty[-1].place, f"{problem.path}: {problem.message}")
            blamed.setdefault((guilty[-1].place, problem.message), []).append(moved)
        else:
            patched = f" (after the patches of policy {lineage.name!r})" if mine else ""
            moved = Problem(problem.location, problem.path, problem.message + patched)
            blamed.setdefault((None, str(moved)), []).append(moved)
    return [
        replace(same[0], message=f"{same[0].message} (and {len(same) - 1} more objects)") if same[1:] else same[0]
        for same in map(sorted, blamed.values())
    ]


def _touches(changed: str, wrong: str) -> bool:
    """Whether one of two dotted paths lies in the other."""
    return f"{wrong}.".startswith((f"{changed}.", f"{changed}[")) or f"{changed}.".startswith(f"{wrong}.")


def added(
    lineage: Lineage, folder: str, source: Source, problems: list[Problem]
) -> tuple[list[tuple[str, Path]], list[Manifest]]:
    """What a policy adds: files with the place where they are named, and objects written in the experiment file."""
    files, objects = [], []
    for item, place in lineage.items("add"):
        if isinstance(item, str):
            files.append((located(folder, item), place))
        elif "kind" in item and "apiVersion" in item:
            objects.append(Manifest(item, source.document, source.path(*place)))
        else:
            problems.append(source.problem(place, "expected a Kubernetes object with apiVersion and kind"))
    return files, objects


def _matches(target: TargetFile, manifest: Manifest) -> bool:
    metadata = manifest.value.get("metadata")  # of whatever type: objects are checked only after they are patched
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return (
        target.kind == manifest.kind
        and target.name in (None, manifest.name)
        and target.namespace in (None, manifest.namespace)
        and (target.labels is None or parse_selector(target.labels).matches(labels if isinstance(labels, dict) else {}))
    )


def _no_match(target: TargetFile, objects: Sequence[Manifest]) -> str:
    kinds = sorted({manifest.kind for manifest in objects})
    names = [manifest.name for manifest in objects if manifest.kind == target.kind]
    if not names:
        return f"no object of kind {target.kind!r} to patch{did_you_mean(target.kind, kinds)}"
    if target.name is not None and target.name not in names:
        return f"no {target.kind} {target.name!r} to patch{did_you_mean(target.name, names)}"
    return f"no {target.kind} with this namespace and labels to patch; there is {', '.join(map(repr, names))}"

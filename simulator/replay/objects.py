"""What the actions of a recording make of the objects, from the first action to the last."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from models.behaviour import Behaviour
from models.cronjob import CronJob
from models.input.documents import Document
from models.input.patches import PatchError, json_merge, merge
from models.input.problems import InputError, Path, Problem, did_you_mean, shown
from models.manifests import Manifest, build_cluster
from models.manifests.conversion import Admission
from models.timing import Timing
from simulator.replay.fake_kubelet import EXIT, NEVER, READY, RUN, START, STOP, with_readiness
from simulator.replay.shape import problems_of

_P_AND_VALUE = re.compile(r"p(-?[0-9]{1,10})")
_EXIT_CODE = re.compile(r"[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]")
_TEMPLATES = {"Pod": (), "CronJob": ("spec", "jobTemplate", "spec", "template")}
"""Where the template of the pods is, if not in spec.template."""
SCALABLE = ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet")


class Objects:
    """The objects as the actions leave them; what is wrong with them is added to the problems given."""

    def __init__(self, document: Document, timing: Timing, problems: list[Problem]) -> None:
        self._document = document
        self._behaviour = Behaviour(timing=timing)
        self._manifests: dict[tuple[str, str], Manifest] = {}
        """By kind and name, as actions name them."""
        self._admitting: dict[str, Manifest] = {}
        """By key, what admission works into the pods of objects that are applied later."""
        self._problems = problems

    def before(self, values: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
        """What was in the cluster before the first action."""
        return tuple(spec for i, value in enumerate(values) for spec in self._apply(value, ("cluster", i)))

    def after(self, action: Mapping[str, Any], index: int) -> tuple[Any, ...]:
        """What the action gives the API server; nothing if it is not about an object that it keeps."""
        path: Path = ("actions", index)
        match action["do"]:
            case "apply":
                return self._apply(action["object"], (*path, "object"))
            case "patch":
                return self._changed(action, path, merge)
            case "merge" if action["kind"] == "Pod" and ("Pod", action["name"]) not in self._manifests:
                self._problems += problems_of(self._document, "made-pod", action["patch"], (*path, "patch"))
            case "merge":
                return self._changed(action, path, json_merge)
            case "delete" if action["kind"] == "PodDisruptionBudget":
                self._delete_budget(action, path)
            case "delete" if action["kind"] in SCALABLE:  # all pods go, and none comes after them
                return self._changed({**action, "patch": {"spec": {"replicas": 0}}}, path, json_merge)
            case "delete" if action["kind"] != "Pod":
                known = ("Pod", "PodDisruptionBudget", *SCALABLE)
                self._problem((*path, "kind"), f"expected one of {', '.join(known)} (got {shown(action['kind'])})")
        return ()

    def _apply(self, value: Mapping[str, Any], path: Path) -> tuple[Any, ...]:
        manifest = Manifest(value, self._document, path)
        key = (manifest.kind, manifest.name)
        known = self._manifests.get(key)
        if known is not None and known.namespace != manifest.namespace:
            self._problem(path, f"there is {known.key} already: actions tell objects by kind and name alone")
        if known is not None and manifest.kind == "Service":
            self._problem(path, f"there is {known.key} already, and a Service cannot be changed here")
        self._manifests[key] = manifest
        others = [each for each in self._admitting.values() if each.key != manifest.key]
        try:
            built = build_cluster([*others, manifest], behaviour=self._behaviour).cluster
        except InputError as error:
            self._problems += error.problems
            return ()
        if manifest.kind in Admission.KINDS:
            self._admitting[manifest.key] = manifest
        specs = [spec for field in fields(built) for spec in getattr(built, field.name)]
        return tuple(self._observed(spec, manifest) for spec in specs)

    def _observed(self, spec: Any, manifest: Manifest) -> Any:
        """What is applied, if its pods can be told when they are ready, and how they end."""
        if isinstance(spec, CronJob):
            return replace(spec, job=self._observed(spec.job, manifest))
        template = getattr(spec, "template", None)
        if template is None:
            return spec
        where = (*_TEMPLATES.get(manifest.kind, ("spec", "template")), "metadata", "annotations")
        wrong = [*_wrong_annotations(template.annotations)]
        self._problems += [manifest.problem((*where, key), message) for key, message in wrong]
        return spec if wrong else replace(spec, template=with_readiness(template))

    def _changed(self, action: Mapping[str, Any], path: Path, change: Callable[[Any, Any], Any]) -> tuple[Any, ...]:
        kind, name = key = action["kind"], action["name"]
        known = self._manifests.get(key)
        if known is None:
            names = [name for of, name in self._manifests if of == kind]
            self._problem((*path, "name"), f"there is no {kind}/{name} then{did_you_mean(name, names)}")
            return ()
        try:
            value = change(known.value, action["patch"])
        except PatchError as error:
            self._problem((*path, "patch"), str(error))
            return ()
        if Manifest(value, self._document).key != known.key:
            self._problem((*path, "patch"), f"what is patched must stay {known.key}")
            return ()
        return self._apply(value, (*path, "patch"))

    def _delete_budget(self, action: Mapping[str, Any], path: Path) -> None:
        known = self._manifests.pop(("PodDisruptionBudget", action["name"]), None)
        if known is None or known.namespace != "default":
            there = [m.name for m in self._manifests.values() if m.kind == "PodDisruptionBudget"]
            message = f"there is no PodDisruptionBudget/{action['name']} then{did_you_mean(action['name'], there)}"
            self._problem((*path, "name"), message)

    def _problem(self, path: Path, message: str) -> None:
        self._problems.append(self._document.problem(path, message))


def _wrong_annotations(annotations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(annotation, what is wrong) of those that the fake kubelets read."""
    for key, written in annotations.items():
        if key in (START, READY, STOP, RUN) and not (_is_seconds(written) or (key, written) == (START, NEVER)):
            yield key, f"expected seconds (got {shown(written)})"
        if (key == EXIT or key.startswith(f"{EXIT}-")) and not _EXIT_CODE.fullmatch(written):
            yield key, f"expected an exit code, 0 to 255 (got {shown(written)})"


def _is_seconds(text: str) -> bool:
    try:
        return 0 <= float(text) < math.inf
    except ValueError:
        return False


def created_by(
    actions: Sequence[Mapping[str, Any]],
    before: Sequence[Mapping[str, Any]],
    document: Document,
    problems: list[Problem],
) -> tuple[Any, ...]:
    """What was in the cluster before, and what the actions create, in order; of a recording of placements.

    PriorityClasses that are not among the objects are called p and their value. What is wrong is added to the problems.
    """
    written: list[tuple[Path, Mapping[str, Any]]] = [(("cluster", i), value) for i, value in enumerate(before)]
    for i, action in enumerate(actions):
        if "object" in action:
            written.append((("actions", i, "object"), action["object"]))
        written += [(("actions", i, "objects", j), value) for j, value in enumerate(action.get("objects", ()))]
    manifests = [Manifest(value, document, path) for path, value in written]
    given = {manifest.name for manifest in manifests if manifest.kind == "PriorityClass"}
    for manifest in list(manifests):
        spec = manifest.value.get("spec")
        name = spec.get("priorityClassName") if isinstance(spec, dict) else None
        if isinstance(name, str) and name not in given and (value := _P_AND_VALUE.fullmatch(name)):
            given.add(name)
            manifests.append(Manifest(_priority_class(name, int(value[1])), document, manifest.path))
    try:
        built = build_cluster(manifests).cluster
    except InputError as error:
        problems += error.problems
        return ()
    return tuple(spec for field in fields(built) for spec in getattr(built, field.name))


def _priority_class(name: str, value: int) -> dict[str, Any]:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
    }

"""Manifests and an experiment, as a person would write them, from a dump of a live cluster."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from experiments.file.shorthand import name_for
from experiments.file.written import yaml_text
from experiments.live.cleaning import cleaned
from experiments.live.pools import Machine, Pool, machines, pools, requests_of
from experiments.live.sorting import SYSTEM, LeftOut, Sorted, part, sort_out
from experiments.live.surroundings import failures_block, nodes_block
from experiments.preflight.first import Surroundings, first_experiment
from experiments.store.files import write
from models.input.problems import InputError, Location, Problem
from models.manifests.cluster import build_cluster
from models.manifests.kinds import is_built_in
from models.manifests.manifest import Manifest
from models.manifests.reading import read_objects
from models.manifests.schema import schema_errors
from models.node import HOSTNAME_LABEL
from models.units import counted, format_cpu, format_memory

WANTED = ("Deployment", "Service", "StatefulSet", "DaemonSet", "PodDisruptionBudget", "HorizontalPodAutoscaler")
"""Kinds that decide most: where a dump has none of one, that is said."""
NODES = "nodes.yaml"
CLUSTER_WIDE = "_cluster.yaml"
"""No namespace can be called so."""


@dataclass(frozen=True)
class Imported:
    """What is written of a live cluster."""

    manifests: dict[str, str]
    """By the name of the file: one for each namespace, one for what is in none."""
    nodes: str
    """Node manifests of those nodes that manifests name; "" if there are none."""
    known: Surroundings

    def save(self, output: Path) -> list[Path]:
        """Writes the experiment, and the manifests into a folder beside it; raises InputError if they are no good."""
        folder = output.with_name(f"{output.stem}-manifests")
        written = [folder / name for name in self.manifests]
        for path, text in zip(written, self.manifests.values(), strict=True):
            write(path, text)
        if self.nodes:
            written.append(output.with_name(f"{output.stem}-{NODES}"))
            write(written[-1], self.nodes)
        write(output, first_experiment([str(folder)], [folder.name], str(output), self.known))
        return [*written, output]


def import_cluster(paths: Sequence[str], output: Path) -> Imported:
    """What files of `kubectl get -o yaml`, or the folder of `kubectl cluster-info dump`, say; raises InputError.

    `output` is what the experiment is to be called.
    """
    read = read_objects(paths)
    found = sort_out(read.objects)
    if not found.kept:
        message = "nothing that runs is in it: give what `kubectl get deployments,statefulsets,... -A -o yaml` prints"
        raise InputError([Problem(Location(paths[0]), "", message)])
    kept, unknown = _cleaned(found.kept)
    desired = list(_desired(found.kept, kept))
    build_cluster(kept)  # what is wrong is told with its place in the dump
    known = machines(found.nodes, found.limits, found.bound)
    names = {one.name for one in known}
    bound = {node: pods for node, pods in found.bound.items() if node in names}
    mentioned = {text for manifest in kept for text in _texts(manifest.value)}
    named = [one for one in known if one.name in mentioned]
    made = pools([one for one in known if one not in named], mentioned)
    by_namespace: dict[str, list[Manifest]] = {}
    for manifest in kept:
        file = f"{manifest.namespace}.yaml" if manifest.namespace else CLUSTER_WIDE
        by_namespace.setdefault(file, []).append(manifest)
    return Imported(
        {name: "---\n".join(yaml_text(one.value) for one in of) for name, of in sorted(by_namespace.items())},
        "---\n".join(yaml_text(_node(one)) for one in named),
        Surroundings(
            name=name_for(output),
            found=[*_sentences(paths, len(read.objects), found), *desired, *unknown],
            nodes=nodes_block(made, named, f"{output.stem}-{NODES}", bound),
            failures=failures_block(made, named),
            system=SYSTEM,
            spread="zone" if len({one.zone for one in known} - {""}) > 1 or not known else "node",
        ),
    )


def _cleaned(manifests: Iterable[Manifest]) -> tuple[list[Manifest], list[str]]:
    """(the objects without what servers added, and without secrets; what else was left out of them)."""
    found, unknown = [], Counter[str]()
    for manifest in manifests:
        value = cleaned(manifest.value)
        if is_built_in(manifest.api_version, manifest.kind):
            for path, _, at_key in list(schema_errors(manifest.api_version, manifest.kind, value)):
                if at_key and _forget(value, path):
                    unknown[f"{manifest.kind} {path[-1]}"] += 1
        found.append(manifest.with_value(value))
    told = ", ".join(sorted(unknown))
    return found, [f"Fields of a later Kubernetes than is known here were left out: {told}."] if told else []


def _forget(value: Any, path: Sequence[str | int]) -> bool:
    """Whether the field was there; it is not any more."""
    for step in path[:-1]:
        value = value[step]
    return value.pop(path[-1], None) is not None


def _desired(originals: Iterable[Manifest], kept: list[Manifest]) -> Iterator[str]:
    """Gives workloads under an autoscaler the replicas that it wanted last; a sentence on each."""
    places = {(one.kind, one.namespace, one.name): i for i, one in enumerate(kept)}
    for original in originals:
        if original.kind != "HorizontalPodAutoscaler":
            continue
        spec, target = part(original.value, "spec"), part(part(original.value, "spec"), "scaleTargetRef")
        place = places.get((str(target.get("kind")), original.namespace, str(target.get("name"))))
        if place is None:
            continue
        workload, status = kept[place], part(original.value, "status")
        asked = part(workload.value, "spec")
        desired = status.get("desiredReplicas")
        wanted = desired if _is_count(desired) and desired > 0 else asked.get("replicas", 1)
        if not _is_count(wanted):
            continue  # told with its place, as what else is wrong
        kept[place] = workload.with_value({**workload.value, "spec": {**asked, "replicas": wanted}})
        limits = f"{spec.get('minReplicas', 1)} to {spec.get('maxReplicas')}"
        yield f"{workload.key} has {counted(wanted, 'replica')}, as its autoscaler ({limits}) wanted last."


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _texts(value: Any) -> Iterator[str]:
    """Every text in it, keys as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _node(machine: Machine) -> dict[str, Any]:
    """A machine as a Node manifest, under its own name."""
    written = Pool(machine.name, [machine]).written()
    zone = {"topology.kubernetes.io/zone": machine.zone} if machine.zone else {}
    labels = {HOSTNAME_LABEL: machine.name, **zone, **machine.labels}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": machine.name, "labels": labels},
        **({"spec": {"taints": written["taints"]}} if "taints" in written else {}),
        "status": {"allocatable": {**written["allocatable"], "pods": machine.pods}},
    }


# --- what is said of it -----------------------------------------------------------------------------------------------


def _sentences(paths: Sequence[str], count: int, found: Sorted) -> Iterator[str]:
    named = ", ".join(os.path.basename(os.path.normpath(path)) for path in paths)
    yield f"From {counted(count, 'object')} in {named}."
    for why in LeftOut:
        if objects := found.left_out.get(why):
            yield f"Left out: {_kinds(objects)}: {why}."
    for owner, made in found.missing.items():
        becomes = "they stand as they are, and once gone nobody makes them again"
        if owner.startswith("DaemonSet/"):
            becomes = "their requests are taken off the nodes"
        yield f"MISSING: {owner}, which made {_kinds(made)}, is not among the objects, or has no model: {becomes}."
    kinds = {manifest.kind for manifest in found.kept}
    if absent := [kind for kind in WANTED if kind not in kinds]:
        yield f"No {', '.join(absent)} is in it: where the cluster has some, `kubectl get` them as well."
    if not found.nodes:
        yield "MISSING: the nodes (kubectl get nodes -o yaml): those below are round figures."
    yield (
        "Of Secrets and ConfigMaps only the keys were kept. Values of variables, command lines, headers, paths and "
        "hosts of probes, options of volumes, host aliases and DNS settings of pods, names of iSCSI initiators, "
        "credential specs of Windows, annotations, and texts that look like secrets were not."
    )
    if system := [one for one in found.kept if one.namespace in SYSTEM and "template" in part(one.value, "spec")]:
        yield f"Of kube-system stay {_kinds(system)}, which take room on the nodes; its Services are not measured."
    if daemons := [one for one in found.kept if one.kind == "DaemonSet"]:
        cpu, memory = (sum(amounts) for amounts in zip(*(_asked(one) for one in daemons), strict=True))
        yield (
            f"{counted(len(daemons), 'DaemonSet')}: {format_cpu(cpu)} CPU and {format_memory(memory)} of a node with "
            "a pod of each; they run here too, so nothing is taken off for them."
        )
    scalers = [one.key for one in found.kept if any(word in one.name for word in ("cluster-autoscaler", "karpenter"))]
    if workloads := [key for key in scalers if key.startswith(("Deployment/", "StatefulSet/"))]:
        yield (
            f"{workloads[0]} adds and removes nodes: give pools `min` and `max`, and say `nodeAutoscaler` "
            "(kubenines explain nodeAutoscaler)."
        )


def _asked(workload: Manifest) -> tuple[int, int]:
    """(millicores, bytes) that a pod of it asks for."""
    return requests_of(workload.with_value(part(part(workload.value, "spec"), "template")))


def _kinds(objects: Iterable[Manifest]) -> str:
    """How many of which kinds: "3 Pods, 1 ReplicaSet"."""
    counts = Counter(manifest.kind for manifest in objects)
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(counted(count, kind, kind if kind.endswith("s") else "") for kind, count in ordered)

"""Reads a recording, and finds all that is wrong with it before anything is done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any

from models.input.documents import Document, load_documents
from models.input.problems import InputError, Path, Problem, did_you_mean
from models.node import Node
from models.pod import Pod
from models.timing import Timing
from simulator.replay.objects import Objects, created_by
from simulator.replay.recording import node_manifest, nodes_of, timing_of
from simulator.replay.shape import shape_problems

PLACING = ("apply", "bind-wait")
"""What is done in a recording of placements."""


@dataclass(frozen=True)
class Recording:
    """What was done to a real control plane, and what was seen."""

    value: Mapping[str, Any]
    """As it is written; its shape is that of recording.yaml."""
    document: Document
    nodes: tuple[Node, ...]
    joining: Mapping[int, Node]
    """By the index of the action that adds it."""
    timing: Timing
    created: tuple[Any, ...]
    """What was in the cluster before the first action; of placements, all that the actions create too."""
    applied: Mapping[int, tuple[Any, ...]]
    """What an action gives the API server, by its index; nothing for those that are not about an object."""

    @property
    def is_of_placements(self) -> bool:
        """Whether pods were placed one after the other, and nothing else was done."""
        return "placements" in self.value

    def refused(self, path: Path, message: str) -> InputError:
        """What to raise for something that turns out to be impossible only when it is done."""
        return InputError([self.document.problem(path, message)])


def read(path: FilePath) -> Recording:
    """The recording in a file. Raises InputError with all problems: of its shape, else of what it says."""
    document, *others = load_documents(path)
    problems = [other.problem((), "expected one recording (this is another document)") for other in others]
    problems += shape_problems(document)
    if problems:
        raise InputError(problems)
    value = document.value
    actions, placing = value["actions"], "placements" in value
    timing = timing_of(value.get("flags", {}), float(value.get("clock", 0.0)), document, problems)
    applied: dict[int, tuple[Any, ...]] = {}
    if placing:
        created = created_by(actions, value.get("cluster", ()), document, problems)
        problems += _placement_problems(document, created)
    else:
        objects = Objects(document, timing, problems)
        created = objects.before(value.get("cluster", ()))
        applied = {i: objects.after(action, i) for i, action in enumerate(actions)}
        problems += _action_problems(document)
    listed = [node_manifest(node, value["name"], document, ("nodes", i)) for i, node in enumerate(value["nodes"])]
    nodes = nodes_of(listed, problems)
    joining: dict[int, Node] = {}
    for i, action in enumerate(actions):
        if action["do"] == "add-node":
            added = node_manifest(action["node"], value["name"], document, ("actions", i, "node"))
            for node in nodes_of([added], problems):
                joining[i] = node
    if problems:
        raise InputError(problems)
    return Recording(value, document, nodes, joining, timing, created, applied)


def _action_problems(document: Document) -> Iterator[Problem]:
    """What cannot be done, or not in this order: about nodes that are not there then, mostly."""
    value = document.value
    there = {node["name"] for node in value["nodes"]}
    for i, action in enumerate(value["actions"]):
        do = action["do"]
        if do == "bind-wait":
            yield document.problem(
                ("actions", i, "do"), "expected only in a recording of placements, and this has none"
            )
        elif do == "add-node":
            name = action["node"]["name"]
            if name in there:
                yield document.problem(("actions", i, "node", "name"), f"there is a node {name!r} already")
            there.add(name)
        elif do in ("delete-node", "merge-node") or "node" in action:
            key = "node" if "node" in action else "name"
            name = action[key]
            if name not in there:
                message = f"there is no node {name!r} then{did_you_mean(name, there)}"
                yield document.problem(("actions", i, key), message)
            if do == "delete-node":
                there.discard(name)
        elif do == "metrics" and any(later <= earlier for (earlier, _), (later, _) in pairwise(action["load"])):
            yield document.problem(("actions", i, "load"), "the steps must increase in time")


def _placement_problems(document: Document, created: Sequence[Any]) -> Iterator[Problem]:
    """Pods and nodes that are not there, and orders that cannot be."""
    value = document.value
    for i, action in enumerate(value["actions"]):
        if action["do"] not in PLACING:
            message = f"expected one of {', '.join(PLACING)} in a recording of placements"
            yield document.problem(("actions", i, "do"), message)
    nodes = {node["name"] for node in value["nodes"]}
    pods = {spec.name: spec.template.absences.refused for spec in created if isinstance(spec, Pod)}
    seen: set[str] = set()
    most = len(value["placements"])
    for i, placement in enumerate(value["placements"]):
        at: Path = ("placements", i)
        pod, node = placement["pod"], placement["node"]
        if pod not in pods:
            yield document.problem((*at, "pod"), f"no action creates the pod {pod!r}{did_you_mean(pod, pods)}")
        elif pods[pod]:
            yield document.problem((*at, "pod"), pods[pod].format(pod))
        elif pod in seen:
            yield document.problem((*at, "pod"), f"the pod {pod!r} is placed twice")
        seen.add(pod)
        if node is not None and node not in nodes:
            yield document.problem((*at, "node"), f"there is no node {node!r}{did_you_mean(node, nodes)}")
        if node is not None and not i < placement.get("bound_after", 0) <= most:
            message = f"expected how many pods there were when it was bound, {i + 1} to {most}"
            yield document.problem((*at, "bound_after"), message)

"""What acts out the tables of the scheduler's plugins."""

from typing import Any

import numpy as np

from models.pod import Pod
from models.service import Service
from simulator.scheduling.arguments import read_arguments
from simulator.scheduling.choosing import Chooser
from simulator.scheduling.framework import Profile
from simulator.scheduling.plugins.default_preemption import DefaultPreemption, select_victims
from simulator.scheduling.plugins.image_locality import ImageLocality
from simulator.scheduling.plugins.inter_pod_affinity import InterPodAffinity
from simulator.scheduling.plugins.node_affinity import NodeAffinity
from simulator.scheduling.plugins.node_ports import NodePorts
from simulator.scheduling.plugins.node_resources_balanced_allocation import NodeResourcesBalancedAllocation
from simulator.scheduling.plugins.node_resources_fit import NodeResourcesFit, broken_linear
from simulator.scheduling.plugins.node_unschedulable import NodeUnschedulable
from simulator.scheduling.plugins.pod_topology_spread import Limit, PodTopologySpread
from simulator.scheduling.plugins.taint_toleration import TaintToleration
from simulator.scheduling.preemption import Evaluator
from simulator.scheduling.snapshot import Snapshot
from simulator.scheduling.ties import FirstTies
from simulator.state.objects import PodState
from simulator.state.objects.disruption import BudgetState
from tests.upstream.scene import RefusedError, Scene, node, pod, read
from tests.upstream.tables import Case, NotExpressibleError, runs

VERY_LARGE = {"cpu": "500m", "memory": 500, "pods": 32}
"""What each node of the preemption tables has."""


def _scene(case: Case, pods: str = "existingPods") -> Scene:
    """The nodes of the case, its failed nodes behind them, and its pods."""
    given = case.input
    nodes = [node(written) for key in ("nodes", "failedNodes") for written in given.get(key) or ()]
    if "node" in given:
        nodes.append(node(given["node"]))
    services = [
        Service(f"service-{i}", selector=written["spec"].get("selector") or {})
        for i, written in enumerate(given.get("objs") or ())
    ]
    return Scene(nodes, given.get(pods) or (), services)


# ---------------------------------------------------------------------------------------------------- spread


@runs("PodTopologySpread filter")
def _(case: Case) -> dict[str, str]:
    scene = _scene(case)
    words = {
        None: "Success",
        "node(s) didn't match pod topology spread constraints": "Unschedulable",
        "node(s) didn't match pod topology spread constraints (missing required label)": "UnschedulableAndUnresolvable",
    }
    reasons = scene.reasons(PodTopologySpread(), pod(case.input["pod"]))
    answers = {name: words[next(iter(why), None)] for name, why in zip(scene.state.nodes.names, reasons, strict=True)}
    return {name: answers.get(name, "") for name in case.expected}


@runs("PodTopologySpread filter counts")
def _(case: Case) -> list[dict[str, int]]:
    scene = _scene(case)
    view = scene.view(pod(case.input["pod"]))
    return [
        {_domain(scene, limit, number): pods for number, pods in limit.matching().items()}
        for limit in PodTopologySpread().limits(view, scene.cluster)
    ]


def _domain(scene: Scene, limit: Limit, number: int) -> str:
    """The value of the label that makes this domain."""
    [row, *_] = np.flatnonzero(limit.count.domain == number)
    return scene.state.nodes.labels[row][limit.topology_key]


@runs("PodTopologySpread score")
def _(case: Case) -> list[int]:
    scene = _scene(case)
    return scene.scores(PodTopologySpread(), pod(case.input["pod"]), len(case.input["nodes"]))


# -------------------------------------------------------------------------------------------------- affinity


@runs("InterPodAffinity filter")
def _(case: Case) -> Any:
    try:
        reasons = _scene(case, "pods").reasons(InterPodAffinity(), pod(case.input["pod"]))
    except RefusedError:
        return "rejected"
    first = [why[:1] for why in reasons]  # upstream stops at the first
    return first[0] if "node" in case.input else first


@runs("InterPodAffinity score")
def _(case: Case) -> Any:
    ignores = case.input.get("ignorePreferredTermsOfExistingPods", False)
    plugin = InterPodAffinity(ignore_preferred_terms_of_existing_pods=ignores)
    try:
        return _scene(case, "pods").scores(plugin, pod(case.input["pod"]))
    except RefusedError:
        return "error: pod not scheduled"


@runs("NodeAffinity filter")
def _(case: Case) -> list[str]:
    given = case.input
    where = node({"metadata": {"name": given.get("nodeName", "node"), "labels": given.get("labels", {})}})
    try:
        [reasons] = Scene([where]).reasons(_affinity(given), pod(given["pod"]))
    except RefusedError:
        return ["(rejected)"]
    return ["(rejected)"] if reasons and "wantPreFilterStatus" in given else reasons


@runs("NodeAffinity score")
def _(case: Case) -> list[int]:
    return _scene(case).scores(_affinity(case.input), pod(case.input["pod"]))


def _affinity(given: Any) -> NodeAffinity:
    return NodeAffinity(**read_arguments("NodeAffinity", given.get("args") or {}))


# ------------------------------------------------------------------------------------------- taints and ports


@runs("TaintToleration filter")
def _(case: Case) -> bool:
    [reasons] = _scene(case).reasons(TaintToleration(), pod(case.input["pod"]))
    return bool(reasons)


@runs("TaintToleration score")
def _(case: Case) -> list[int]:
    return _scene(case).scores(TaintToleration(), pod(case.input["pod"]))


@runs("NodeUnschedulable")
def _(case: Case) -> bool:
    [reasons] = _scene(case).reasons(NodeUnschedulable(), pod(case.input.get("pod")))
    return bool(reasons)


@runs("NodePorts")
def _(case: Case) -> bool:
    existing = [_on("m1", written) for written in case.input["nodeInfo"]["pods"]]
    [reasons] = Scene([node({"metadata": {"name": "m1"}})], existing).reasons(NodePorts(), pod(case.input["pod"]))
    return bool(reasons)


def _on(name: str, written: Any) -> Any:
    return {**written, "spec": {**(written.get("spec") or {}), "nodeName": name}}


@runs("ImageLocality")
def _(case: Case) -> list[int]:
    return _scene(case).scores(ImageLocality(), pod(case.input["pod"]))


# -------------------------------------------------------------------------------------------------- resources


@runs("NodeResourcesFit filter")
def _(case: Case) -> list[str]:
    given = case.input
    existing = [_on("node", written) for written in (given.get("nodeInfo") or {}).get("pods") or ()]
    scene = Scene([node({"status": {"allocatable": given["allocatable"]}})], existing)
    plugin = NodeResourcesFit(**read_arguments("NodeResourcesFit", given.get("args") or {}))
    [reasons] = scene.reasons(plugin, pod(given.get("pod")))
    return reasons


@runs("NodeResourcesFit LeastAllocated")
@runs("NodeResourcesFit MostAllocated")
@runs("NodeResourcesFit score (all strategies)")
def _(case: Case) -> list[int]:
    return _scene(case).scores(_fit(case.input), pod(case.input["requestedPod"]))


@runs("NodeResourcesFit RequestedToCapacityRatio")
def _(case: Case) -> list[int]:
    given = case.input
    if "points" in given:
        points = tuple((point["utilization"], point["score"]) for point in given["points"])
        return [broken_linear(asked["p"], points) for asked in given["assertions"] if 0 <= asked["p"] <= 100]
    return _scene(case, "pods").scores(_fit(given), pod(given["pod"]))


def _fit(given: Any) -> NodeResourcesFit:
    return NodeResourcesFit(
        scoring_strategy=given["strategy"],
        resources=tuple((resource["name"], resource["weight"]) for resource in given["resources"]),
        shape=tuple(map(tuple, given["shape"])),
    )


@runs("NodeResourcesBalancedAllocation")
def _(case: Case) -> list[int]:
    given = case.input
    plugin = NodeResourcesBalancedAllocation(**read_arguments("NodeResourcesBalancedAllocation", given["args"]))
    return _scene(case).scores(plugin, pod(given["requestedPod"]))


@runs("NodeResources scored requests")
def _(case: Case) -> dict[str, int]:
    scored = pod(case.input["pod"]).template.spec.scored_requests
    return {"cpu": scored.cpu, "memory": scored.memory}


# ------------------------------------------------------------------------------------------------- preemption


class _Preemption:
    """The pod of a case, and what preemption may ask about it."""

    def __init__(self, case: Case, asked: Any, existing: Any, plugins: Any) -> None:
        given = case.input
        keys = ("hostname", "zone", "region")
        named = [dict(zip(keys, name.split("/"), strict=False)) for name in given["nodeNames"]]
        nodes = [
            node({"metadata": {"name": labels["hostname"], "labels": labels}, "status": {"allocatable": VERY_LARGE}})
            for labels in named
        ]
        budgets = [read("PodDisruptionBudget", written, f"budget-{i}") for i, written in enumerate(_budgets(given))]
        self.scene = Scene(nodes, existing, budgets)
        for record, written in zip(self.scene.state.workloads.of(BudgetState), _budgets(given), strict=True):
            record.allowed = written["status"]["disruptionsAllowed"]
        self.names = {
            placed.uid: written["metadata"]["name"]
            for placed, written in zip(self.scene.state.pods.values(), existing, strict=True)
        }
        known = {"noderesources": NodeResourcesFit(), "interpodaffinity": InterPodAffinity()}
        known["podtopologyspread"] = PodTopologySpread()
        filters = tuple(known[plugin[1]] for plugin in plugins if plugin[1] in known)
        chooser = Chooser(Profile(filters, ()), self.scene.state.nodes, self.scene.cluster)
        state = self.scene.state
        waiting = self._create(pod(asked))
        cycle_state = chooser.prepare(self.scene.view(pod(asked)))
        snapshot = Snapshot(state, self.scene.counts)
        self.pod = cycle_state.pod
        self.dry_run = Evaluator(waiting, cycle_state, state, chooser, snapshot, FirstTies())

    def _create(self, asked: Pod) -> PodState:
        self.scene.api.apply(asked)
        return list(self.scene.state.pods.values())[-1]


def _budgets(given: Any) -> list[Any]:
    return given.get("pdbs") or []


@runs("DefaultPreemption node choice")
def _(case: Case) -> str:
    given = case.input
    stage = _Preemption(case, given["pod"], given["pods"], [given["registerPlugin"]])
    chosen = DefaultPreemption().post_filter(stage.pod, stage.dry_run)
    name = "" if chosen is None else stage.scene.state.nodes.names[chosen[0]]
    return case.expected if name in given["expected"] else name  # of equals, any


@runs("DefaultPreemption victims")
def _(case: Case) -> dict[str, list[Any]]:
    given = case.input
    if len(given["testPods"]) > 1:
        raise NotExpressibleError("several pods that preempt")
    stage = _Preemption(case, given["testPods"][0], given["initPods"], given["registerPlugins"])
    found = {}
    for row, name in enumerate(stage.scene.state.nodes.names):
        candidate = select_victims(stage.pod, row, stage.dry_run, stage.dry_run.disruptions_allowed)
        if candidate is not None:
            found[name] = [sorted(stage.names[one.uid] for one in candidate.victims), candidate.violations]
    return found

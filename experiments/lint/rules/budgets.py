"""Disruption budgets: those that let no node be drained, and those that hold nobody up.

Source: pkg/controller/disruption/disruption.go, pkg/registry/core/pod/storage/eviction.go.
"""

import re
from collections.abc import Iterator, Sequence

from experiments.lint.application import Application, Workload, titles
from experiments.lint.finding import Severity
from experiments.lint.patch import Patch
from experiments.lint.rule import Smell, rule
from models.cluster import kind_of
from models.daemonset import DaemonSet
from models.deployment import scaled
from models.disruption import PodDisruptionBudget
from models.manifests import Manifest
from models.units import counted

_NAMED = re.compile(r"The disruption budget (\S+) needs")
_BLOCKS = (
    "no node with such a pod can be drained: upgrades wait for their time-out and then kill the pods, or never end, "
    "and a node autoscaler cannot remove the node"
)


@rule("budget-blocks-drains", Severity.ERROR, effect=_BLOCKS)
def budget_blocks_drains(app: Application) -> Iterator[Smell]:
    """A PodDisruptionBudget allows no eviction even when all of its pods are healthy.

    minAvailable is as high as the number of replicas, maxUnavailable is 0, neither is given, or pods are covered whose
    owner has no number of replicas (Jobs). A warning where an autoscaler may add replicas: it blocks while there are
    few. Pods of DaemonSets do not count, since drains pass over them. Whether a budget blocks that does allow an
    eviction is a question of the cluster: see drain-is-stuck.
    """
    for manifest, budget, covered in app.budgets():
        workloads = [one for one in covered if not isinstance(one.maker, DaemonSet)]
        if not workloads:
            continue
        lowest = _allowed(budget, workloads, [one.fewest for one in workloads])
        highest = _allowed(budget, workloads, [one.most for one in workloads])
        if lowest > 0 or sum(one.most for one in workloads) == 0:
            continue
        fewest = sum(one.fewest for one in workloads)
        key = next((key for key in ("minAvailable", "maxUnavailable") if key in manifest.value["spec"]), "selector")
        message = f"{_said(budget)} allows no eviction of {counted(fewest, 'pod')} ({titles(workloads)})"
        severity = Severity.ERROR
        if highest > 0:
            message, severity = f"{message}, the fewest that the autoscaler leaves", Severity.WARNING
        mend, patch = _loosened(manifest, budget, fewest)
        yield Smell(manifest, ("spec", key), message, mend, patch, severity)


@rule(
    "budget-protects-nothing",
    Severity.WARNING,
    effect="drains of several nodes at once may take all of the pods away together",
)
def budget_protects_nothing(app: Application) -> Iterator[Smell]:
    """A PodDisruptionBudget allows all of its pods, two or more, to be evicted at once."""
    for manifest, budget, workloads in app.budgets():
        pods = sum(one.most for one in workloads if one.is_replicated)
        if pods < 2 or len(workloads) != sum(one.is_replicated for one in workloads):
            continue
        if _allowed(budget, workloads, [one.most for one in workloads]) >= pods:
            key = "minAvailable" if budget.min_available is not None else "maxUnavailable"
            message = f"{_said(budget)} lets all {pods} pods be evicted at once ({titles(workloads)})"
            patch = Patch.of(manifest, ("spec", key), 1)
            yield Smell(manifest, ("spec", key), message, f"{key}: 1", patch)


@rule("several-budgets", Severity.ERROR, effect=_BLOCKS)
def several_budgets(app: Application) -> Iterator[Smell]:
    """More than one PodDisruptionBudget covers a pod: the eviction API answers every eviction with an error.

    Found at each budget but the first.
    """
    for workload in app.workloads:
        if isinstance(workload.maker, DaemonSet):
            continue
        for budget in workload.budgets[1:]:
            manifest = app.manifest_of("PodDisruptionBudget", budget.namespace, budget.name)
            if manifest is not None:
                message = f"the pods of {workload.title} are covered by {workload.budgets[0].name} as well"
                yield Smell(manifest, ("spec", "selector"), message, "leave one budget for each pod")


@rule(
    "replicas-without-budget",
    Severity.INFO,
    effect="drains of several nodes at once, as in an upgrade, may take all of the replicas away together",
)
def replicas_without_budget(app: Application) -> Iterator[Smell]:
    """A workload behind a Service has two replicas or more, and no PodDisruptionBudget covers them."""
    for workload in app.workloads:
        if workload.is_replicated and workload.serves and workload.fewest >= 2 and not workload.budgets:
            message = f"no PodDisruptionBudget covers its {workload.fewest} replicas"
            mend = "a PodDisruptionBudget with maxUnavailable: 1 over its labels"
            yield Smell(workload.manifest, ("spec", "replicas"), message, mend)


@rule(
    "unhealthy-pods-hold-drains",
    Severity.INFO,
    effect="pods that are never ready, as after a bad release, hold up drains though nobody would miss them",
)
def unhealthy_pods_hold_drains(app: Application) -> Iterator[Smell]:
    """A PodDisruptionBudget does not say that pods which are not ready may be evicted in any case.

    By default they may be only while enough others are ready. AlwaysAllow is what the documentation of Kubernetes
    recommends; for members of a quorum whose data is only where they are, IfHealthyBudget can be meant: then say so.

    Source: unhealthyPodEvictionPolicy of policy/v1.
    """
    for manifest, _, workloads in app.budgets():
        if workloads and "unhealthyPodEvictionPolicy" not in manifest.value["spec"]:
            path = ("spec", "unhealthyPodEvictionPolicy")
            message = "pods that are not ready are evicted only while the budget is met"
            mend = "unhealthyPodEvictionPolicy: AlwaysAllow, or IfHealthyBudget if it is meant so"
            stateful = any(kind_of(one.maker) == "StatefulSet" for one in workloads)
            yield Smell(manifest, path, message, mend, None if stateful else Patch.of(manifest, path, "AlwaysAllow"))


@rule("drain-is-stuck", Severity.ERROR, effect=_BLOCKS, needs_cluster=True)
def drain_is_stuck(app: Application) -> Iterator[Smell]:
    """A node of this cluster cannot be emptied within an hour: its drain is simulated, with all others in use.

    The scheduler says where replacements fit and the eviction API what the budget allows meanwhile, so this also finds
    budgets that look generous: of replicas that do not all fit on the nodes, or whose replacement needs the very node
    that is drained. Each budget is named once, where its drains are held up; those that allow no eviction at all are
    found by budget-blocks-drains without a cluster. Refusals name the budget and not its namespace, so budgets of one
    name are named together.
    """
    nodes: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for attempt in app.trial.stuck_drains:
        if found := _NAMED.search(attempt.last_refusal):
            nodes.setdefault(found[1], []).append(attempt.subject)
            words.setdefault(found[1], attempt.last_refusal)
    static = {smell.manifest.name for smell in budget_blocks_drains(app)}
    for manifest, budget, _ in app.budgets():
        if budget.name in nodes and budget.name not in static:
            stuck = nodes[budget.name]
            where = f"{', '.join(stuck[:3])}{f' and {len(stuck) - 3} more' if len(stuck) > 3 else ''}"
            message = f"a drain of {where} is not done in an hour: {words[budget.name]}"
            mend = "a lower minAvailable, or room elsewhere for one replica more: another node, or a softer spread"
            yield Smell(manifest, ("spec",), message, mend)


def _allowed(budget: PodDisruptionBudget, workloads: Sequence[Workload], counts: Sequence[int]) -> int:
    """How many evictions are allowed while all of so many pods of each workload are healthy."""
    pods = sum(counts)
    if isinstance(budget.min_available, int):
        return max(0, pods - budget.min_available)
    if budget.min_available is None and budget.max_unavailable is None:
        return 0
    if any(one.runs_to_an_end for one in workloads):
        return 0  # their owner has no scale, so the controller cannot tell what is expected
    expected = sum(count for one, count in zip(workloads, counts, strict=True) if one.is_replicated)
    if budget.min_available is not None:
        return max(0, pods - scaled(budget.min_available, expected, round_up=True)) if expected else 0
    assert budget.max_unavailable is not None
    return min(expected, scaled(budget.max_unavailable, expected, round_up=True))


def _loosened(manifest: Manifest, budget: PodDisruptionBudget, fewest: int) -> tuple[str, Patch | None]:
    """What lets one pod go, and the change; none for a single pod: it is the owner's choice what becomes of that."""
    if budget.min_available is None:
        return "maxUnavailable: 1", Patch.of(manifest, ("spec", "maxUnavailable"), 1) if fewest > 1 else None
    if fewest > 1:
        return f"minAvailable: {fewest - 1}", Patch.of(manifest, ("spec", "minAvailable"), fewest - 1)
    return "a second replica; or maxUnavailable: 1, if the pod may be away while its node is drained", None


def _said(budget: PodDisruptionBudget) -> str:
    if budget.min_available is not None:
        return f"minAvailable: {budget.min_available}"
    return "no limit" if budget.max_unavailable is None else f"maxUnavailable: {budget.max_unavailable}"

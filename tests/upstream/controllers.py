"""What acts out the tables of the controllers: Deployments, autoscalers, budgets."""

import re
from collections.abc import Sequence
from typing import Any

from models.autoscaling import (
    SCALE_DOWN,
    SCALE_UP,
    Metric,
    MetricSource,
    PolicyType,
    ScalingBehavior,
    ScalingPolicy,
    ScalingRules,
    TargetType,
)
from models.deployment import Deployment, IntOrPercent, Percent, ReplicaSet
from models.disruption import PodDisruptionBudget
from models.labels import LabelSelector
from models.pod import PodSpec, PodTemplate
from models.timing import Timing
from simulator.controllers.autoscaling.proposals import requested
from simulator.controllers.autoscaling.replica_calculator import (
    History,
    MetricError,
    ObservedPod,
    Sample,
    Tolerance,
    average_replicas,
    average_value_replicas,
    capped,
    group_pods,
    rate_limited,
    stabilized,
    stabilized_by_behavior,
    utilization_replicas,
    value_replicas,
)
from simulator.controllers.deployment import DeploymentController
from simulator.controllers.disruption import DisruptionController
from simulator.kernel import Kernel
from simulator.state.objects import DeploymentState, ReplicaSetState
from simulator.state.objects.disruption import BudgetState
from tests.upstream.scene import Scene, node, pod
from tests.upstream.tables import Case, NotExpressibleError, runs

NOW = 10_000.0
"""When the autoscaler's tables look."""
TIMING = Timing(
    autoscaler_cpu_initialization_period=120.0,
    autoscaler_initial_readiness_delay=10.0,
    controller_latency=0.0,
    creation_latency=0.0,
)
"""The flags of upstream's tests, and a control plane that takes no time."""
FOREVER = 1e12


# ------------------------------------------------------------------------------------------------- autoscalers


@runs("HPA replica calculator")
def _(case: Case) -> Any:
    given = case.input
    tolerances = given.get("tolerances", {})
    tolerance = Tolerance(tolerances.get("scaleUp", 0.1), tolerances.get("scaleDown", 0.1))
    try:
        answer = _resource_replicas if "resource" in given else _metric_replicas
        return answer(given, tolerance)
    except MetricError:
        return "error"


def _resource_replicas(given: Any, tolerance: Tolerance) -> int:
    resource = given["resource"]
    levels, names = resource.get("levels", []), resource.get("podNames")
    requests = [_milli(request) for request in resource.get("requests", [])]
    alone = given.get("container")
    samples: list[Sample | None] = []
    for i in range(_count(given)):
        by_container = levels[i] if i < len(levels) and names is None else []
        used = by_container[int(alone[-1]) - 1 :][:1] if alone else by_container
        samples.append(Sample(sum(used), NOW, 60.0) if used else None)
    share = 1 if alone else 2
    observed = _observed(given, samples, [share * request for request in requests])
    if any(one.request is None for one in observed):
        raise MetricError("missing request")
    groups = group_pods(observed, NOW, TIMING, cpu=resource["name"] == "cpu")
    return utilization_replicas(given["currentReplicas"], resource["targetUtilization"], groups, tolerance)


def _metric_replicas(given: Any, tolerance: Tolerance) -> int:
    metric, current = given["metric"], given["currentReplicas"]
    levels = metric["levels"]
    match metric.get("metricType", "objectMetric"):
        case "podMetric":
            samples = [Sample(levels[i], NOW, 60.0) if i < len(levels) else None for i in range(_count(given))]
            groups = group_pods(_observed(given, samples, []), NOW, TIMING, cpu=False)
            return average_replicas(current, metric["targetUsage"], groups, tolerance)
        case "objectMetric" | "externalMetric":
            observed = _observed(given, [None] * _count(given), [])
            ready = sum(one.ready and not one.pending and not one.ignored for one in observed)
            return value_replicas(current, sum(levels), metric["targetUsage"], ready, tolerance)
        case "objectPerPodMetric" | "externalPerPodMetric":
            return average_value_replicas(sum(levels), metric["perPodTargetUsage"], current, tolerance)
    raise NotExpressibleError(f"a metric of type {metric['metricType']}")


def _count(given: Any) -> int:
    """How many pods there are: failed ones are not among the replicas."""
    return max(int(given["currentReplicas"]), len(given.get("podPhase", ())))


def _milli(quantity: str) -> int:
    return round(1000 * float(quantity))


def _observed(given: Any, samples: Sequence[Sample | None], requests: Sequence[int]) -> list[ObservedPod]:
    observed = []
    for i, sample in enumerate(samples):
        phase = _item(given, "podPhase", i, "PodRunning")
        started = _item(given, "podStartTime", i, 0.0)
        observed.append(
            ObservedPod(
                sample=sample,
                request=requests[i] if i < len(requests) else None,
                ready=_item(given, "podReadiness", i, "ConditionTrue") == "ConditionTrue",
                ready_since=started,
                started=started,
                pending=phase == "PodPending",
                ignored=phase == "PodFailed" or _item(given, "podDeletionTimestamp", i, False),
            )
        )
    return observed


def _item(given: Any, key: str, i: int, default: Any) -> Any:
    items = given.get(key) or ()
    return items[i] if i < len(items) else default


@runs("HPA pod groups")
def _(case: Case) -> list[int]:
    given = case.input
    observed = [_reported(written, given.get("metrics") or {}) for written in given.get("pods") or ()]
    groups = group_pods(observed, NOW, TIMING, cpu=given["resource"] == "cpu")
    ignored = sum(one.ignored for one in observed)
    return [len(groups.ready), len(groups.unready), len(groups.missing), ignored]


def _reported(written: Any, metrics: Any) -> ObservedPod:
    status, metadata = written["status"], written["metadata"]
    [condition] = status.get("conditions") or [None]
    started = status.get("startTime")
    metric = metrics.get(metadata["name"])
    sample = metric and Sample(metric["value"], metric.get("timestamp", 0.0), metric.get("window", 0.0))
    return ObservedPod(
        sample=sample,
        ready=condition is not None and condition["status"] == "ConditionTrue",
        ready_since=condition["lastTransitionTime"]["time"] if condition else 0.0,
        started=started["time"] if started and condition else None,
        pending=status["phase"] == "PodPending",
        ignored=status["phase"] == "PodFailed" or "deletionTimestamp" in metadata,
    )


@runs("HPA requests")
def _(case: Case) -> dict[str, int] | str:
    given = case.input
    container = given.get("container") or None
    target = Metric(MetricSource.RESOURCE, given["resource"], TargetType.UTILIZATION, 100, container)
    found = {}
    for written in given.get("pods") or ():
        made = pod(written)
        scene = Scene([node({})])
        workload = scene.api.workload("Pod", made.namespace, made.name)
        amount = requested(scene.api.pod_class(workload, made.template, {}), target)
        if amount is None:
            return "error"
        found[made.name] = amount
    return found


@runs("HPA behavior rates")
def _(case: Case) -> list[Any]:
    given = case.input
    up, down = (
        _rules(given.get(key), rules) for key, rules in (("scaleUpRules", SCALE_UP), ("scaleDownRules", SCALE_DOWN))
    )
    limited = rate_limited(
        given["currentReplicas"],
        given["prenormalizedDesiredReplicas"],
        given["specMinReplicas"],
        given["specMaxReplicas"],
        ScalingBehavior(up, down),
        _history(given.get("scaleUpEvents")),
        _history(given.get("scaleDownEvents")),
        NOW,
    )
    return [*limited]


def _rules(written: Any, default: ScalingRules) -> ScalingRules:
    if written is None:
        return default
    policies = []
    if written["pods"] or written["pp"]:
        policies.append(ScalingPolicy(PolicyType.PODS, written["pods"], written["pp"]))
    if written["pct"] or written["pctp"]:
        policies.append(ScalingPolicy(PolicyType.PERCENT, written["pct"], written["pctp"]))
    return ScalingRules(tuple(policies), stabilization_window=float(written["win"]))


def _history(events: Any) -> History:
    history = History()
    for time, change in events or ():
        history.add(time, change, FOREVER)
    return history


@runs("HPA bounds without behavior")
def _(case: Case) -> list[Any]:
    given = case.input
    desired, least, most = given["expectedDesiredReplicas"], given["hpaMinReplicas"], given["hpaMaxReplicas"]
    return [*capped(given["currentReplicas"], desired, least, most)]


@runs("HPA stabilization")
def _(case: Case) -> int:
    given = case.input
    history = _history([(time, value) for value, time in given.get("recommendations") or ()])
    if "pre" in given:
        return stabilized(given["pre"], history, NOW, TIMING.autoscaler_downscale_stabilization).replicas
    up, down = (given.get(f"scale{way}StabilizationWindowSeconds", 0.0) for way in ("Up", "Down"))
    current, proposal = given["currentReplicas"], given["prenormalizedDesiredReplicas"]
    return stabilized_by_behavior(current, proposal, history, NOW, up, down).replicas


# ------------------------------------------------------------------------------------------------- Deployments


def _int_or_percent(written: Any) -> IntOrPercent:
    if isinstance(written, str):
        return Percent(int(written.removesuffix("%")))
    return int(written or 0)


def _deployment(replicas: int, surge: Any = 0, unavailable: Any = 0, app: str = "foo") -> Deployment:
    labels = {"app": app}
    return Deployment(
        app,
        PodTemplate(PodSpec(()), labels),
        LabelSelector.of(labels),
        replicas=replicas,
        max_surge=_int_or_percent(surge),
        max_unavailable=_int_or_percent(unavailable),
    )


@runs("Deployment fence posts")
def _(case: Case) -> Any:
    given = case.input
    if "deployment" not in given:
        wanted = _deployment(given["desired"], given.get("maxSurge"), given.get("maxUnavailable"))
        return [*wanted.fence_posts()]
    written = given["deployment"]
    unavailable = _deployment(written["replicas"], 1, written["maxUnavailable"]).fence_posts()[1]
    return unavailable if case.test == "TestMaxUnavailable" else written["replicas"] - unavailable


class _Rollout:
    """A Deployment with ReplicaSets of given sizes, and the controller's steps."""

    def __init__(self, spec: Deployment, sizes: dict[str, int], available: dict[str, int]) -> None:
        self.scene = Scene([])
        self.controller = DeploymentController(
            Kernel(0.0, 1.0), self.scene.state, TIMING, self.scene.api.deployment_class
        )
        self.scene.api.apply(spec)
        [self.deployment] = self.scene.state.workloads.of(DeploymentState)
        self.replica_sets = {name: self._replica_set(size, available.get(name, 0)) for name, size in sizes.items()}

    def _replica_set(self, size: int, available: int) -> ReplicaSetState:
        workloads, deployment = self.scene.state.workloads, self.deployment
        index = len(workloads.replica_set_names)
        made_for = self.scene.api.deployment_class(deployment)
        selector = deployment.spec.selector
        made = ReplicaSetState(index, deployment.workload, selector, made_for, index + 1, 0.0, deployment)
        deployment.replica_sets.append(made)
        workloads.add_replica_set(made)
        made.desired = size
        made.available = made.ready = available
        return made

    def sizes(self) -> dict[str, int]:
        return {name: replica_set.desired for name, replica_set in self.replica_sets.items()}


@runs("Deployment rolling")
def _(case: Case) -> int:
    given = case.input
    spec = _deployment(given["deploymentReplicas"], given.get("maxSurge"), given.get("maxUnavailable"))
    sizes = {"old": given["oldReplicas"], "new": given["newReplicas"]}
    available = {"old": given.get("readyPodsFromOldRS", 0), "new": given.get("readyPodsFromNewRS", 0)}
    rollout = _Rollout(spec, sizes, available)
    old, new = rollout.replica_sets.values()
    if case.test == "TestDeploymentController_reconcileNewReplicaSet":
        rollout.controller._rollout_rolling(rollout.deployment, new, [old, new])
        return new.desired
    rollout.controller._reconcile_old_replica_sets(rollout.deployment, new, [old], old.desired + new.desired)
    return old.desired


@runs("Deployment proportional scaling")
def _(case: Case) -> dict[str, int]:
    given = case.input
    before, after = given["oldDeployment"], given["deployment"]
    new, old = given.get("newRS"), given.get("oldRSs") or []
    oldest_first = sorted([*old, *([new] if new else [])], key=lambda written: written["created"])
    spec = _deployment(after["replicas"], after.get("maxSurge"), after.get("maxUnavailable"))
    rollout = _Rollout(spec, {written["name"]: written["replicas"] for written in oldest_first}, {})
    surge = _deployment(before["replicas"], before.get("maxSurge"), before.get("maxUnavailable")).fence_posts()[0]
    for name, replica_set in rollout.replica_sets.items():
        replica_set.annotated_desired = (given.get("desiredReplicasAnnotations") or {}).get(name, before["replicas"])
        replica_set.annotated_max = replica_set.annotated_desired + surge
    rollout.controller._sync_scale(rollout.deployment, rollout.replica_sets[new["name"]] if new else None)
    return {name: rollout.sizes()[name] for name in case.expected}


# ----------------------------------------------------------------------------------------------------- budgets


@runs("PodDisruptionBudget status")
def _(case: Case) -> list[int]:
    """The tables give the spec; the story is that of the test: (replicas of each owner, pods of it), None: no owner."""
    stories: dict[str, list[list[tuple[int | None, int]]]] = {
        "TestNoSelector": [[], [(None, 1)]],
        "TestPercentageMaxUnavailableWithScaling": [[(7, 1)], [(3, 1)]],
        "TestNakedPod": [[], [(None, 1)]],
        "TestReplicaSet": [[(10, 1)]],
        "TestScaleResource": [[(10, 4)]],
        "TestMultipleControllers": [[(None, 2)], [(1, 1), (1, 1)]],
    }
    if case.test not in stories:
        raise NotExpressibleError(f"the story of {case.test}, of which the table gives the budget only")
    scene = Scene([node({})])
    labels = {"foo": "bar"}
    selector = LabelSelector() if case.test == "TestNoSelector" else LabelSelector.of(labels)
    DisruptionController(scene.kernel, scene.state, TIMING)  # it listens
    scene.api.apply(_budget(case.input, selector))
    for number, (replicas, count) in enumerate(stories[case.test][case.step - 1]):
        template = PodTemplate(PodSpec(()), labels)
        owner = None
        if replicas is not None:
            scene.api.apply(ReplicaSet(f"set-{number}", template, LabelSelector.of(labels), replicas=replicas))
            owner = scene.state.workloads.replica_sets[-1]
        for i in range(count):
            workload = scene.api.workload("Pod", "default", f"pod-{number}-{i}")
            made = scene.state.pods.create(scene.api.pod_class(workload, template, {}), owner, 0)
            scene.state.pods.bind(made, 0)
            scene.state.pods.set_ready(made, True, 0)
    scene.kernel.run_until(0.5)
    [budget] = scene.state.workloads.of(BudgetState)
    status = [budget.allowed, budget.healthy, budget.desired, budget.expected]
    return status[: len(case.expected)]


def _budget(written: str, selector: LabelSelector) -> PodDisruptionBudget:
    found = re.fullmatch(r"\{'(min|max)': (?:(\d+)|Percent\(value=(\d+)\))\}", written)
    if found is None:
        raise NotExpressibleError(f"a budget of {written}")
    value = int(found[2]) if found[2] else Percent(int(found[3]))
    least, most = (value, None) if found[1] == "min" else (None, value)
    return PodDisruptionBudget("foobar", selector, min_available=least, max_unavailable=most)

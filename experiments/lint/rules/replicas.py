"""How many replicas there are, and who makes a pod again."""

from collections.abc import Iterator

from experiments.lint.application import Application, Workload
from experiments.lint.finding import Severity
from experiments.lint.patch import Patch
from experiments.lint.rule import Smell, rule
from models.cluster import kind_of
from models.cronjob import CronJob
from models.deployment import Deployment
from models.job import Job
from models.node import NOT_READY, UNREACHABLE, TaintEffect
from models.pod import Pod, Toleration


@rule(
    "single-replica",
    Severity.WARNING,
    effect="each crash, drain and eviction of the one pod is an outage, of about six minutes if its node dies",
)
def single_replica(app: Application) -> Iterator[Smell]:
    """A workload behind a Service has one replica, or an autoscaler may leave one.

    A StatefulSet that clients look up by its headless Service alone is a data store more often than not, and a second
    replica is no mend for it: those are not judged. Nor is a Deployment with a volume that only one node can have.
    """
    for workload in app.workloads:
        if not workload.is_replicated or not workload.proxied or workload.fewest != 1:
            continue
        if has_data_of_its_own(workload) or (kind_of(workload.maker) == "StatefulSet" and workload.autoscaler is None):
            continue
        if workload.autoscaler is None:
            mend = "replicas: 2, if it keeps no state in its pods"
            patch = Patch.to_compare(workload.manifest, ("spec", "replicas"), 2)
            yield Smell(workload.manifest, ("spec", "replicas"), "it has one replica", mend, patch)
        elif (manifest := app.manifest_of("HorizontalPodAutoscaler", *_name(workload))) is not None:
            message = f"it may leave {workload.title} with one replica"
            yield Smell(manifest, ("spec", "minReplicas"), message, "minReplicas: 2, if it keeps no state in its pods")


@rule(
    "pod-of-no-controller",
    Severity.WARNING,
    effect="once its node is drained or dies, nobody makes the pod again",
)
def pod_of_no_controller(app: Application) -> Iterator[Smell]:
    """A pod that is to run for ever is made by nobody but the one who applied it.

    Static pods are their kubelet's, and pods that run to an end are not to be made again.
    """
    for workload in app.workloads:
        maker = workload.maker
        if isinstance(maker, Pod) and not maker.template.is_static and not workload.runs_to_an_end:
            mend = "make it the template of a Deployment or StatefulSet"
            yield Smell(workload.manifest, (), "no controller keeps this pod", mend)


@rule("makes-no-pods", Severity.WARNING, effect="there is nobody to answer until somebody changes it")
def makes_no_pods(app: Application) -> Iterator[Smell]:
    """A workload is paused before it made any pod, is scaled to 0, or is suspended."""
    for workload in app.workloads:
        maker = workload.maker
        if isinstance(maker, Deployment) and maker.paused:
            key, message = "paused", "it is paused, so it makes no pods until it is resumed"
        elif workload.is_replicated and workload.replicas == 0:
            key, message = "replicas", "it has no replicas"
        elif isinstance(maker, Job | CronJob) and maker.suspended:
            key, message = "suspend", "it is suspended"
        else:
            continue
        severity = Severity.WARNING if workload.services else Severity.INFO
        yield Smell(workload.manifest, ("spec", key), message, f"another {key}, if it is to run", None, severity)


@rule(
    "stays-on-dead-nodes",
    Severity.WARNING,
    effect="when its node dies, no other pod is made in its place until somebody deletes the node",
)
def stays_on_dead_nodes(app: Application) -> Iterator[Smell]:
    """Pods of a Deployment tolerate for ever that their node is unreachable or not ready.

    For DaemonSets that is the rule, and pods of StatefulSets wait for their node in any case.

    Source: pkg/controller/tainteviction.
    """
    for workload in app.workloads:
        if not workload.is_replicated or kind_of(workload.maker) == "StatefulSet":
            continue
        for i, toleration in enumerate(workload.spec.tolerations):
            if toleration.seconds is None and _is_of_dead_nodes(toleration):
                path = (*workload.pod, "tolerations", i)
                message = "it tolerates a dead node for ever"
                yield Smell(workload.manifest, path, message, "give a key, or the effect NoSchedule")
                break


def _is_of_dead_nodes(toleration: Toleration) -> bool:
    effects = (None, TaintEffect.NO_EXECUTE)
    return toleration.effect in effects and toleration.value is None and toleration.key in ("", NOT_READY, UNREACHABLE)


def has_data_of_its_own(workload: Workload) -> bool:
    """Whether its pods have storage that lasts longer than they do."""
    return bool(workload.spec.claims) or bool(getattr(workload.maker, "volume_claim_templates", ()))


def _name(workload: Workload) -> tuple[str, str]:
    assert workload.autoscaler is not None
    return workload.autoscaler.namespace, workload.autoscaler.name

"""Every time constant of the control plane: its default, its flag, where it comes from."""

from dataclasses import dataclass, field, fields
from typing import Any


def _constant(default: float | None, meaning: str, *, flag: str, source: str) -> Any:
    return field(default=default, metadata={"meaning": meaning, "flag": flag, "source": source})


_LIFECYCLE = "pkg/controller/nodelifecycle"
_KUBELET = "pkg/kubelet"
_AUTOSCALER = "pkg/controller/podautoscaler"
_WORKQUEUE = "k8s.io/client-go/util/workqueue/default_rate_limiters.go"
_METRICS_SERVER = "kubernetes-sigs/metrics-server/pkg/storage/pod.go"


SHORTEST_PERIOD = 0.001
"""Seconds between two passes of a loop."""
_POSITIVE = (
    "lease_renew_period",
    "node_monitor_period",
    "pod_gc_period",
    "sync_frequency",
    "autoscaler_sync_period",
    "metrics_resolution",
    "resource_quota_sync_period",
    "create_backoff_initial",
    "job_api_backoff_initial",
    "volume_bind_period",
)


@dataclass(frozen=True, slots=True)
class Timing:
    """The constants of Kubernetes 1.36; seconds, or nodes per second for rates, or a share."""

    lease_renew_period: float = _constant(
        10.0,
        "how often the kubelet renews its node lease",
        flag="kubelet nodeLeaseDurationSeconds / 4",
        source="k8s.io/component-helpers/apimachinery/lease",
    )
    node_monitor_period: float = _constant(
        5.0, "how often node health is looked at", flag="--node-monitor-period", source=_LIFECYCLE
    )
    node_monitor_grace_period: float = _constant(
        50.0, "silence after which a node becomes Unknown", flag="--node-monitor-grace-period", source=_LIFECYCLE
    )
    node_eviction_rate: float = _constant(
        0.1, "nodes per second and zone that get a NoExecute taint", flag="--node-eviction-rate", source=_LIFECYCLE
    )
    secondary_node_eviction_rate: float = _constant(
        0.01,
        "nodes per second that get a NoExecute taint in a large zone in partial disruption",
        flag="--secondary-node-eviction-rate",
        source=_LIFECYCLE,
    )
    unhealthy_zone_threshold: float = _constant(
        0.55,
        "share of not-ready nodes that makes a zone's disruption partial",
        flag="--unhealthy-zone-threshold",
        source=_LIFECYCLE,
    )
    large_cluster_size_threshold: int = _constant(
        50,
        "nodes above which a zone in partial disruption is still evicted",
        flag="--large-cluster-size-threshold",
        source=_LIFECYCLE,
    )
    unreachable_toleration_seconds: float = _constant(
        300.0,
        "tolerationSeconds that admission gives pods for node.kubernetes.io/unreachable",
        flag="--default-unreachable-toleration-seconds",
        source="plugin/pkg/admission/defaulttolerationseconds",
    )
    not_ready_toleration_seconds: float = _constant(
        300.0,
        "tolerationSeconds that admission gives pods for node.kubernetes.io/not-ready",
        flag="--default-not-ready-toleration-seconds",
        source="plugin/pkg/admission/defaulttolerationseconds",
    )
    pod_eviction_timeout: float | None = _constant(
        None,
        "legacy, in place of taints: pods go when their node was last seen so long ago",
        flag="--pod-eviction-timeout (before 1.13)",
        source="pkg/controller/node/node_controller.go",
    )
    pod_gc_period: float = _constant(
        20.0, "how often pods of nodes that are out of service are collected", flag="-", source="pkg/controller/podgc"
    )
    resource_quota_sync_period: float = _constant(
        300.0,
        "how often usage of quotas is counted anew: pods that are overdue are let off then",
        flag="--resource-quota-sync-period",
        source="pkg/controller/resourcequota",
    )
    create_backoff_initial: float = _constant(
        0.005, "the first wait before pods that were refused are asked for again", flag="-", source=_WORKQUEUE
    )
    create_backoff_max: float = _constant(
        1000.0, "the longest such wait: each is twice as long as the last", flag="-", source=_WORKQUEUE
    )
    controller_latency: float = _constant(
        0.05,
        "from a change to what a controller does about it: watch, queue, writes",
        flag="-",
        source="measured: 0.02-0.15 s in recordings of 1.36.2",
    )
    creation_latency: float = _constant(
        0.15,
        "added for a workload that has just been created, to its first reaction: caches are cold",
        flag="-",
        source="measured: creation to first pod 0.02-1.1 s, median 0.25 s, in recordings of 1.36.2",
    )
    scheduler_latency: float = _constant(
        0.02,
        "from a pod's creation to its binding, in an idle scheduler",
        flag="-",
        source="measured: 0.01-0.04 s in recordings of 1.36.2",
    )
    node_status_period: float = _constant(
        10.0,
        "volumes are detached when the kubelet's status no longer lists them: within this time, uniformly",
        flag="kubelet nodeStatusUpdateFrequency",
        source=f"{_KUBELET}/kubelet_node_status.go",
    )
    force_detach_timeout: float = _constant(
        360.0,
        "a volume is taken from a node that is not Ready when no pod there uses it for so long",
        flag="- (--disable-force-detach-on-timeout: as if it were beyond the end)",
        source="pkg/controller/volume/attachdetach (ReconcilerMaxWaitForUnmountDuration)",
    )
    volume_bind_period: float = _constant(
        1.0,
        "how often the scheduler looks whether a pod's claims are bound",
        flag="-",
        source="pkg/scheduler/framework/plugins/volumebinding/binder.go",
    )
    volume_bind_timeout: float = _constant(
        600.0,
        "after this time a pod whose claims are not bound is scheduled anew",
        flag="VolumeBindingArgs bindTimeoutSeconds",
        source="pkg/scheduler/apis/config/v1/defaults.go",
    )
    pleg_relist_period: float = _constant(
        1.0, "container exits are noticed within this time, uniformly", flag="-", source=f"{_KUBELET}/pleg/generic.go"
    )
    job_sync_batch_period: float = _constant(
        1.0,
        "from what becomes of a Job's pod to its controller's look at it",
        flag="-",
        source="pkg/controller/job/job_controller.go (SyncJobBatchPeriod)",
    )
    job_api_backoff_initial: float = _constant(
        1.0,
        "the first wait before the pods of a Job that were refused are asked for again",
        flag="-",
        source="pkg/controller/job/job_controller.go (DefaultJobApiBackOff)",
    )
    job_api_backoff_max: float = _constant(
        60.0,
        "the longest such wait of a Job: each is twice as long as the last",
        flag="-",
        source="pkg/controller/job/job_controller.go (MaxJobApiBackOff)",
    )
    job_backoff_initial: float = _constant(
        10.0,
        "wait of a Job after the end of a pod that failed; twice as long after each further one",
        flag="-",
        source="pkg/controller/job/job_controller.go (DefaultJobPodFailureBackOff)",
    )
    job_backoff_max: float = _constant(
        600.0,
        "the longest such wait",
        flag="-",
        source="pkg/controller/job/job_controller.go (MaxJobPodFailureBackOff)",
    )
    clock_at_start: float = _constant(
        0.0,
        "what the clock of CronJobs shows at time 0: the time since Monday, 1 January 2024, 00:00 UTC",
        flag="-",
        source="a choice of ours",
    )
    sync_frequency: float = _constant(
        60.0,
        "a pod is synced so often, and up to crashLoopJitter of it later: its volumes are written anew then",
        flag="kubelet syncFrequency",
        source=f"{_KUBELET}/pod_workers.go",
    )
    crash_loop_initial: float = _constant(
        10.0, "CrashLoopBackOff: the first wait (after the first restart)", flag="-", source=f"{_KUBELET}/kubelet.go"
    )
    crash_loop_max: float = _constant(
        300.0,
        "CrashLoopBackOff: the longest wait",
        flag="kubelet crashLoopBackOff.maxContainerRestartPeriod",
        source=f"{_KUBELET}/kubelet.go",
    )
    crash_loop_reset: float = _constant(
        600.0,
        "CrashLoopBackOff: a container that ran longer starts anew",
        flag="-",
        source="k8s.io/client-go/util/flowcontrol/backoff.go",
    )
    crash_loop_jitter: float = _constant(
        0.5, "CrashLoopBackOff: waits are longer by up to this share", flag="-", source=f"{_KUBELET}/pod_workers.go"
    )
    autoscaler_sync_period: float = _constant(
        15.0,
        "how often an autoscaler looks",
        flag="--horizontal-pod-autoscaler-sync-period",
        source=_AUTOSCALER,
    )
    autoscaler_downscale_stabilization: float = _constant(
        300.0,
        "autoscalers scale down to the highest proposal of this time",
        flag="--horizontal-pod-autoscaler-downscale-stabilization",
        source=_AUTOSCALER,
    )
    autoscaler_tolerance: float = _constant(
        0.1,
        "share by which a metric may be off its target without consequences",
        flag="--horizontal-pod-autoscaler-tolerance",
        source=_AUTOSCALER,
    )
    autoscaler_cpu_initialization_period: float = _constant(
        300.0,
        "CPU samples of pods younger than this count only if taken a whole window after they became ready",
        flag="--horizontal-pod-autoscaler-cpu-initialization-period",
        source=_AUTOSCALER,
    )
    autoscaler_initial_readiness_delay: float = _constant(
        30.0,
        "older pods that became unready within this time of their start were never ready",
        flag="--horizontal-pod-autoscaler-initial-readiness-delay",
        source=_AUTOSCALER,
    )
    metrics_resolution: float = _constant(
        15.0,
        "how often usage is asked for",
        flag="metrics-server --metric-resolution",
        source="kubernetes-sigs/metrics-server/manifests",
    )
    metrics_window: float = _constant(
        15.0, "the time of which a sample says that it is the mean", flag="-", source=_METRICS_SERVER
    )
    metrics_container_age: float = _constant(
        10.0, "a container has no sample before it is so old", flag="-", source=_METRICS_SERVER
    )
    metrics_delay: float = _constant(
        10.0,
        "how old usage is when metrics-server is given it",
        flag="kubelet --housekeeping-interval",
        source="github.com/google/cadvisor/manager",
    )

    def __post_init__(self) -> None:
        for constant in fields(self):
            value = getattr(self, constant.name)
            if value is not None and not value >= 0:
                raise ValueError(f"{constant.name} must not be negative (got {value!r})")
        for name in _POSITIVE:
            if not getattr(self, name) >= SHORTEST_PERIOD:
                raise ValueError(f"{name} must be at least {SHORTEST_PERIOD:g} s")

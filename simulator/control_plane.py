"""The control plane: Kubernetes' loops over the state of a cluster, wired in the order in which they react."""

from models.timing import Timing
from simulator.controllers.attach_detach import AttachDetachController
from simulator.controllers.autoscaling.autoscaler import AutoscalerController
from simulator.controllers.cronjob import CronJobController
from simulator.controllers.daemonset import DaemonSetController
from simulator.controllers.deployment import DeploymentController
from simulator.controllers.disruption import DisruptionController
from simulator.controllers.endpoints import EndpointController
from simulator.controllers.job import JobController
from simulator.controllers.legacy_eviction import LegacyEviction
from simulator.controllers.node_lifecycle import NodeLifecycle
from simulator.controllers.persistent_volume import PersistentVolumeController
from simulator.controllers.pod_gc import PodGC
from simulator.controllers.replicaset import ReplicaSetController
from simulator.controllers.resource_quota import ResourceQuotaController
from simulator.controllers.statefulset import StatefulSetController
from simulator.controllers.taint_eviction import TaintEviction
from simulator.hazards import Hazards
from simulator.job_run import JobRun
from simulator.kernel import Kernel
from simulator.kubelet.kubelet import Kubelet
from simulator.phases import Phases
from simulator.scheduling.framework import Profile
from simulator.scheduling.scheduler import Scheduler
from simulator.scheduling.ties import Ties
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.streams import Streams


class ControlPlane:
    """The controllers, the scheduler and the kubelets of one cluster.

    Everything else of a run (state, failures, operations, traffic, luck) knows nothing of them but the verbs that
    stories need: another orchestrator is another class beside this one.
    """

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        api: Api,
        hazards: Hazards,
        timing: Timing,
        streams: Streams,
        phases: Phases,
        profile: Profile,
        ties: Ties,
    ) -> None:
        # The order of listening is the order of reacting to one transition: endpoints follow pods at once,
        # ReplicaSets act before the Deployments that own them.
        self.endpoints = EndpointController(state)
        self.persistent_volumes = PersistentVolumeController(kernel, state)
        self.attach_detach = AttachDetachController(kernel, state, timing)
        self.kubelet = Kubelet(kernel, state, hazards, timing)
        self.node_lifecycle = NodeLifecycle(kernel, state, timing, phases)
        self.taint_eviction = TaintEviction(kernel, state)
        if timing.pod_eviction_timeout is not None:
            LegacyEviction(kernel, state, self.node_lifecycle, timing.pod_eviction_timeout)
        self.pod_gc = PodGC(kernel, state, timing, phases)
        self.resource_quotas = ResourceQuotaController(kernel, state, timing, phases)
        self.replica_sets = ReplicaSetController(kernel, state, timing, streams)
        self.deployments = DeploymentController(kernel, state, timing, api.deployment_class)
        self.stateful_sets = StatefulSetController(kernel, state, timing, api.pod_class)
        self.daemon_sets = DaemonSetController(kernel, state, timing, streams, api.pod_class)
        self.job_runs: list[JobRun] = []
        """Each time that a Job was due so far."""
        self.jobs = JobController(kernel, state, timing, api.job_class, self.job_runs)
        self.cron_jobs = CronJobController(kernel, state, timing, self.job_runs)
        self.disruption = DisruptionController(kernel, state, timing)
        self.autoscalers = AutoscalerController(kernel, state, timing, streams, api.find)
        self.scheduler = Scheduler(kernel, state, timing, profile, ties)

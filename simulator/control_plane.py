"""The control plane: Kubernetes' loops over the state of a cluster, wired in the order in which they react."""

from models.timing import Timing
from simulator.component import Component, Components
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
        self.components = Components(Component(kernel), Component(kernel), Component(kernel))
        controllers = self.components.controller_manager
        # The order of listening is the order of reacting to one transition: endpoints follow pods at once,
        # ReplicaSets act before the Deployments that own them.
        self.endpoints = EndpointController(controllers, state)
        self.persistent_volumes = PersistentVolumeController(controllers, state)
        self.attach_detach = AttachDetachController(controllers, state, timing)
        self.kubelet = Kubelet(kernel, state, hazards, timing)
        self.node_lifecycle = NodeLifecycle(controllers, state, timing, phases)
        self.taint_eviction = TaintEviction(controllers, state)
        if timing.pod_eviction_timeout is not None:
            LegacyEviction(controllers, state, self.node_lifecycle, timing.pod_eviction_timeout)
        self.pod_gc = PodGC(controllers, state, timing, phases)
        self.resource_quotas = ResourceQuotaController(controllers, state, timing, phases)
        self.replica_sets = ReplicaSetController(controllers, state, timing, streams)
        self.deployments = DeploymentController(controllers, state, timing, api.deployment_class)
        self.stateful_sets = StatefulSetController(controllers, state, timing, api.pod_class)
        self.daemon_sets = DaemonSetController(controllers, state, timing, streams, api.pod_class)
        self.job_runs: list[JobRun] = []
        """Each time that a Job was due so far."""
        self.jobs = JobController(controllers, state, timing, api.job_class, self.job_runs)
        self.cron_jobs = CronJobController(controllers, state, timing, self.job_runs)
        self.disruption = DisruptionController(controllers, state, timing)
        self.autoscalers = AutoscalerController(controllers, state, timing, streams, api.find)
        self.scheduler = Scheduler(self.components.scheduler, state, timing, profile, ties)

"""What is said of transitions that speak for themselves: events in Kubernetes' words where it has any.

Sources: pkg/kubelet/events; pkg/controller (node lifecycle, taint eviction, deployment, replicaset); pkg/scheduler.
"""

from collections.abc import Mapping
from typing import NamedTuple

from experiments.timeline.timeline import EventType
from simulator.log import Configured, Disruption, Hold, Kind, Phase, Refusal, VolumeWait

NORMAL, WARNING, FACT = EventType


class Words(NamedTuple):
    """An event without its time: in the message, `name` is the object's, `new` what it came to, `cause` who did it."""

    type: EventType
    reason: str
    message: str

    def about(self, name: str, new: int, cause: str) -> str:
        """The message; `cause` is "mode/subject", or "" if nothing broke."""
        return self.message.format(name=name, new=new, cause=because(cause))


def because(cause: str) -> str:
    """The end of a message that names what is to blame: ": node-crash"; empty if nothing is."""
    return f": {cause.partition('/')[0]}" if cause else ""


_NODE_STATUS = "Node {name} status is now: "
_DISRUPTION: Mapping[int, Words] = {
    Disruption.DELETION_BY_TAINT_MANAGER: Words(NORMAL, "TaintManagerEviction", "Marking for deletion Pod {name}"),
    Disruption.EVICTION_BY_EVICTION_API: Words(NORMAL, "EvictionByEvictionAPI", "Eviction API: evicting"),
    Disruption.PREEMPTION_BY_SCHEDULER: Words(NORMAL, "Preempted", "Preempted by a pod of higher priority"),
    Disruption.DELETION_BY_POD_GC: Words(WARNING, "DeletionByPodGC", "PodGC: node no longer exists"),
    Disruption.TERMINATION_BY_KUBELET: Words(
        WARNING, "TerminationByKubelet", "The kubelet ends it: its node is short of something, or shuts down"
    ),
}
_CONFIGURED: Mapping[int, Words] = {
    Configured.AWAITED: Words(WARNING, "FailedMount", "A ConfigMap or Secret that it reads is not to be had"),
    Configured.BAD: Words(FACT, "BadConfiguration", "What it has read from a ConfigMap or Secret is no good{cause}"),
    Configured.EXPIRED: Words(FACT, "ExpiredSecret", "A certificate that it has read has run out{cause}"),
    Configured.BAD_RELEASE: Words(FACT, "BadRelease", "Its release is no good{cause}"),
}
_VOLUME_WAITS: Mapping[int, Words] = {
    VolumeWait.OUT_OF_REACH: Words(WARNING, "FailedScheduling", "node(s) had volume node affinity conflict"),
    VolumeWait.HELD: Words(
        WARNING,
        "FailedAttachVolume",
        "Multi-Attach error: volume is already exclusively attached to one node and can't be attached to another",
    ),
    VolumeWait.LOST: Words(FACT, "VolumeLost", "The data of a volume is lost, and not back yet{cause}"),
}
_REFUSALS: Mapping[int, Words] = {
    Refusal.FORBIDDEN: Words(WARNING, "FailedCreate", "Error creating: pods are forbidden"),
    Refusal.QUOTA: Words(WARNING, "FailedCreate", "Error creating: pods are forbidden: exceeded quota"),
}
_COMPLETE = Words(NORMAL, "NewReplicaSetAvailable", "The rollout is complete")
_UPDATED = Words(NORMAL, "TemplateChanged", "A rollout begins, to revision {new}{cause}")

ALWAYS = -1
"""In the place of what is new: the words are for any change."""
WORDS: Mapping[Kind, Mapping[int, Words]] = {
    Kind.NODE_POWER: {
        0: Words(FACT, "NodeDown", "The node is down, and all that runs on it{cause}"),
        1: Words(FACT, "NodeUp", "The node is up again"),
    },
    Kind.NODE_READY: {
        0: Words(NORMAL, "NodeNotReady", _NODE_STATUS + "NodeNotReady"),
        1: Words(NORMAL, "NodeReady", _NODE_STATUS + "NodeReady"),
        2: Words(NORMAL, "NodeNotReady", _NODE_STATUS + "NodeNotReady"),
    },
    Kind.NODE_EVICTING: {
        0: Words(NORMAL, "TaintRemoved", "NoExecute: pods are evicted no more"),
        1: Words(WARNING, "Tainted", "NoExecute: pods are evicted once their tolerationSeconds are over"),
    },
    Kind.NODE_UNSCHEDULABLE: {
        0: Words(NORMAL, "NodeSchedulable", _NODE_STATUS + "NodeSchedulable"),
        1: Words(NORMAL, "NodeNotSchedulable", _NODE_STATUS + "NodeNotSchedulable"),
    },
    Kind.NODE_EXISTS: {
        0: Words(NORMAL, "RemovingNode", "Node {name} event: Removing Node {name} from Controller"),
        1: Words(NORMAL, "RegisteredNode", "Node {name} event: Registered Node {name} in Controller"),
    },
    Kind.NODE_REACHABLE: {
        0: Words(FACT, "CutOff", "Users do not reach its pods{cause}"),
        1: Words(FACT, "Reachable", "Users reach its pods again"),
    },
    Kind.NODE_PROXY: {
        0: Words(FACT, "KubeProxyDown", "Its kube-proxy does not follow changes of endpoints{cause}"),
        1: Words(FACT, "KubeProxyUp", "Its kube-proxy follows changes of endpoints again"),
    },
    Kind.POD_DISRUPTION_TARGET: _DISRUPTION,
    Kind.POD_CONFIGURATION: _CONFIGURED,
    Kind.POD_VOLUMES: _VOLUME_WAITS,
    Kind.POD_PHASE: {
        Phase.ABSENT: Words(NORMAL, "Removed", "Its object is gone"),
        Phase.SUCCEEDED: Words(NORMAL, "Completed", "Its containers have ended well"),
        Phase.FAILED: Words(WARNING, "Failed", "It has failed, for good"),
    },
    Kind.POD_AWAITING_NODE: {1: Words(NORMAL, "TriggeredScaleUp", "pod triggered scale-up")},
    Kind.POD_STUCK: {1: Words(WARNING, "FailedKillPod", "It should be gone, and is not{cause}")},
    Kind.DEPLOYMENT_REVISION: {ALWAYS: _UPDATED},
    Kind.STATEFULSET_REVISION: {ALWAYS: _UPDATED},
    Kind.DAEMONSET_REVISION: {ALWAYS: _UPDATED},
    Kind.DEPLOYMENT_PROGRESSING: {
        0: Words(WARNING, "ProgressDeadlineExceeded", "ReplicaSet has timed out progressing"),
    },
    Kind.DEPLOYMENT_COMPLETE: {1: _COMPLETE},
    Kind.DEPLOYMENT_ABORTED: {1: Words(WARNING, "RolloutAborted", "Rollout aborted: the old version serves")},
    Kind.STATEFULSET_COMPLETE: {1: _COMPLETE},
    Kind.DAEMONSET_COMPLETE: {1: _COMPLETE},
    Kind.SERVICE_REFUSED: _REFUSALS,
    Kind.SERVICE_CIRCUIT: {
        0: Words(FACT, "CircuitClosed", "The circuit breakers of its clients are closed again"),
        1: Words(FACT, "CircuitOpen", "The circuit breakers of its clients are open{cause}"),
    },
    Kind.COMPONENT_UP: {
        0: Words(FACT, "Down", "It is down, or has no leader{cause}"),
        1: Words(FACT, "Up", "It works again"),
    },
    Kind.DNS_UP: {
        0: Words(FACT, "Down", "Names are not resolved{cause}"),
        1: Words(FACT, "Up", "Names are resolved again"),
    },
}
"""Kind -> what is new -> the words. What is not here is not told, or by `events`, with what it comes with."""
_NODE_STATE = "node {name} is "
OWN: Mapping[str, Mapping[Kind, Mapping[int, Words]]] = {
    "nomad": {
        Kind.NODE_READY: {
            0: Words(NORMAL, "NodeDown", "Node {name} is down: heartbeat missed"),
            1: Words(NORMAL, "NodeReady", "Node {name} is ready"),
            2: Words(NORMAL, "NodeDown", "Node {name} is down: heartbeat missed"),
        },
        Kind.NODE_UNSCHEDULABLE: {
            0: Words(NORMAL, "NodeEligible", "Node {name} is eligible"),
            1: Words(NORMAL, "NodeIneligible", "Node {name} is ineligible"),
        },
        Kind.POD_READY: {
            0: Words(NORMAL, "Deregistered", "Its service leaves the catalogue"),
            1: Words(NORMAL, "Passing", "Its service is in the catalogue"),
        },
        Kind.POD_HELD: {
            Hold.PREDECESSOR: Words(NORMAL, "Waiting", "It waits for the allocation that it replaces to stop"),
        },
        Kind.DEPLOYMENT_PROGRESSING: {
            0: Words(WARNING, "Failed", "Deployment failed: no progress before its deadline")
        },
        Kind.DEPLOYMENT_COMPLETE: {1: Words(NORMAL, "Successful", "Deployment completed successfully")},
        Kind.DEPLOYMENT_ABORTED: {1: Words(WARNING, "Reverted", "The last stable version comes back")},
    },
    "swarm": {
        Kind.NODE_READY: {
            0: Words(NORMAL, "NodeDown", _NODE_STATE + "DOWN: heartbeat failure"),
            1: Words(NORMAL, "NodeReady", _NODE_STATE + "READY"),
            2: Words(NORMAL, "NodeDown", _NODE_STATE + "DOWN: heartbeat failure"),
        },
        Kind.NODE_UNSCHEDULABLE: {
            0: Words(NORMAL, "NodeActive", "availability of node {name} is active"),
            1: Words(NORMAL, "NodePaused", "availability of node {name} is pause or drain"),
        },
        Kind.POD_READY: {
            0: Words(NORMAL, "Unlisted", "Its endpoint leaves the VIP"),
            1: Words(NORMAL, "Running", "The task is RUNNING: its endpoint is in the VIP"),
        },
        Kind.POD_HELD: {
            Hold.DELAY: Words(NORMAL, "Ready", "The task is READY, and waits for the delay of the restart policy"),
            Hold.PREDECESSOR: Words(NORMAL, "Ready", "The task is READY, and waits for the old one to stop"),
        },
        Kind.DEPLOYMENT_PROGRESSING: {
            0: Words(WARNING, "Paused", "update paused due to failure or early termination of a task"),
        },
        Kind.DEPLOYMENT_COMPLETE: {1: Words(NORMAL, "Completed", "update completed")},
        Kind.DEPLOYMENT_ABORTED: {1: Words(WARNING, "RollbackStarted", "update rolled back due to failure of a task")},
    },
}
"""Control plane beside Kubernetes -> what it has words of its own for, in place of `WORDS` and of what `events` says.
"""

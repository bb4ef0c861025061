"""The transition log: what a run leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np

from models.arrays import Bools, Floats

if TYPE_CHECKING:
    import pandas as pd


class Kind(IntEnum):
    """What changed. In brackets: the subject, and what `old` and `new` are."""

    NODE_POWER = 0  # node; 0 down, 1 up: the truth, known to nobody at once
    NODE_READY = 1  # node; the Ready condition: 0 False, 1 True, 2 Unknown
    NODE_TAINTS = 2  # node; number of taints
    POD_PHASE = 3  # pod; a `Phase`
    POD_NODE = 4  # pod; -1 unbound, else the node's index
    POD_DELETING = 5  # pod; 1 once it has a deletionTimestamp
    POD_CONTAINERS = 6  # pod; number of containers that run
    POD_ANSWERING = 7  # pod; 1 while it can answer requests of users: the truth, known to nobody at once
    POD_READY = 8  # pod; the Ready condition
    POD_AVAILABLE = 9  # pod with a controller; 1 once it was Ready for minReadySeconds
    REPLICASET_DESIRED = 10  # ReplicaSet; spec.replicas
    DEPLOYMENT_GENERATION = 11  # Deployment; metadata.generation, one more with each change of its spec
    DEPLOYMENT_COMPLETE = 12  # Deployment; 1 when its rollout is complete: nothing to do until its spec changes
    SERVICE_READY = 13  # Service; number of endpoints listed as ready
    SERVICE_ANSWERING = 14  # Service; number of endpoints in use that can answer
    NODE_UNSCHEDULABLE = 15  # node; 1 while it is cordoned
    POD_DISRUPTION_TARGET = 16  # pod; the DisruptionTarget condition: a `Disruption`
    STATEFULSET_GENERATION = 17  # StatefulSet; one more with each change of its spec
    DAEMONSET_GENERATION = 18  # DaemonSet; one more with each change of its spec
    BUDGET_ALLOWED = 19  # PodDisruptionBudget; status.disruptionsAllowed
    AUTOSCALER_DESIRED = 20  # HorizontalPodAutoscaler; status.desiredReplicas
    NODE_REPORTING = 21  # node; 1 while its kubelet renews its lease and posts status
    NODE_HEALTHY = 22  # node; 1 while its kubelet says that it is well
    POD_DELETION_COST = 23  # pod; controller.kubernetes.io/pod-deletion-cost
    SERVICE_GENERATION = 24  # Service; 1 once it exists
    AUTOSCALER_GENERATION = 25  # HorizontalPodAutoscaler; one more with each change of its spec
    BUDGET_GENERATION = 26  # PodDisruptionBudget; one more with each change of its spec
    DAEMONSET_DESIRED = 27  # DaemonSet; nodes that are meant to run its pods, be they well or not
    SERVICE_DESIRED = 28  # Service; replicas desired of the workloads behind it
    DEPLOYMENT_REVISION = 29  # Deployment; one more with each change of its pod template: a rollout begins
    POD_PULLING = 30  # pod; 1 while it waits for its images, and for nothing else
    NODE_EVICTING = 31  # node; 1 while a NoExecute taint says that it is unreachable or not ready
    DEPLOYMENT_PROGRESSING = 32  # Deployment; 0 while its Progressing condition is False: ProgressDeadlineExceeded
    STATEFULSET_REVISION = 33  # StatefulSet; one more with each change of its pod template: a rollout begins
    STATEFULSET_COMPLETE = 34  # StatefulSet; 0 from then until its pods are of the template and ready
    DAEMONSET_REVISION = 35  # DaemonSet; one more with each change of its pod template: a rollout begins
    DAEMONSET_COMPLETE = 36  # DaemonSet; 0 from then until its pods are of the template and available
    NODE_EXISTS = 37  # node; 1 from when one joins a running cluster, 0 once its object is deleted
    POD_SCHEDULING_GATES = 38  # pod; number of scheduling gates that are left
    POD_METADATA = 39  # pod; 0 as its labels or its owner are about to change, 1 once they have
    JOB_GENERATION = 40  # Job; one more with each change of its spec; 0 once it is deleted
    JOB_FINISHED = 41  # Job; 1 once it is Complete, 2 once it is Failed
    CRONJOB_GENERATION = 42  # CronJob; one more with each change of its spec
    POD_VOLUMES = 43  # pod; what its volumes keep it waiting for: a `VolumeWait`
    CLAIM_PHASE = 44  # PersistentVolumeClaim; a `ClaimPhase`
    CLAIM_NODE = 45  # PersistentVolumeClaim; the node that a volume is being made for, -1 none
    VOLUME_PHASE = 46  # PersistentVolume; a `VolumePhase`
    VOLUME_ATTACHED = 47  # PersistentVolume; number of nodes that it is attached to
    VOLUME_LOST = 48  # PersistentVolume; 1 while its data is lost
    CONFIGURATION_GENERATION = 49  # ConfigMap or Secret; one more with each change of its content
    POD_CONFIGURATION = 50  # pod; a `Configured`: what is the matter with what it reads
    POD_AWAITING_NODE = 51  # pod; 1 once a node was asked for because it fits nowhere
    QUOTA_GENERATION = 52  # ResourceQuota; one more with each change of its spec
    QUOTA_CHARGED = 53  # ResourceQuota; number of charges that it counts: one for each pod and resource
    SERVICE_REFUSED = 54  # Service; why pods behind it are not made: a `Refusal`
    NODE_REACHABLE = 55  # node; 1 while users reach its pods
    POD_STUCK = 56  # pod; 1 once it should be gone, and is not
    COMPONENT_UP = 57  # process of the control plane; 0 while it is down, or has no leader yet
    NODE_PROXY = 58  # node; 0 while its kube-proxy does not follow changes of endpoints
    DNS_UP = 59  # the cluster's DNS; 0 while names are not resolved, and nobody remembers what they were
    POD_LATE = 60  # pod; milliseconds of the longest time-out of clients that a request to it waits longer than
    SERVICE_RATE = 61  # Service; millionths of the requests that usually come
    SERVICE_CIRCUIT = 62  # Service; 1 while the circuit breakers of its clients are open
    POD_FAILING = 63  # pod; of a million requests that it gets, how many it fails though it answers; negative: too late
    POD_SELECTED = 64  # pod; 0 while the Services in front of it select another version (blue-green), 1 again
    DEPLOYMENT_ABORTED = 65  # Deployment (an Argo Rollout); 1 while its rollout is aborted: the old version serves
    NODE_CUT_IN = 66  # node; the number of a cut that keeps pods of nodes that are not in it from its pods; 0 no more
    NODE_CUT_OUT = 67  # node; the same, but its pods from those of nodes that are not in it
    POD_HELD = 68  # pod; a `Hold`: why its node, which has all that it needs, does not start it yet


class Phase(IntEnum):
    """Pod phases; ABSENT before creation and after removal."""

    ABSENT = 0
    PENDING = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILED = 4


class Disruption(IntEnum):
    """The reason of a pod's DisruptionTarget condition."""

    NONE = 0
    DELETION_BY_TAINT_MANAGER = 1
    EVICTION_BY_EVICTION_API = 2
    PREEMPTION_BY_SCHEDULER = 3
    DELETION_BY_POD_GC = 4
    TERMINATION_BY_KUBELET = 5


class Refusal(IntEnum):
    """Why the API server makes no pod."""

    NONE = 0
    FORBIDDEN = 1
    """Something that it refers to is not there, or it is not as it has to be."""
    QUOTA = 2
    """It would exceed a ResourceQuota of its namespace."""


class Hold(IntEnum):
    """Why a control plane lets a pod wait that could start."""

    NOT = 0
    DELAY = 1
    """What it replaces failed or was lost a moment ago."""
    PREDECESSOR = 2
    """What it replaces has not stopped yet."""


class VolumeWait(IntEnum):
    """What the volumes of a pod keep it waiting for."""

    NOTHING = 0
    BINDING = 1
    """A claim of it has no volume, or one that is being made; so it has no node, unless it names its node itself."""
    OUT_OF_REACH = 2
    """It has no node: of those that its volumes allow, none takes it."""
    HELD = 3
    """Another node has a volume of it, which can be attached to one node at a time."""
    ATTACHING = 4
    LOST = 5
    """The data of a volume is lost, and not back yet."""


class Configured(IntEnum):
    """What is the matter with the ConfigMaps and Secrets that a pod reads, or with its release."""

    WELL = 0
    AWAITED = 1
    """They are not to be had, so the pod does not start."""
    BAD = 2
    EXPIRED = 3
    """A certificate in them has run out."""
    BAD_RELEASE = 4
    """Nothing is the matter with them: the pod is of a release that is no good."""


_ROW = np.dtype([("time", "f8"), ("old", "i8"), ("new", "i8"), ("subject", "i4"), ("cause", "i4"), ("kind", "u1")])
packed = Struct("=dqqiiB").pack
"""The bytes of a row, of its time, old and new value, subject, cause and kind: the fields of `_ROW`."""
COLUMNS = ("time", "kind", "subject", "old", "new", "cause")
"""The columns of a log, in the order in which they are shown."""


class TransitionLog:
    """Append-only rows of every state change: time, kind, subject, old, new, cause; 33 bytes each.

    `subject` is an index into the names of its kind, `cause` into `causes` (0: none, the workload's own doing).
    """

    def __init__(self) -> None:
        self._rows = bytearray()
        self.causes: list[str] = [""]
        self.control_plane = "kubernetes"
        """The name of the control plane that ran the containers."""
        self.names: dict[str, Sequence[str]] = {}
        """Names of the subjects, by the first word of the kinds (NODE, POD, DEPLOYMENT, ...)."""
        self.zones: Sequence[str] = ()
        """By node: its zone, "" without one."""
        self.prices: Sequence[float] = ()
        """By node: what an hour of it costs; none if no pool has a price."""
        self.selected_by: Sequence[tuple[int, ...]] = ()
        """By pod: the Services that select it."""
        self.endpoint_of: Sequence[tuple[int, ...]] = ()
        """By pod: those of them of which it can be an endpoint."""
        self.publishing: frozenset[int] = frozenset()
        """The Services with publishNotReadyAddresses."""
        self.headless: frozenset[int] = frozenset()
        """The Services without a proxy: their terminating endpoints are never used."""
        self.in_front_of: Mapping[str, Sequence[tuple[int, ...]]] = {}
        """By the first word of the kinds that tell of rollouts (DEPLOYMENT, STATEFULSET, DAEMONSET) and by workload:
        the Services that select its pods."""

    @classmethod
    def of_columns(cls, rows: Floats) -> TransitionLog:
        """A log of these rows, shaped as those of `columns`; its names are to be filled in."""
        found = np.empty(len(rows), _ROW)
        for i, column in enumerate(COLUMNS):
            found[column] = rows[:, i]
        log = cls()
        log.add(found.tobytes())
        return log

    def __len__(self) -> int:
        return len(self._rows) // _ROW.itemsize

    @property
    def add(self) -> Callable[[bytes], None]:
        """Adds a `packed` row, which is no earlier than the last one."""
        return self._rows.extend  # not kept: that of a copy would add to the rows of the original

    def column(self, name: str) -> np.ndarray[Any, Any]:
        """One of `COLUMNS` in the order in which things happened; not to be held on to while rows are added."""
        return np.frombuffer(self._rows, _ROW)[name]

    def columns(self) -> Floats:
        """All rows as an array of shape (n, 6), by `COLUMNS`, in the order in which they happened."""
        return self.where(np.ones(len(self), dtype=bool))

    def where(self, wanted: Bools) -> Floats:
        """The rows for which `wanted` (n) holds, in the order in which they happened, as `columns` has them."""
        at = np.flatnonzero(wanted)
        rows = np.empty((len(at), len(COLUMNS)))
        for i, column in enumerate(COLUMNS):
            rows[:, i] = self.column(column)[at]
        return rows

    def of_kind(self, *kinds: Kind) -> Floats:
        """The rows of these kinds, in the order in which they happened, as `columns` has them."""
        found = self.column("kind")
        wanted = np.zeros(len(found), dtype=bool)
        for kind in kinds:
            wanted |= found == int(kind)
        return self.where(wanted)

    def to_frame(self) -> pd.DataFrame:
        """A row per transition: time (s), kind, subject, old, new, cause, with names in place of numbers."""
        import pandas as pd

        kinds = [Kind(kind) for kind in self.column("kind").tolist()]
        subjects = zip(kinds, self.column("subject").tolist(), strict=True)
        return pd.DataFrame(
            {
                "time": self.column("time").copy(),
                "kind": [kind.name for kind in kinds],
                "subject": [self.names[kind.name.split("_")[0]][subject] for kind, subject in subjects],
                "old": self.column("old").copy(),
                "new": self.column("new").copy(),
                "cause": [self.causes[cause] for cause in self.column("cause").tolist()],
            }
        )

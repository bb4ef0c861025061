"""What a replica that does not answer waits for."""

from enum import StrEnum
from typing import NamedTuple

from simulator.log import Refusal


class Stage(StrEnum):
    """What a missing replica waits for, in the order in which a lost node's pod goes through it."""

    UNDETECTED = "undetected"
    """Node or container is down or cut off, and the control plane believes that it is well."""
    WAITING = "waiting for eviction"
    """The node is known to be unwell, but not tainted NoExecute yet: the eviction of its zone is rate-limited."""
    TOLERATED = "tolerated"
    """The node is tainted, and the pod's toleration has not run out (or never will)."""
    TERMINATING = "terminating"
    """The replacement waits for the old pod to be gone: StatefulSets, DaemonSets, strategy Recreate."""
    NOT_CREATED = "not created"
    """There is no pod in its place: its controller has not made one yet, or nobody will, or none was ever desired."""
    SCALED_DOWN = "scaled down"
    """None is missing, but fewer are desired than once were; whoever took them away is the cause."""
    OVER_QUOTA = "not created: exceeded quota"
    """The API server refuses to make its pod, since that would exceed a ResourceQuota of its namespace."""
    FORBIDDEN = "not created: forbidden"
    """The API server refuses to make its pod for another reason: what it refers to is not there, or a LimitRange."""
    QUEUED = "queued"
    """The pod has no node: it waits for the scheduler, or is unschedulable."""
    VOLUME_ZONE = "volume out of reach"
    """The pod has no node: of those that its volumes allow, by zone or by name, none takes it."""
    VOLUME = "waiting for a volume"
    """A volume is being made for it, or another node still holds its volume (Multi-Attach), or its data is lost."""
    ATTACHING = "attaching"
    """Its volume is being attached to its node."""
    NO_ROOM = "no room"
    """The pod fits on no node, and waits for one that an autoscaler asked for on its behalf."""
    IMAGE_PULL = "image pull"
    """It waits for images, also behind other pulls on its node."""
    CONFIGURATION = "waiting for configuration"
    """A ConfigMap or Secret that it reads is not to be had."""
    BAD_CONFIGURATION = "bad configuration"
    """What it has read makes it exit, or fail every request."""
    EXPIRED_SECRET = "expired Secret"
    """The same, because a certificate in it has run out."""
    BAD_RELEASE = "bad release"
    """It is of a release that makes it exit, never be ready, or fail every request."""
    DELAYED = "delayed"
    """It could start, and its control plane lets it wait, since what it replaces failed or was lost a moment ago."""
    PREDECESSOR = "waiting for its predecessor"
    """It could start, and what it replaces has not stopped yet."""
    RESTART = "restart"
    """The kubelet noticed that a container is gone, and has not made another yet: stop, back-off, restart."""
    START = "start"
    """Sandbox, init containers, containers, and the application's start-up until it answers."""
    NOT_READY = "not ready"
    """It answers, but its Ready condition does not say so yet."""
    NOT_LISTED = "not an endpoint"
    """It answers and is ready, but is no endpoint of the Service: it has no port of the name that the Service asks for.

    Or nobody lists it: the controller manager is away. Endpoints follow at once else."""

    # Docker Swarm's own words
    NOT_DOWN = "not DOWN yet"
    """Node or container is lost, and its manager waits for the next heartbeat, or for its agent's report."""
    NO_TASK = "no task"
    """There is no task in its slot: the restart policy allows none, there is no leader, or none was ever desired."""
    PENDING = "pending"
    """The task has no node: it waits for the scheduler, or no node is suitable."""
    RESTART_DELAY = "restart delay"
    """The task is there, and waits for the delay of the restart policy."""
    OLD_TASK = "old task stops"
    """The task is there, and waits for the one before it to stop."""
    FAILED = "failed"
    """Its container ended, or is being killed for want of health, and its manager has not made another task yet."""
    NOT_HEALTHY = "not healthy yet"
    """It answers, and its healthcheck has not said so yet."""
    NOT_IN_VIP = "not in the VIP"
    """It answers and is healthy, and the Service does not lead to it."""

    # Plain hosts' own words
    HOST_DOWN = "host down"
    """The load balancers know that its host is lost: nothing takes its place until that is back."""
    UNIT_FAILED = "unit failed"
    """Start limit hit: systemd does not start it again before people reset it, or its host boots."""
    NOT_UP = "not UP yet"
    """It answers, and checks of the load balancers have to say so twice in a row; or its weight is 0."""
    NO_UNIT = "no unit"
    """There is none in its place: it is being updated, or its host is worked on."""


KUBERNETES = tuple(Stage)[: list(Stage).index(Stage.NOT_DOWN)]
"""The stages of Kubernetes, and those that all control planes have."""


class Spell(NamedTuple):
    """One missing replica over [start, end), in seconds."""

    start: float
    end: float
    cause: str
    """What made it unwell last: "mode/subject"; "" if nothing broke."""
    stage: Stage


REFUSED: dict[int, Stage] = {
    Refusal.NONE: Stage.NOT_CREATED,
    Refusal.FORBIDDEN: Stage.FORBIDDEN,
    Refusal.QUOTA: Stage.OVER_QUOTA,
}
"""What a replica waits for that has no pod, by why the API server makes none."""

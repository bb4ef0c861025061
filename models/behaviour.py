"""How applications and machines behave: what a manifest cannot say."""

from dataclasses import dataclass, field

from models.distributions import Distribution, Fixed, LogNormal
from models.labels import LabelSelector
from models.pod import PodTemplate
from models.timing import Timing


@dataclass(frozen=True, slots=True)
class PodBehaviour:
    """Durations of a pod's life, each drawn anew for every pod or container start.

    The defaults are round figures of our choice, not measurements: give your own.
    """

    image_pull: Distribution = LogNormal.from_quantile(median=5.0, p95=20.0)
    """One image onto a node that lacks it (pulls on a node are serial)."""
    start: Distribution = Fixed(1.0)
    """Bound, volumes attached and images present, to running: mounts, sandbox, network, containers created."""
    provision: Distribution = LogNormal.from_quantile(median=5.0, p95=20.0)
    """A node chosen for the first pod that uses a claim, to the volume being made there."""
    attach: Distribution = LogNormal.from_quantile(median=10.0, p95=30.0)
    """A volume that no other node holds, to being attached to the pod's node. Detaching and attaching a cloud's disk
    takes 10-60 s in all."""
    detach: Distribution = LogNormal.from_quantile(median=10.0, p95=30.0)
    """The decision to take a volume away from a node, to its being free for another."""
    init: Distribution = Fixed(1.0)
    """One init container, start to exit."""
    startup: Distribution = LogNormal.from_quantile(median=5.0, p95=20.0)
    """Container running, to the application able to answer."""
    restart: Distribution = Fixed(0.5)
    """Exit of a container noticed, to the container running again (without any back-off)."""
    stop: Distribution = Fixed(1.0)
    """SIGTERM to exit; cut at what is left of the grace period."""
    stop_unstarted: Distribution = Fixed(1.0)
    """Deletion to the end of a pod that has a node, but whose containers do not run yet.

    It does not vanish at once: only unbound and finished pods have a grace period of 0 (CheckGracefulDelete,
    pkg/registry/core/pod/strategy.go). Its kubelet has no process to wait for, but takes down the sandbox and volumes
    before it removes the pod. Kubernetes has no constant for that: 0.1-2 s are usual, and 1 s is our figure.
    """
    pre_stop: Distribution | None = None
    """A preStop hook of which the manifest does not tell how long it takes (requests, scripts without a sleep); cut at
    the grace period. Not given: no time, and the hooks are named."""
    post_start: Distribution | None = None
    """The same for postStart hooks: until it has returned, the container is not ready and the next does not start."""
    run: Distribution | None = None
    """A container that is not started again once it has succeeded (restartPolicy Never and OnFailure), running to its
    own exit. Not given: pods of Jobs are assumed to take a minute, 5 in one of 20, and others to run for ever; both are
    named."""
    failure_probability: float = 0.0
    """How probable it is that such a container exits with a failure of its own, each time that it runs."""
    exit_code: int = 1
    """What it exits with then, and when it crashes."""
    readiness_gate: Distribution | None = None
    """All containers ready for the first time, to the conditions of the pod's readiness gates being set to True by
    whoever does that, for good. Not given: at once, and the gates are named."""
    answers_while_stopping: bool = False
    """Whether new requests are still answered after SIGTERM. Most servers close their listener then, or just exit; one
    that waits for the endpoints to be updated, by a sleep in its own signal handler, does answer."""

    def __post_init__(self) -> None:
        if not 0 <= self.failure_probability <= 1:
            raise ValueError(f"expected a probability between 0 and 1 (got {self.failure_probability!r})")
        if not 1 <= self.exit_code <= 255:
            raise ValueError(f"expected the exit code of a failure, from 1 to 255 (got {self.exit_code!r})")


ASSUMED_RUN = LogNormal.from_quantile(median=60.0, p95=300.0)
"""How long the pods of Jobs run of which nobody says it: a round figure of our choice."""


@dataclass(frozen=True, slots=True)
class BehaviourOverride:
    """Another `PodBehaviour` for the pods of some workloads; every condition that is given must hold."""

    behaviour: PodBehaviour
    kind: str | None = None
    name: str | None = None
    namespace: str | None = None
    selector: LabelSelector | None = None

    def is_for(self, kind: str, name: str, namespace: str, template: PodTemplate) -> bool:
        """Whether it is about the pods that the workload `kind`/`name` makes of this template."""
        return (
            self.kind in (None, kind)
            and self.name in (None, name)
            and self.namespace in (None, namespace)
            and (self.selector is None or self.selector.matches(template.labels))
        )


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The behaviour of all pods (the last override that matches wins) and the control plane's timing."""

    pods: PodBehaviour = PodBehaviour()
    overrides: tuple[BehaviourOverride, ...] = ()
    timing: Timing = field(default_factory=Timing)

    def of(self, kind: str, name: str, namespace: str, template: PodTemplate) -> PodBehaviour:
        """The behaviour of the pods that the workload `kind`/`name` makes of this template."""
        for override in reversed(self.overrides):
            if override.is_for(kind, name, namespace, template):
                return override.behaviour
        return self.pods

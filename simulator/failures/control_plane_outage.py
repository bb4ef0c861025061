"""controlPlaneOutage: a process of the control plane is away, or all of it with the API server."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from simulator.kernel import Story
from simulator.processes import ELECTION, Process, elections
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "controlPlaneOutage")
@dataclass(frozen=True)
class ControlPlaneOutage:
    """The API server, the controller manager or the scheduler is away, whatever the number of its replicas.

    Pods run on, containers restart in place, and those who know an endpoint reach it. Nothing heals. Without the
    controller manager no pod is replaced, no node is judged and endpoints stay as they are; without the scheduler new
    pods wait; without the API server all of that holds, kubelets are cut off (what they are told, and what they have
    to say, waits), and so do people and programs: an operation that is due begins at its return, evictions are asked
    for then, node autoscalers stand still.

    What is due happens at the return, in order. A new controller manager remembers nothing: nodes that are silent have
    another 50 s, tolerations begin anew (300 s), as do the 6 min of a forced detach and the windows of autoscalers.
    An API server that is away for no more than 10 s (the renew deadline) does not cost the others their leaders.

    Left out: that watches and pods come in a rush (a scheduler binds 50 to 100 a second), the back-off of Jobs is kept,
    and quotas go on giving back. Proxies go by the last rules either way.

    Source: k8s.io/client-go/tools/leaderelection (lease 15 s, renew deadline 10 s, retry 2 to 4.4 s),
    pkg/controller/nodelifecycle, pkg/controller/tainteviction.
    """

    disruption: ClassVar = DisruptionKind.CONTROL_PLANE
    name: str
    component: Process
    """Which process: apiServer, controllerManager or scheduler."""
    time_to_failure: Distribution
    """From the end of an outage (or the start) to the next."""
    time_to_repair: Repair
    """How long it is away. With several replicas of the controller manager or scheduler, 0: another takes over."""
    election: Distribution = ELECTION
    """From then on until a leader works: 15 to 24 s, as a lease that was not given back has to run out first. After an
    outage of the API server that of the controller manager and that of the scheduler, each by itself."""

    def install(self, world: World) -> None:
        world.tell(self.name, self.component, self._story, world)

    def _story(self, subject: Subject, world: World) -> Story:
        while True:
            yield subject.failure_after(self.time_to_failure)
            mended = subject.mend(self.time_to_repair)
            after = elections(self.election, world.control_plane.election, subject.rng)
            subject.strike()
            outage = world.control_plane.fail(self.component, subject.cause)
            yield mended
            world.control_plane.repair(outage, after)

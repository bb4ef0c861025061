"""oomKill: a container uses more memory than its limit, and the kernel kills it."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.world import World

KILLED = 137
"""128 and the number of SIGKILL."""


@register("failure", "oomKill")
@dataclass(frozen=True)
class OomKill:
    """A container reaches its memory limit and is killed (OOMKilled, exit code 137), all of its processes at once.

    Its kubelet restarts it in place, with CrashLoopBackOff (10 s, 20 s, ... 5 min), if its restartPolicy has failures
    restarted; the pod keeps its node and its IP, and is no endpoint until it is ready again. Each container of the
    selected pods has a clock of its own, new at every start of the container. An increasing hazard (Weibull with a
    shape above 1) is a leak, an exponential law are requests that are too large.

    Limits are not looked at: select the pods whose memory grows. For a node that has none left, see systemOOM.

    Source: pkg/kubelet/kuberuntime (memory.oom.group unless singleProcessOOMKill), kubelet's back-off.
    """

    disruption: ClassVar = DisruptionKind.CONTAINER
    name: str
    time_to_failure: Distribution
    """From a start of the container to its reaching the limit."""
    select: LabelSelector = LabelSelector()
    """Which pods, by their labels; all by default."""

    def install(self, world: World) -> None:
        world.crash_containers(self.name, self.time_to_failure, self.select, KILLED)

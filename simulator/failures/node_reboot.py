"""nodeReboot: a node restarts, planned or not, and is soon back."""

from dataclasses import dataclass
from typing import ClassVar

from models.distributions import Distribution, LogNormal
from models.kubelet_configuration import KubeletConfiguration
from models.labels import LabelSelector
from simulator.kernel import Story
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.subject import Subject
from simulator.stories.world import World


@register("failure", "nodeReboot")
@dataclass(frozen=True)
class NodeReboot:
    """A node reboots without a drain: a kernel update, a watchdog, a host that is moved. Nobody tells the cluster.

    A reboot that is over before the node lifecycle controller misses the lease (it takes 40 to 55 s, see nodeCrash)
    leaves no trace there: the node stays Ready, its pods stay endpoints that do not answer, and nothing is evicted.
    Once its kubelet is back, every pod gets a new sandbox on its node: its init containers run again, its containers
    start (restartPolicy OnFailure: but those that had exited with 0; Never: the pod has failed, once it had run), and
    it is not Ready until they are.

    Where the system tells its kubelet of the shutdown and `kubelet` has a shutdownGracePeriod, the kubelet first ends
    the pods: they fail, and their controllers make others at once.

    Source: pkg/controller/nodelifecycle, pkg/kubelet/kuberuntime (computePodActions). In Google's storage clusters
    most unavailability of nodes is planned reboots, and less than 10 % of all lasts longer than 15 min (Ford et al.,
    Availability in Globally Distributed Storage Systems, OSDI 2010, section 3).
    """

    disruption: ClassVar = DisruptionKind.NODE
    name: str
    time_to_failure: Distribution
    """From a node's return (or the start) to its next reboot."""
    time_to_repair: Distribution = LogNormal.from_quantile(90.0, 900.0)
    """From power off to the node's kubelet being back. By default 95 % take less than 15 min (Ford et al.: at least
    90 %), and half of them less than 90 s (our choice)."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""
    kubelet: KubeletConfiguration = KubeletConfiguration()
    """What their kubelets do when the system shuts down (graceful node shutdown); nothing by default."""

    def install(self, world: World) -> None:
        world.tell_each(self.name, self.select, self._story, world)

    def _story(self, subject: Subject, node: int, world: World) -> Story:
        graceful = self.kubelet.ends_pods
        while True:
            yield subject.failure_after(self.time_to_failure, () if graceful else [node])
            repair = subject.repair(self.time_to_repair)
            subject.strike()
            if graceful:
                yield world.shut_down(node, self.kubelet, self.name, subject.name)
            outage = subject.switch_off([node])
            yield world.sleep(repair)
            outage.end()

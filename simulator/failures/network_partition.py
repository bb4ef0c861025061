"""networkPartition: a node, a rack or a zone is cut off from the API server, from users, from other pods."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from models.distributions import Distribution
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL
from simulator.registry import register
from simulator.stories.disruption_kind import DisruptionKind
from simulator.stories.outage import Effect
from simulator.stories.references import LabelKey, ValueOf
from simulator.stories.repair import Repair
from simulator.stories.subject import Subject
from simulator.stories.world import World


class Peer(StrEnum):
    """From whom nodes are cut off."""

    API_SERVER = "apiServer"
    USERS = "users"
    PODS = "pods"


class Direction(StrEnum):
    """Which connections are cut."""

    BOTH = "both"
    IN = "in"
    OUT = "out"


_NOT_CONCERNED = {Direction.IN: Peer.API_SERVER, Direction.OUT: Peer.USERS}
"""Kubelets open the connections to the API server, users those to pods."""


@register("failure", "networkPartition")
@dataclass(frozen=True)
class NetworkPartition:
    """The network between some nodes and others is cut; nothing stops running.

    Cut off from the API server alone, pods answer. After about 47 s (40 to 55) their node is Unknown, they leave the
    endpoints, and after their toleration (300 s, node by node as the eviction rate of the zone has it, and not at all
    while every node is cut off) controllers make others; the old ones run until the cut is mended, and are stopped
    then with their grace period. A StatefulSet makes no other.

    Cut off from pods alone, those on other nodes that are not cut off with them, pods do not answer clients there, and
    get no answer from there: nodes are Ready, since probes come from their own node, and endpoints stay. So requests
    from the cluster (`traffic` with clients on nodes) fail where client and endpoint are on different sides: the share
    of remote endpoints, unless a policy keeps requests within a zone, clients eject what fails, or try again. Clients
    outside of the cluster reach everything. Only requests see it. Left out: what is answered already when it begins
    still arrives; and endpoints are taken to be as loaded as without a cut, unless single requests are followed.

    Cut off from users alone, pods do not answer and nobody in the cluster knows: nodes are Ready, probes succeed,
    endpoints stay, for as long as it lasts. Cut off from both, it is a crash that comes back with stale processes.

    Connections are cut by who opens them, as a firewall does: kubelets open those to the API server, users those to
    pods; pods open them in both directions. So `direction: in` cuts off users and leaves the node Ready, `out` cuts off
    the kubelet and leaves the pods to users. Packets that are lost in one direction cut off both, since TCP needs its
    answers: that is `both`.

    Users are whoever sends requests: other pods too (calls between Services), wherever they are, also in what is cut
    off. Not modelled: kube-proxies whose rules grow old on cut-off nodes, and members of a quorum that are cut off from
    one another.

    Source: pkg/controller/nodelifecycle, pkg/kubelet/status (a kubelet without the API server goes on with its pods).
    """

    disruption: ClassVar = DisruptionKind.NETWORK
    name: str
    time_to_failure: Distribution
    """From the end of a partition (or the start) to the next of the same node, rack or zone."""
    time_to_repair: Repair
    """How long it lasts."""
    cut_from: tuple[Peer, ...] = (Peer.API_SERVER, Peer.USERS)
    """From whom: `apiServer`, `users`, `pods` (on other nodes), or several of them."""
    direction: Direction = Direction.BOTH
    """Which connections are cut: `in` those that others open to the nodes, `out` those that the nodes open."""
    domain: LabelKey = HOSTNAME_LABEL
    """The label whose nodes of one value are cut off together: a rack, a zone; each node alone by default."""
    values: tuple[Annotated[str, ValueOf("domain")], ...] = ()
    """Which of them, by the label's value; all by default."""
    select: LabelSelector = LabelSelector()
    """Which nodes, by their labels; all by default."""

    def __post_init__(self) -> None:
        if not self.cuts_off:
            opens = "users open" if self.direction is Direction.OUT else "kubelets open"
            why = f": {opens} these connections" if self.cut_from else ""
            raise ValueError(f"cut_from must name somebody whom direction {self.direction.value!r} cuts off{why}")

    @property
    def cuts_off(self) -> frozenset[Peer]:
        """Those named by `cut_from` whose connections the direction concerns."""
        return frozenset(self.cut_from) - {_NOT_CONCERNED.get(self.direction)}

    @property
    def seen_by(self) -> str:
        """What can see it at all."""
        return "requests from nodes" if self.cuts_off == {Peer.PODS} else "endpoints"

    def install(self, world: World) -> None:
        if self.domain == HOSTNAME_LABEL and not self.values:  # nodes that join included
            world.each_node(self.select, lambda node: self._tell(world, world.node_name(node), [node]))
            return
        for value, nodes in world.domains(self.domain, self.select).items():
            if not self.values or value in self.values:
                self._tell(world, value, nodes)

    def _tell(self, world: World, subject: str, nodes: list[int]) -> Subject:
        effects: list[Effect] = []
        if Peer.API_SERVER in self.cuts_off:
            effects.append(world.effects.no_api_server)
        if Peer.USERS in self.cuts_off:
            effects.append(world.effects.no_users)
        if Peer.PODS in self.cuts_off:
            network = world.service_path.pod_network
            ways = {Direction.IN: [network.no_way_in], Direction.OUT: [network.no_way_out]}
            effects += ways.get(self.direction, [network.no_way_in, network.no_way_out])
        law = self.time_to_failure, self.time_to_repair
        at_once = nodes if Peer.USERS in self.cuts_off else ()
        return world.tell(self.name, subject, Subject.well_and_impaired, nodes, effects, *law, at_once)

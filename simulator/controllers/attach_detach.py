"""The attach/detach controller: volumes follow the pods that use them, from node to node.

Source: pkg/controller/volume/attachdetach (reconciler/reconciler.go, util/util.go). A volume belongs to a node while a
pod that is not terminal is bound there and uses it, also one that is being deleted. It is taken away when the node's
kubelet says that it is unmounted; from a node that is not Ready 6 min after the last such pod is gone; from one with
the taint out-of-service at once. A volume that can be at one node only waits for that. Passes (100 ms) take no time.
"""

from collections import defaultdict
from dataclasses import dataclass

from models.node import OUT_OF_SERVICE
from models.timing import Timing
from simulator.component import Component
from simulator.kernel import Timer
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE
from simulator.state.objects import Phase, PodState, VolumeState

_ROUNDING = 1e-6


@dataclass(slots=True, eq=False)
class _DetachRequest:
    """A volume is at a node where no pod uses it any more: the last that did, and since when it does not."""

    last_user: PodState
    since: float
    timer: Timer | None = None
    """When it may be taken away, as far as that is known."""


class AttachDetachController:
    """Attaches volumes to the nodes of their pods, and detaches those that nobody uses."""

    def __init__(self, kernel: Component, state: ClusterState, timing: Timing) -> None:
        self._kernel = kernel
        self._state = state
        self._timing = timing
        self._users: defaultdict[VolumeState, dict[int, PodState]] = defaultdict(dict)
        """Pods that have a node and are not terminal, in the order in which they got it."""
        self._volumes_of: dict[int, list[VolumeState]] = {}
        """By the uid of such a pod."""
        self._requests: defaultdict[int, dict[VolumeState, _DetachRequest]] = defaultdict(dict)
        """By node."""
        self._listens = False
        state.listen(Kind.CLAIM_PHASE, lambda claim, phase, cause: self._begin())
        kernel.on_restart(self._restarted)

    def _begin(self) -> None:
        """A cluster without claims is none of its business."""
        if not self._listens:
            self._listens = True
            self._state.listen(Kind.POD_NODE, lambda pod, node, cause: self._bound(pod))
            self._state.listen(Kind.POD_PHASE, self._phase_changed)
            self._state.listen(Kind.NODE_REPORTING, lambda node, new, cause: self._reporting_changed(node))
            for kind in (Kind.NODE_READY, Kind.NODE_TAINTS):
                self._state.listen(kind, lambda node, new, cause: self._node_changed(node))

    def _bound(self, pod: PodState) -> None:
        if pod.pod_class.has_volumes:
            self._volumes_of[pod.uid] = self._state.volumes.attachable(pod)
            for volume in self._volumes_of[pod.uid]:
                self._users[volume][pod.uid] = pod
                self._requests[pod.node].pop(volume, None)
                self._attach_where_needed(volume)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        if phase not in (Phase.PENDING, Phase.RUNNING):
            for volume in self._volumes_of.pop(pod.uid, ()):
                del self._users[volume][pod.uid]
                self._request_detach(volume, pod)

    def _restarted(self) -> None:
        """A new process knows only from now on that volumes are not used."""
        for node, requests in self._requests.items():
            for volume, request in list(requests.items()):
                request.since = self._kernel.now
                self._consider(volume, node, request)

    # Detaching

    def _request_detach(self, volume: VolumeState, last_user: PodState) -> None:
        node = last_user.node
        if node in volume.attached and all(user.node != node for user in self._users[volume].values()):
            request = _DetachRequest(last_user, self._kernel.now)
            self._requests[node][volume] = request
            self._consider(volume, node, request)

    def _reporting_changed(self, node: int) -> None:
        for volume, request in list(self._requests.get(node, {}).items()):
            self._consider(volume, node, request)

    def _node_changed(self, node: int) -> None:
        for volume, request in list(self._requests.get(node, {}).items()):
            self._force(volume, node, request)

    def _consider(self, volume: VolumeState, node: int, request: _DetachRequest) -> None:
        """Works out when the volume may be taken away: after the kubelet's next status, or by force.

        A kubelet that falls silent before it has said that the volume is not in use does so when it is back.
        """
        now = self._kernel.now
        if request.timer is not None:
            request.timer.cancel()
        if self._state.nodes.reporting[node] and not self._out_of_service(node):
            wait = request.last_user.slot.stream("node-status").random() * self._timing.node_status_period
            request.timer = self._kernel.timer(wait, lambda: self._detach(volume, node, request))
        else:
            forced = max(0.0, request.since + self._timing.force_detach_timeout - now)
            request.timer = self._kernel.timer(forced, lambda: self._force(volume, node, request))
            self._force(volume, node, request)

    def _force(self, volume: VolumeState, node: int, request: _DetachRequest) -> None:
        """Takes the volume away from a node that does not say anything, if it is time for that."""
        nodes = self._state.nodes
        is_late = self._kernel.now >= request.since + self._timing.force_detach_timeout - _ROUNDING
        is_sick = nodes.ready[node] != TRUE or not nodes.exists[node]
        if self._out_of_service(node) or (is_late and is_sick):
            self._detach(volume, node, request)

    def _out_of_service(self, node: int) -> bool:
        return any(taint.key == OUT_OF_SERVICE for taint in self._state.nodes.taints_of(node))

    def _detach(self, volume: VolumeState, node: int, request: _DetachRequest) -> None:
        """Begins to, if that is still what is asked for."""
        if self._requests[node].get(volume) is not request:
            return
        del self._requests[node][volume]
        volume.under_way.add(node)
        last_user = request.last_user
        delay = last_user.slot.draw("detach", last_user.pod_class.behaviour.detach)
        self._kernel.timer(delay, lambda: self._detached(volume, node, last_user))

    def _detached(self, volume: VolumeState, node: int, last_user: PodState) -> None:
        self._state.volumes.detach(volume, node, last_user.cause)
        self._attach_where_needed(volume)

    # Attaching

    def _attach_where_needed(self, volume: VolumeState) -> None:
        volumes, pods = self._state.volumes, self._state.pods
        for pod in list(self._users[volume].values()):
            node = pod.node
            if node not in volume.attached and node not in volume.under_way and not volume.is_held_from(node):
                volume.under_way.add(node)
                self._attach_later(volume, pod)
            if pod.phase is Phase.PENDING and not volume.serves(node):
                pods.set_volume_wait(pod, volumes.wait(pod), pod.cause)

    def _attach_later(self, volume: VolumeState, pod: PodState) -> None:
        delay = pod.slot.draw("attach", pod.pod_class.behaviour.attach)
        self._kernel.timer(delay, lambda: self._attached(volume, pod))

    def _attached(self, volume: VolumeState, pod: PodState) -> None:
        self._state.volumes.attach(volume, pod.node, pod.cause)
        self._request_detach(volume, pod)

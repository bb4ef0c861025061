"""The kubelet's volume manager: a pod starts once its volumes are there.

Source: pkg/kubelet/volumemanager (WaitForAttachAndMount). The mount itself is part of how long a start takes.
"""

from collections import defaultdict
from collections.abc import Callable

from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState, VolumeState, VolumeWait
from simulator.state.volumes import keys_of


class VolumeManager:
    """Holds up pods until their volumes are attached to their nodes, and have data; `start` starts one."""

    def __init__(self, state: ClusterState, start: Callable[[PodState], None]) -> None:
        self._state = state
        self._start = start
        self._awaited: dict[int, list[VolumeState | None]] = {}
        """By uid of a pod that waits, its volumes; None for those that its claims do not have yet."""
        self._waiting: defaultdict[VolumeState | None, dict[int, PodState]] = defaultdict(dict)
        """The pods that wait for a volume, among others."""
        state.listen(Kind.VOLUME_ATTACHED, lambda volume, count, cause: self._look_again(volume))
        state.listen(Kind.VOLUME_LOST, lambda volume, lost, cause: self._look_again(volume))
        state.listen(Kind.CLAIM_PHASE, lambda claim, phase, cause: self._look_again(None))

    def holds_up(self, pod: PodState) -> bool:
        """Whether a pod that is to start has to wait; it is started later then."""
        if not pod.pod_class.has_volumes:
            return False
        volumes = self._state.volumes
        wait = volumes.wait(pod)
        self._state.pods.set_volume_wait(pod, wait, pod.cause)
        self.forget(pod)
        if wait is VolumeWait.NOTHING:
            return False
        by_key = {claim.key: claim.volume for claim in volumes.of_pod(pod)}
        self._awaited[pod.uid] = list(dict.fromkeys(by_key.get(key) for key in keys_of(pod)))
        for volume in self._awaited[pod.uid]:
            self._waiting[volume][pod.uid] = pod
        return True

    def forget(self, pod: PodState) -> None:
        """The pod waits no more."""
        for volume in self._awaited.pop(pod.uid, ()):
            del self._waiting[volume][pod.uid]
            if not self._waiting[volume]:
                del self._waiting[volume]

    def reason(self, pod: PodState) -> str:
        """Why a pod that has a node and no volumes there yet does not start, in Kubernetes' words; "" if it is soon.

        Source: pkg/kubelet/volumemanager/populator, pkg/controller/volume/attachdetach (reportMultiAttachError).
        """
        claims = self._state.volumes.of_pod(pod)
        if pod.volume_wait is VolumeWait.BINDING:
            bound = {claim.key for claim in claims if claim.volume is not None}
            unbound = next(key for key in keys_of(pod) if key not in bound)
            return f"FailedMount: error processing PVC {'/'.join(unbound)}: PVC is not bound"
        held = (claim.volume for claim in claims if claim.volume and claim.volume.is_held_from(pod.node))
        volume = next(held, None) if pod.volume_wait is VolumeWait.HELD else None
        if volume is None:
            return ""
        return (
            f'FailedAttachVolume: Multi-Attach error for volume "{volume.spec.name}" Volume is already exclusively '
            "attached to one node and can't be attached to another"
        )

    def _look_again(self, volume: VolumeState | None) -> None:
        for pod in list(self._waiting.get(volume, {}).values()):
            # A node that is cut off starts its pods when it is back.
            if pod.stopping or pod.deleting or not self._state.nodes.reporting[pod.node]:
                self.forget(pod)
            elif not self.holds_up(pod):
                self._start(pod)

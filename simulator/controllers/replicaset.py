"""The ReplicaSet controller: as many active pods as desired.

Source: pkg/controller/replicaset, pkg/controller/controller_utils.go (ActivePodsWithRanks). Active is a pod that is
neither terminal nor being deleted; pods on a lost node count until they are deleted.
"""

import math
from collections import Counter

from models.timing import Timing
from simulator.component import Component
from simulator.controllers.availability import Availability
from simulator.controllers.pod_claims import PodClaims
from simulator.controllers.pod_control import PodControl
from simulator.controllers.workqueue import WorkQueue
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import Phase, PodState, ReplicaSetState
from simulator.streams import Streams

BURST_REPLICAS = 500
"""Most creations or deletions of one round."""


class ReplicaSetController:
    """Creates and deletes pods, and keeps each ReplicaSet's ready and available counts."""

    def __init__(self, kernel: Component, state: ClusterState, timing: Timing, streams: Streams) -> None:
        self._kernel = kernel
        self._state = state
        self._latency = timing.controller_latency
        self._creating: set[ReplicaSetState] = set()
        """Those in the middle of their batches, which are left alone until the last."""
        self._ready: set[PodState] = set()
        """The pods that `ReplicaSetState.ready` counts: one that is over may keep its Ready condition."""
        self._lots = streams.stream("replicaset/lots")
        self._queue: WorkQueue[ReplicaSetState] = WorkQueue(kernel, timing.controller_latency, self._reconcile)
        waits = timing.create_backoff_initial, timing.create_backoff_max
        self._pod_control: PodControl[ReplicaSetState] = PodControl(
            kernel, state, waits, self._queue.add, self._queue.add
        )
        self._claims = PodClaims(state, self._scaled)
        state.listen(Kind.REPLICASET_DESIRED, lambda replica_set, new, cause: self._scaled(replica_set, cause))
        state.listen(Kind.POD_READY, self._ready_changed, ReplicaSetState)
        state.listen(Kind.POD_DELETING, self._deleting, ReplicaSetState)
        state.listen(Kind.POD_PHASE, self._phase_changed, ReplicaSetState)
        state.listen(Kind.POD_AVAILABLE, self._available_changed, ReplicaSetState)
        self._availability = Availability(kernel, state)

    def _scaled(self, replica_set: ReplicaSetState, cause: int) -> None:
        replica_set.cause = cause
        self._queue.add(replica_set)

    def _deleting(self, pod: PodState, new: int, cause: int) -> None:
        if not pod.is_over:
            self._pod_lost(pod, cause)

    def _phase_changed(self, pod: PodState, phase: int, cause: int) -> None:
        """A pod that is over is replaced; its object stays."""
        if pod.is_over and not pod.deleting:
            self._pod_lost(pod, cause)

    def _pod_lost(self, pod: PodState, cause: int) -> None:
        owner = pod.owner
        if not isinstance(owner, ReplicaSetState):
            return
        self._count(pod, owner, False)
        self._state.pods.set_available(pod, False, cause)
        if len(owner.pods) < owner.desired:
            owner.cause = cause
            self._queue.add(owner)

    def _ready_changed(self, pod: PodState, ready: int, cause: int) -> None:
        owner = pod.owner
        if not isinstance(owner, ReplicaSetState) or pod.deleting or pod.is_over:
            return
        self._count(pod, owner, bool(ready))
        self._availability.judge(pod, owner.min_ready, cause)

    def _count(self, pod: PodState, owner: ReplicaSetState, ready: bool) -> None:
        if ready is not (pod in self._ready):
            owner.ready += 1 if ready else -1
            (self._ready.add if ready else self._ready.discard)(pod)

    def _available_changed(self, pod: PodState, available: int, cause: int) -> None:
        if isinstance(pod.owner, ReplicaSetState):
            pod.owner.available += 1 if available else -1

    def _reconcile(self, replica_set: ReplicaSetState) -> None:
        if replica_set in self._creating:
            return
        self._claim(replica_set)
        diff = len(replica_set.pods) - replica_set.desired
        if diff < 0:
            self._creating.add(replica_set)
            self._slow_start_batch(replica_set, min(-diff, BURST_REPLICAS), 1)
            return
        self._pod_control.settle(replica_set)
        if diff > 0:
            for pod in self._pods_to_delete(replica_set, min(diff, BURST_REPLICAS)):
                self._state.pods.mark_deleting(pod, replica_set.cause)

    def _claim(self, replica_set: ReplicaSetState) -> None:
        """Lets pods go that it does not select any more, and adopts those that it selects and nobody owns."""
        pods, cause = self._state.pods, replica_set.cause
        adopted, released = self._claims.of(replica_set)
        for pod in released:
            self._count(pod, replica_set, False)
            pods.set_available(pod, False, cause)
            pods.set_owner(pod, None, cause)
        for pod in adopted:
            pods.set_owner(pod, replica_set, cause)
            self._count(pod, replica_set, pod.ready)
            self._availability.judge(pod, replica_set.min_ready, cause)

    def _slow_start_batch(self, replica_set: ReplicaSetState, remaining: int, batch: int) -> None:
        """Slow start: batches of 1, 2, 4, ..., each a round of parallel calls after the last; then another look.

        After a batch of which a pod was refused there is no other.
        """
        made = [
            self._pod_control.create(replica_set.pod_class, replica_set, replica_set.cause)
            for _ in range(min(batch, remaining))
        ]
        remaining -= batch
        if remaining > 0 and None not in made:
            self._kernel.timer(self._latency, lambda: self._slow_start_batch(replica_set, remaining, 2 * batch))
        else:
            self._creating.discard(replica_set)
            if self._pod_control.settle(replica_set) and len(replica_set.pods) != replica_set.desired:
                self._queue.add(replica_set)

    def _pods_to_delete(self, replica_set: ReplicaSetState, count: int) -> list[PodState]:
        """The pods to delete first: unbound, pending, unready, cheap, crowded on a node, young.

        Ages are compared by octave, and within one the real controller goes by UID, which is random: here by lot.
        Restarts and ages of creation decide only between pods that became ready together.
        """
        pods = list(replica_set.pods.values())
        if count >= len(pods):
            return pods
        siblings = [replica_set] if replica_set.deployment is None else replica_set.deployment.replica_sets
        pods_on_node = Counter(pod.node for sibling in siblings for pod in sibling.pods.values() if pod.node >= 0)
        now = self._kernel.now
        lots = dict(zip((pod.uid for pod in pods), self._lots.random(len(pods)).tolist(), strict=True))
        # The API keeps times in whole seconds, rounded down.
        lot_of_time = {math.floor(pod.ready_since): lots[pod.uid] for pod in pods}

        def rank(pod: PodState) -> tuple[float, ...]:
            since, ready_for = math.floor(pod.ready_since), (0, 0.0)
            if pod.ready:
                ready_for = _age_bucket(now - since), lot_of_time[since]
            return (
                pod.node >= 0,
                pod.phase is Phase.RUNNING,
                pod.ready,
                pod.deletion_cost,
                -pods_on_node[pod.node],
                *ready_for,
                -max((container.restarts for container in pod.containers), default=0),
                _age_bucket(now - math.floor(pod.created)),
                lots[pod.uid],
            )

        return sorted(pods, key=rank)[:count]


def _age_bucket(age: float) -> int:
    """Logarithmic age: trunc(log2(nanoseconds)), -1 for no age."""
    return math.floor(math.log2(age * 1e9)) if age > 0 else -1

"""Deletions: pods that are being deleted, and do not go away."""

from collections import Counter

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.log import Kind
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState, Stuck


class Deletions:
    """Keeps pods that are deleted from going away."""

    def __init__(self, state: ClusterState, strikes: Counter[str]) -> None:
        self._state = state
        self._strikes = strikes

    def stick(
        self, mode: str, probability: float, law: Distribution, select: LabelSelector, *, finalizer: bool
    ) -> None:
        """From now on this share of the selected pods stays when it is deleted, for so long after it should be gone.

        The luck is that of the pod's place. Pods without a node, and those that are over, go at once.
        """

        def deleting(pod: PodState, new: int, cause: int) -> None:
            if pod.node < 0 or pod.uid not in self._state.pods or pod.is_over or pod.stuck is not None:
                return
            if not select.matches(pod.pod_class.labels):
                return
            rng = pod.slot.stream(f"failure/{mode}")
            if rng.random() < probability:
                self._strikes[mode] += 1
                pod.stuck = Stuck(finalizer, law.sample(rng), self._state.cause(f"{mode}/{pod.slot.name}"))

        self._state.listen(Kind.POD_DELETING, deleting)

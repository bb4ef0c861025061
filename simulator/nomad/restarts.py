"""The restart tracker of a client: when a task that has ended is started again on its node, or that it is not.

Source: client/allocrunner/taskrunner/restarts/restarts.go.
"""

from simulator.nomad.options import Restart, RestartMode
from simulator.state.objects import ContainerState, PodState

JITTER = 0.25
"""The share of the delay by which it may be longer."""


class RestartTracker:
    """Counts the ends of each task in its interval."""

    def __init__(self, policy: Restart) -> None:
        self._policy = policy
        self._counts: dict[int, dict[ContainerState, tuple[float, int]]] = {}
        """By uid of the allocation and by task: when the interval began, and how often the task has ended in it."""

    def next(self, pod: PodState, container: ContainerState, now: float) -> float | None:
        """Seconds until the task, which has ended, is started again; None if the allocation has failed."""
        policy = self._policy
        if policy.attempts == 0:
            return None
        counts = self._counts.setdefault(pod.uid, {})
        begin = pod.created if pod.start_time is None else pod.start_time
        begin, count = counts.get(container, (begin, 0))
        if now > begin + policy.interval:
            begin, count = now, 0
        count += 1
        counts[container] = begin, count
        if count > policy.attempts:
            return begin + policy.interval - now if policy.mode is RestartMode.DELAY else None
        return policy.delay * (1.0 + JITTER * pod.slot.stream("nomad/restart").random())

    def forget(self, pod: PodState) -> None:
        """The allocation is over."""
        self._counts.pop(pod.uid, None)

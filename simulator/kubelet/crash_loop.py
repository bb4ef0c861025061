"""CrashLoopBackOff: how long a container that exited waits for its restart.

Source: k8s.io/client-go/util/flowcontrol/backoff.go, pkg/kubelet/pod_workers.go.
"""

from models.timing import Timing
from simulator.state.objects import ContainerState, PodState


def wait(pod: PodState, container: ContainerState, judged_by: float, now: float, timing: Timing) -> float:
    """Seconds from `now` until the container may restart; remembers it for the next time.

    Whether it has to wait is judged by the exit at `judged_by`, how long by its last exit.
    """
    if container.backoff is None or judged_by - container.backoff_updated > timing.crash_loop_reset:
        container.backoff = min(timing.crash_loop_initial, timing.crash_loop_max)
        container.backoff_updated = now
        return 0.0
    waiting = 0.0
    # A pod worker sleeps at most syncFrequency, and up to half of it longer, before it looks again.
    left = container.backoff - (now - container.finished) if now - judged_by < container.backoff else 0.0
    while left > 0:
        nap = min(left, timing.sync_frequency) * (1 + timing.crash_loop_jitter * pod.slot.stream("back-off").random())
        waiting += nap
        left -= nap
    container.backoff = min(2 * container.backoff, timing.crash_loop_max)
    container.backoff_updated = now + waiting
    return waiting


def reason(pod: PodState, timing: Timing) -> str:
    """Why the pod does not run as a whole, in the kubelet's words, if a container waits for the longest; "" if none.

    It has crashed again and again, or is killed at each start as its start-up or liveness probe gives up first.
    """
    for container in pod.containers:
        waits = container.backoff is not None and not (container.running or container.over)
        if waits and container.backoff == timing.crash_loop_max:
            minutes, seconds = divmod(timing.crash_loop_max, 60)
            written = f"{minutes:.0f}m{seconds:g}s" if minutes else f"{seconds:g}s"
            return f"CrashLoopBackOff: back-off {written} restarting failed container={container.spec.name}"
    return ""

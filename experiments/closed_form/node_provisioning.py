"""Nodes that come and go: how long a pod waits for one, and what it costs that machines are taken back.

The control plane takes no time; `provisioning` is (mean, variance) of the time from asking for a node to its being
Ready, of any law, and `start` how long a pod takes to answer once it has a node.
"""

from collections.abc import Sequence

from models.units import MINUTE

_GC_PERIOD = 20.0
_ORPHANED = (MINUTE, MINUTE + _GC_PERIOD)
"""Seconds from the end of a Node object to that of its pods, uniformly: the garbage collector misses the node at its
next tick, waits 40 s, and acts at the tick after those."""


def cluster_autoscaler_wait(
    scan_interval: float, provisioning: tuple[float, float], start: float
) -> tuple[float, float]:
    """Mean (s) and variance (s^2) of the wait of a pod that fits nowhere, until it answers: Cluster Autoscaler.

    It waits for the autoscaler's next look, which it meets at any time between two.
    """
    mean, variance = provisioning
    return scan_interval / 2 + mean + start, scan_interval**2 / 12 + variance


def batch_length(gaps: Sequence[float], idle: float, most: float) -> float:
    """Seconds from the first pod of a batch of Karpenter's to its end, where pods follow each other by these gaps.

    It ends `idle` after a pod that no other follows in this time, `most` after the first pod at the latest.
    """
    length = 0.0
    for gap in gaps:
        if gap >= idle or length + gap >= most:
            break
        length += gap
    return min(length + idle, most)


def karpenter_wait(
    gaps: Sequence[float], idle: float, most: float, provisioning: tuple[float, float], start: float
) -> tuple[float, float]:
    """Mean (s) and variance (s^2) of the wait of the first pod of a batch, until it answers: Karpenter.

    The pods fit nowhere and follow each other by these gaps (s); the nodes are asked for when the batch ends, `idle`
    (s) after the last pod, and `most` (s) after the first one at the latest.
    """
    mean, variance = provisioning
    return batch_length(gaps, idle, most) + mean + start, variance


def reclaimed_drained(mttf: float, start: float, stop: float) -> tuple[float, float]:
    """Unavailability of a single replica on machines that are taken back and drained on notice, and its variance rate.

    There are always other machines; `mttf` is the mean of the exponential time to a machine's notice. From the notice
    on another pod starts, which takes `start` (s), while the old one answers for `stop` (s, not longer, and both are
    over before the machine is). The second number times the length of an observation (s) is the variance of downtime.
    """
    return _reclaimed(mttf, lost=start - stop, moved_after=0.0, spread=0.0)


def reclaimed_shut_down(mttf: float, start: float, stop: float) -> tuple[float, float]:
    """Unavailability of a single replica on machines whose kubelets end it on notice, and its variance rate.

    There are always other machines; `mttf` is the mean of the exponential time to a machine's notice. By graceful node
    shutdown the pod ends `stop` (s) after the notice, and answers until then; another is made at its end, and takes
    `start` (s). The second number times the length of an observation (s) is the variance of downtime.
    """
    return _reclaimed(mttf, lost=start, moved_after=stop, spread=0.0)


def reclaimed_unheard(mttf: float, notice: float, start: float) -> tuple[float, float]:
    """Unavailability of a single replica on machines that are taken back unheard, and its variance rate.

    There are always other machines; `mttf` is the mean of the exponential time to a machine's notice. The pod answers
    until the machine ends, `notice` (s) after that; another is made when the garbage collector has found it, and takes
    `start` (s). The second number times the length of an observation (s) is the variance of downtime.
    """
    low, high = _ORPHANED
    collected = (low + high) / 2
    return _reclaimed(mttf, lost=collected + start, moved_after=notice + collected, spread=(high - low) ** 2 / 12)


def _reclaimed(mttf: float, lost: float, moved_after: float, spread: float) -> tuple[float, float]:
    """(unavailability, variance rate) of cycles: a time to the notice, then `moved_after` until the pod has moved.

    What is lost in a cycle and how long it takes have one variance, `spread`, in common.
    """
    cycle = mttf + moved_after
    share = lost / cycle
    return share, ((1 - share) ** 2 * spread + share**2 * mttf**2) / cycle

"""Nodes that come and go: how long pods wait for one, and what a machine that is taken back costs."""

from collections.abc import Sequence


def batch_length(gaps: Sequence[float], idle: float, most: float) -> float:
    """Seconds from the first pod of a batch to its end, where pods follow each other by these gaps (seconds).

    It ends `idle` after a pod that no other follows in this time, `most` after the first pod at the latest.
    """
    length = 0.0
    for gap in gaps:
        if gap >= idle or length + gap >= most:
            break
        length += gap
    return min(length + idle, most)

"""One replica whose volume can be attached to one node at a time, or lives in one zone."""

import math


def mean_downtime_until_force_detach(
    detection: float,
    toleration: float,
    deletion: float,
    force_detach: float,
    detach: float,
    attach: float,
    start: float,
) -> float:
    """Mean seconds without the replica after its node is lost for longer than that; any laws with these means.

    Its pod is deleted after `detection` and `toleration`, the object is gone `deletion` later (somebody deletes it by
    force), and from then the attach/detach controller waits for `force_detach`. A Deployment and a StatefulSet come to
    the same: a replacement that is made before waits for the volume.
    """
    return detection + toleration + deletion + force_detach + detach + attach + start


def mean_downtime_until_out_of_service(
    detection: float, declared: float, collection: float, detach: float, attach: float, start: float
) -> float:
    """Mean seconds without the replica after its node is lost, and declared out of service `declared` after detection.

    Its pod is deleted at once then, and collected at the collector's next tick, of a loop with the period `collection`
    whose phase is uniform; its volume is detached at once. Any laws with these means; the node stays away for longer.
    """
    return detection + declared + collection / 2 + detach + attach + start


def mean_downtime_until_return(outage: float, status: float, detach: float, attach: float, start: float) -> float:
    """Mean seconds without the replica of a Deployment when nobody helps: its volume is held until the node is back.

    The pod has been replaced, on another node, before the end of the outage. The returned kubelet removes the old pod,
    and its next status, within the period `status` uniformly, frees the volume. Any laws with these means.
    """
    return outage + status / 2 + detach + attach + start


def dependent_unavailability(mttf: float, outage: float, start: float) -> float:
    """The share of time without a replica that depends on one thing: the only zone that has its volume, or its data.

    That fails `mttf` (exponential) after its last outage, for a fixed `outage`; the replica starts within a fixed
    `start` after it, unless it fails again before.
    """
    return (outage - mttf * math.expm1(-start / mttf)) / (mttf + outage)

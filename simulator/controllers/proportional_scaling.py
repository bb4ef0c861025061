"""How the ReplicaSets of a Deployment share its replicas when their number changes in the middle of a rollout.

Source: pkg/controller/deployment (scale of sync.go, GetReplicaSetProportion of util/deployment_util.go).
"""

from collections.abc import Iterator
from fractions import Fraction

from simulator.state.objects import ReplicaSetState


def shares(active: list[ReplicaSetState], allowed_size: int, replicas: int) -> Iterator[tuple[ReplicaSetState, int]]:
    """The size of each, of so many that they may have in all while the Deployment asks for `replicas`.

    Each gets its part of the difference, by size; what rounding leaves goes to the largest.
    """
    replicas_to_add = allowed_size - sum(replica_set.desired for replica_set in active)
    newer_first = sorted(active, key=lambda r: r.index, reverse=replicas_to_add > 0)
    by_size = sorted(newer_first, key=lambda r: r.desired, reverse=True)
    replicas_added = 0
    proportions = []
    for replica_set in by_size:
        proportion = _proportion(replica_set, replicas, allowed_size, replicas_to_add - replicas_added)
        proportions.append(proportion)
        replicas_added += proportion
    leftover = replicas_to_add - replicas_added
    proportions[0] += leftover
    for replica_set, proportion in zip(by_size, proportions, strict=True):
        yield replica_set, max(0, replica_set.desired + proportion)


def _proportion(replica_set: ReplicaSetState, replicas: int, allowed_size: int, replicas_to_add: int) -> int:
    """How many replicas to add to (or take from) a ReplicaSet to keep its share, of so many yet to be added."""
    if replicas_to_add == 0:
        return 0
    base = replica_set.annotated_max or replicas
    fraction = _round(Fraction(replica_set.desired * allowed_size, base)) - replica_set.desired
    return min(fraction, replicas_to_add) if replicas_to_add > 0 else max(fraction, replicas_to_add)


def _round(value: Fraction) -> int:
    """Half away from zero, as Go rounds."""
    return int(value + Fraction(1, 2)) if value >= 0 else -int(-value + Fraction(1, 2))

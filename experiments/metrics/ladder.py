"""The ladder: availability by ever stricter predicates, whichever one was declared."""

from experiments.design.goal import Capacity, ReadyEndpoints
from experiments.metrics.metric import Group, Unit, metric
from experiments.metrics.observation import Observation


@metric(Group.LADDER, "one answers", Unit.SHARE)
def available_one(seen: Observation) -> float:
    """Share of the window during which one endpoint or more could answer."""
    return ReadyEndpoints(1).up(seen).mean()


@metric(Group.LADDER, "50% answer", Unit.SHARE)
def available_50(seen: Observation) -> float:
    """Share of the window during which 50 % of the desired replicas could answer, and at least one."""
    return Capacity(0.5).up(seen).mean()


@metric(Group.LADDER, "90% answer", Unit.SHARE)
def available_90(seen: Observation) -> float:
    """Share of the window during which 90 % of the desired replicas could answer, and at least one."""
    return Capacity(0.9).up(seen).mean()


@metric(Group.LADDER, "all answer", Unit.SHARE)
def available_all(seen: Observation) -> float:
    """Share of the window during which all desired replicas could answer, and at least one."""
    return Capacity(1.0).up(seen).mean()

"""Models of small clusters, for tests of rare events."""

from collections.abc import Sequence
from typing import Any

from models.behaviour import Behaviour
from models.cluster import Cluster
from models.distributions import Distribution, Exponential
from simulator.failures.node_crash import NodeCrash
from simulator.rare.runs import Model
from simulator.stories.protocols import FailureMode
from tests.simulator.clusters import DAY
from tests.simulator.rare.systems import ALONE, behaviour, one_service

NEVER = Exponential(1e15)
"""A clock that runs, has a rate, and does not fire unless it is forced."""


def model(
    cluster: Cluster,
    failures: Sequence[FailureMode] = (),
    days: float = 10.0,
    operations: Sequence[Any] = (),
    seed: int = 1,
    warmup: float = 0.0,
    **simulated: Any,
) -> Model:
    simulated.setdefault("behaviour", Behaviour())
    return Model({"cluster": cluster, **simulated}, failures, operations, seed, warmup, days * DAY)


def units(number: int, lives: Distribution, repairs: Distribution, days: float = 10.0, **other: Any) -> Model:
    """Nodes that are lost alone, with a pod on each that stays there and answers whenever its node is up."""
    crash = NodeCrash("node", lives, repairs)
    return model(one_service(number), [crash], days, behaviour=behaviour(timing=ALONE), **other)


def at_least(number: int) -> Any:
    """Whether so many endpoints answer."""
    return lambda answering, desired: answering >= number

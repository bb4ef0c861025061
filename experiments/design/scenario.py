"""A scenario: one policy of an experiment, ready to simulate, as values."""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from experiments.design.goal import ServiceGoal, chain_entries, chain_name
from models.behaviour import Behaviour
from models.cluster import Cluster
from models.load import Load
from models.people import People
from models.traffic import Call, Traffic

if TYPE_CHECKING:
    from simulator.control_planes.wiring import Orchestrator
    from simulator.node_autoscaling.fleet import NodeAutoscaler
    from simulator.scheduling.profile import Profile
    from simulator.stories.protocols import FailureMode, Operation


@dataclass(frozen=True)
class Scenario:
    """One policy, ready to simulate. Plain values: it can be pickled, compared and sent to other processes."""

    policy: str
    cluster: Cluster
    behaviour: Behaviour
    failures: "tuple[FailureMode, ...]"
    operations: "tuple[Operation, ...]"
    services: tuple[ServiceGoal, ...]
    duration: float
    warmup: float
    seed: int
    loads: tuple[Load, ...] = ()
    scheduler: "Profile | None" = None
    """Kubernetes' default without one."""
    traffic: tuple[Traffic, ...] = ()
    """The requests to Services, one entry a Service."""
    calls: tuple[Call, ...] = ()
    """Which Services ask which others."""
    node_autoscaler: "NodeAutoscaler | None" = field(default=None, metadata={"optional": True})
    """What adds and takes away nodes; nothing without one."""
    people: People = field(default=People(), metadata={"optional": True})
    """Who mends what breaks."""
    control_plane: "Orchestrator | None" = field(default=None, metadata={"optional": True})
    """What runs the containers; Kubernetes without one."""

    @cached_property
    def id(self) -> str:
        """Content id of all of the above, the same in every process: 16 hexadecimal digits."""
        return hashlib.blake2b(canonical(_facts(self)).encode(), digest_size=8).hexdigest()

    @property
    def measured(self) -> list[str]:
        """The names of what is measured: Services, and chains that begin at one."""
        chains = chain_entries(self.services, self.calls)
        return [*(goal.name for goal in self.services), *(chain_name(goal.name) for goal in chains)]

    @property
    def has_clients_inside(self) -> bool:
        """Whether any of the declared requests come from within the cluster."""
        return any(clients.at != "outside" for traffic in self.traffic for clients in traffic.clients)


def _facts(value: Any) -> dict[str, Any]:
    """The fields of a dataclass, without those that are marked optional and say nothing: they change no id."""
    given = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
    silent = {f.name for f in dataclasses.fields(value) if "optional" in f.metadata and given[f.name] == f.default}
    return {name: fact for name, fact in given.items() if name not in silent}


def canonical(value: Any) -> str:
    """A text that is equal for equal values, in every process: mappings and sets are put in order."""
    if isinstance(value, Enum):
        return canonical(value.value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__ + canonical(_facts(value))
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{canonical(k)}:{canonical(v)}" for k, v in value.items())) + "}"
    if isinstance(value, frozenset | set):
        return "{" + ",".join(sorted(map(canonical, value))) + "}"
    if isinstance(value, tuple | list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return repr(value)

"""How the rare outages of a Service are looked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Phase = Literal["scales", "pilot", "trial", "main"]
"""What replications are for: to see how long Services are degraded after a failure of each mode; how the effort is
best spent; how many it then takes; the estimate. Only the last counts."""

FAILURES_PER_PERIOD = 2.5
"""So many critical failures are expected in a degraded period under tilted clocks."""


@dataclass(frozen=True)
class RareSettings:
    """What a replication does for one Service; plain values, so that it can be sent to another process."""

    failures_per_period: float
    """0: clocks are not tilted."""
    scales: Mapping[str, float] = field(default_factory=dict)
    """Failure mode -> seconds for which the Service may be degraded after it; see `simulator.rare.degraded.Tilting`."""
    staying: tuple[str, ...] = ()
    """Failure modes of which a replica stays missing until the repair."""
    untilted: float = 0.0
    """The share of degraded periods that are followed as they are."""
    modes: Mapping[str, float] = field(default_factory=dict)
    """`simulator.rare.watched.kind` of clocks -> how likely one of them is chosen to begin a degraded period, in
    proportion; 1 if it is not here."""
    following: Mapping[str, float] = field(default_factory=dict)
    """Endpoints that answer still, a colon, and the kind of clocks -> its part of the tilt, in proportion; 1 if it is
    not here."""
    layouts: Mapping[str, float] = field(default_factory=dict)
    """How replicas lie together (`simulator.rare.watched.Watched.layout`) -> how much what begins from there varies."""
    usually_fatal: tuple[str, ...] | None = None
    """Failure modes that are mostly an outage at once; that others are makes a state precarious
    (`simulator.rare.sojourns`). None: no sojourn is followed."""
    looks: int = 24
    """About so many moments at which a degraded period is begun."""
    most_running: int = 1
    """At most so many of those at which something was under way are used, for each costs a run up to it."""
    most_otherwise: int = 2
    """At most so many of the degraded periods that begin otherwise than by a failure clock are followed."""

"""Request-level traffic: how requests come, what a pod does with them, when a proxy loses patience with an endpoint."""

import math
from dataclasses import dataclass, field

LARGEST_BATCH = 1_000_000
"""Requests at once, on average: they are all held in memory."""
MOST_CLIENTS = 1_000_000
"""Clients, or connections, per place where clients are: each takes a few bytes."""
MOST_AT_ONCE = 100_000
"""Requests that a pod works on at once: each takes a few bytes, for every pod."""


@dataclass(frozen=True, slots=True)
class Poisson:
    """Independent requests at the Service's rate."""


@dataclass(frozen=True, slots=True)
class Bursts:
    """An interrupted Poisson process: bursts and pauses with exponential lengths, the Service's rate on average."""

    burst: float
    """Mean length of a burst."""
    pause: float
    """Mean length of a pause without requests."""

    def __post_init__(self) -> None:
        if not (0 < self.burst < math.inf and 0 < self.pause < math.inf):
            raise ValueError("bursts and pauses must have a positive and finite mean length")


@dataclass(frozen=True, slots=True)
class Batches:
    """Requests that come together, a geometric number of them, at the Service's rate on average."""

    size: float
    """Mean number of requests at once, >= 1."""

    def __post_init__(self) -> None:
        if not 1 <= self.size <= LARGEST_BATCH:
            raise ValueError(f"batches have 1 to {LARGEST_BATCH:,} requests on average (got {self.size!r})")


@dataclass(frozen=True, slots=True)
class RecordedTimes:
    """Requests at given times, whatever the Service's rate says."""

    times: tuple[float, ...]
    """When the requests come, since failures began, in order."""

    def __post_init__(self) -> None:
        if any(not math.isfinite(time) for time in self.times) or list(self.times) != sorted(self.times):
            raise ValueError("the times of requests must be finite and in order")


@dataclass(frozen=True, slots=True)
class FirstComeFirstServed:
    """A pod with a fixed number of workers and a queue before them."""

    concurrency: int = 1
    """Requests worked on at once."""
    queue: int | None = None
    """How many may wait; one more is shed, that is, fails at once. None: no limit."""

    def __post_init__(self) -> None:
        if self.concurrency > MOST_AT_ONCE:
            raise ValueError(f"a pod works on at most {MOST_AT_ONCE:,} requests at once (got {self.concurrency})")
        if self.concurrency < 1 or (self.queue is not None and self.queue < 0):
            raise ValueError("a pod works on at least one request, and a queue is not negative")


@dataclass(frozen=True, slots=True)
class ProcessorSharing:
    """A pod that works on all its requests at once, slower the more there are."""

    cores: int | None = None
    """So many requests are worked on at full speed, more share. None: never slower."""
    limit: int | None = None
    """How many there may be; one more is shed, that is, fails at once. None: no limit."""

    def __post_init__(self) -> None:
        if (self.cores is not None and self.cores < 1) or (self.limit is not None and self.limit < 1):
            raise ValueError("a pod has at least one core and room for one request")


@dataclass(frozen=True, slots=True)
class OutlierEjection:
    """Passive health checks of a proxy: an endpoint that keeps failing is left out for a while (Envoy's defaults)."""

    consecutive: int = 5
    """Failed attempts in a row."""
    time: float = 30.0
    """How long it is left out the first time; k times as long the k-th."""
    longest: float = 300.0
    """It is left out no longer than this, however often it was."""
    most: float = 0.1
    """The share of the endpoints that may be left out at once; one may always be, unless it is the last."""

    def __post_init__(self) -> None:
        if self.consecutive < 1 or not 0 < self.time <= self.longest < math.inf or not 0 <= self.most <= 1:
            raise ValueError("expected consecutive >= 1, 0 < time <= longest and a share for `most`")


@dataclass(frozen=True, slots=True)
class Connections:
    """Connections that clients keep and use again: each request comes over any of them.

    The balancing policy chooses when one is opened, at first and when it broke or is too old; what it compares are open
    connections then, not requests. Requests go where their connection leads, even if that endpoint is not listed any
    more or was ejected, and whoever first finds that it stopped answering fails. A retry elsewhere does not use a
    connection that leads where it has been.
    """

    number: int = 100
    """Per place where clients are: a node, or `outside`."""
    max_age: float | None = None
    """The age from which the next request opens it anew. None: never, as most clients and proxies do."""

    def __post_init__(self) -> None:
        if self.number > MOST_CLIENTS:
            raise ValueError(f"expected at most {MOST_CLIENTS:,} connections (got {self.number})")
        if self.number < 1 or (self.max_age is not None and not 0 < self.max_age < math.inf):
            raise ValueError("expected at least one connection, and a positive and finite maxAge")


@dataclass(frozen=True, slots=True)
class RequestLevel:
    """What is needed, beside `Traffic`, to follow every single request."""

    arrivals: Poisson | Bursts | Batches | RecordedTimes = field(default_factory=Poisson)
    pod: FirstComeFirstServed | ProcessorSharing = field(default_factory=ProcessorSharing)
    clients: int = 1000
    """Different clients (addresses) per place where clients are; each request is from any of them."""
    ejection: OutlierEjection | None = None
    """Which endpoints are left out for a while; None: none."""
    connections: Connections | None = None
    """Connections that are used again. None: every request opens its own."""

    def __post_init__(self) -> None:
        if not 1 <= self.clients <= MOST_CLIENTS:
            raise ValueError(f"there must be 1 to {MOST_CLIENTS:,} clients (got {self.clients!r})")

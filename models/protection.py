"""What clients and endpoints do so that overload does not outlive what set it off."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CircuitBreaker:
    """Clients that stop sending to a Service while too much of what they send fails (Hystrix, resilience4j).

    While it is open, requests fail at once, are not tried again, and reach no endpoint. After `open_for` one attempt
    goes through: if it is answered the circuit closes, else it stays open as long again. Envoy's limits of connections
    and pending requests, which it calls circuit breaking, are a `queue` of endpoints; its ejection of single endpoints
    is `requests.ejection`.
    """

    threshold: float = 0.5
    """Opens once this share of attempts fails. Hystrix and resilience4j: 50 %."""
    window: float = 10.0
    """Over which that share is averaged, recent attempts counting more. Hystrix: 10 s."""
    open_for: float = 5.0
    """From opening to the next attempt that goes through. Hystrix: 5 s (resilience4j: 60 s)."""

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise ValueError(f"a circuit breaker's threshold must be between 0 and 1 (got {self.threshold!r})")
        if not (0 < self.window < math.inf and 0 < self.open_for < math.inf):
            raise ValueError("a circuit breaker's window and openFor must be positive and finite")


@dataclass(frozen=True, slots=True)
class Cache:
    """A look-aside cache of the clients: of what they ask for, only misses reach the Service, as its `rate` says.

    A cache that was lost (`cacheLoss`) sends everything, 1 / (1 - hitShare) times as much, and is filled again by the
    answers: while none comes in time, it stays cold, and the Service overloaded (Bronson et al., Metastable failures in
    distributed systems, HotOS 2021).
    """

    hit_share: float
    """The part of requests that a warm cache answers: with 0.9, ten times as many come without it."""
    fill_time: float
    """From empty to warm, if every miss is answered; twice as long if half of them are."""

    def __post_init__(self) -> None:
        if not 0 < self.hit_share < 1:
            raise ValueError(f"a hit share must be between 0 and 1 (got {self.hit_share!r})")
        if not 0 < self.fill_time < math.inf:
            raise ValueError(f"the time to fill a cache must be positive and finite (got {self.fill_time!r})")

    def factor(self, warmth: float) -> float:
        """Requests that reach the Service, in proportion to those of a warm cache; `warmth`: 0 empty, 1 warm."""
        return (1.0 - self.hit_share * warmth) / (1.0 - self.hit_share)

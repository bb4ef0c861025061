"""Circuit breakers of the clients of a Service: all of them see the same share fail, so they open and close as one.

Source: Netflix Hystrix (HystrixCircuitBreaker, HystrixCommandProperties), resilience4j (CircuitBreakerStateMachine):
closed, open, half open. The rolling average is exponential here, which has the same mean age of what it remembers.
"""

import math
from collections.abc import Callable

from models.protection import CircuitBreaker
from simulator.kernel import Kernel, Timer


class Circuit:
    """Opens and closes by the share of attempts that fail."""

    def __init__(
        self, kernel: Kernel, policy: CircuitBreaker, failing: Callable[[], float], switch: Callable[[bool], None]
    ) -> None:
        """`failing()`: the share that would fail now; `switch(is_open)` is called at each change."""
        self._kernel, self._policy = kernel, policy
        self._failing, self._switch = failing, switch
        self._share = self._average = self._since = 0.0
        self._is_open = False
        self._timer: Timer | None = None

    def observe(self, share: float) -> None:
        """From now on this share of attempts fails; while it is open nobody can tell."""
        if self._is_open or share == self._share:
            return
        now, threshold = self._kernel.now, self._policy.threshold
        self._average = self._share + (self._average - self._share) * math.exp(
            (self._since - now) / self._policy.window
        )
        self._share, self._since = share, now
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if share > threshold:
            behind = max(1.0, (share - self._average) / (share - threshold))
            self._timer = self._kernel.timer(self._policy.window * math.log(behind), self._open)

    def _open(self) -> None:
        self._is_open = True
        self._timer = self._kernel.timer(self._policy.open_for, self._try)
        self._switch(True)

    def _try(self) -> None:
        """One attempt goes through."""
        if self._failing() > self._policy.threshold:
            self._timer = self._kernel.timer(self._policy.open_for, self._try)
            return
        self._is_open, self._timer = False, None
        self._share, self._average, self._since = 0.0, 0.0, self._kernel.now
        self._switch(False)

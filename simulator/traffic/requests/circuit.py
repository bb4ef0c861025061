"""The circuit breaker of the clients, compiled as part of `simulator.traffic.requests.loop`.

All clients share one, as in `simulator.demand.circuit`: what they see is the same but for chance. The average is a
ratio of counts that fade.
"""

import math

from simulator.traffic.requests.arrays import COUNTED, FAILURES, OPEN_UNTIL, RESULTS, TRIAL, State

_ENOUGH = 20.0
"""Results in the window below which nothing opens (Hystrix, circuitBreaker.requestVolumeThreshold)."""


def judge(state: State, slot: int, failed: int, now: float) -> None:
    """One more attempt has failed, or not."""
    rules, sums, numbers = state.rules, state.tally.sums, state.tally.numbers
    if numbers[TRIAL] == slot:
        numbers[TRIAL] = -1
        sums[OPEN_UNTIL] = now + rules.open_for if failed == 1 else 0.0
        sums[RESULTS] = 0.0
        sums[FAILURES] = 0.0
        return
    if sums[OPEN_UNTIL] != 0:
        return  # of what was sent before it opened
    fading = math.exp(-max(0.0, now - sums[COUNTED]) / rules.window)
    sums[COUNTED] = max(now, sums[COUNTED])
    sums[RESULTS] = sums[RESULTS] * fading + 1.0
    sums[FAILURES] = sums[FAILURES] * fading + failed
    if sums[RESULTS] >= _ENOUGH and sums[FAILURES] > rules.threshold * sums[RESULTS]:
        sums[OPEN_UNTIL] = now + rules.open_for

"""Evictions: how a drain empties a node.

Source: k8s.io/kubectl/pkg/drain (evictPods): every pod is asked for by itself. One that its budget does not let go now
(429) is asked for again 5 s later; any other refusal is final for this pod.
"""

import math
from collections.abc import Callable, Generator, Sequence
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

from simulator.controllers.disruption import CONFLICT_JITTER, CONFLICT_RETRY, Verdict
from simulator.kernel import Event, Kernel
from simulator.state.objects import PodState

RETRY = 5.0
"""Seconds after which a pod whose budget did not let it go is asked for again."""


def evict_all(
    kernel: Kernel,
    ask: Callable[[PodState], Verdict],
    told: Callable[[PodState, Verdict], None],
    pods: Sequence[PodState],
    deadline: float,
    rng: np.random.Generator,
) -> Generator[Event, Any, bool]:
    """Asks for every pod until it is allowed to go or never will be, or the deadline (an absolute time) comes first.

    `ask` is the eviction API, `told` hears its final answers. Returns whether all were allowed to go. A try that
    collides with another one is tried again by the API server itself, which tells nobody.
    """
    due = [(kernel.now, number) for number in range(len(pods))]
    heapify(due)
    allowed = True
    while due:
        time, number = due[0]
        if time >= deadline:
            yield kernel.sleep(deadline - kernel.now)
            return False
        if time > kernel.now:
            yield kernel.sleep(time - kernel.now)
        heappop(due)
        verdict = ask(pods[number])
        if verdict.collided:
            again = CONFLICT_RETRY * (1.0 + CONFLICT_JITTER * rng.random())
        else:
            told(pods[number], verdict)
            again = RETRY if verdict.try_again else math.inf
            allowed = allowed and not verdict.never
        if again < math.inf:
            heappush(due, (kernel.now + again, number))
    return allowed

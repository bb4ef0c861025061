"""Evictions: how a drain empties a node.

Source: k8s.io/kubectl/pkg/drain (evictPods): every pod is asked for by itself. One that its budget does not let go now
(429) is asked for again 5 s later; any other refusal is final for this pod. Tries whose answer can only be the last one
again are not made, but counted: a drain that budgets block for ever costs next to nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.component import Component
from simulator.control_plane import Told
from simulator.controllers.disruption import CONFLICT_JITTER, CONFLICT_RETRY, DisruptionController, Verdict
from simulator.kernel import Order
from simulator.state.objects import PodState

RETRY = 5.0
"""Seconds after which a pod whose budget did not let it go is asked for again."""


@dataclass(frozen=True, slots=True, eq=False)
class _Refusal:
    """The last answer for a pod that waits to be asked for again, and when it was given."""

    pod: PodState
    verdict: Verdict
    since: float


class Evictions:
    """Asks for every pod until it is allowed to go or never will be, or the deadline (an absolute time) comes first.

    `over` succeeds then, with whether all were allowed to go. A try that collides with another one is tried again by
    the API server itself, which tells nobody. While there is no API server, pods wait to be asked for.
    """

    def __init__(
        self,
        api_server: Component,
        disruption: DisruptionController,
        told: Told,
        pods: Sequence[PodState],
        deadline: float,
        cause: int,
        rng: np.random.Generator,
    ) -> None:
        kernel = self._kernel = api_server.kernel
        self._api_server = api_server
        self._disruption = disruption
        self._told = told
        self._cause = cause
        self._rng = rng
        self._pods = pods
        self._refusals: dict[PodState, _Refusal] = {}
        self._due: dict[float, list[PodState]] = {}
        """Time of a try -> the pods that are asked for then, as the answer may be another."""
        self._left = len(pods)
        self._allowed = True
        self.over = kernel.event()
        if not pods:
            self.over.succeed(True)
            return
        if deadline <= kernel.end:
            kernel.timer(deadline - kernel.now, self._give_up, Order.REPAIR)
        else:
            kernel.timer(kernel.end - kernel.now, self._stop, Order.REPAIR)
        for pod in pods:
            if api_server.is_down:
                self._ask_at(kernel.now, pod)
            else:
                self._ask(pod)

    def _ask(self, pod: PodState) -> None:
        verdict = self._disruption.evict(pod, self._cause)
        if verdict.collided:
            again = CONFLICT_RETRY * (1.0 + CONFLICT_JITTER * self._rng.random())
            self._ask_at(self._kernel.now + again, pod)
            return
        self._told(pod, verdict, 1, self._kernel.now)
        if verdict.try_again:
            refusal = self._refusals[pod] = _Refusal(pod, verdict, self._kernel.now)
            self._disruption.reconsider(pod, lambda: self._reconsider(refusal))
            return
        self._left -= 1
        self._allowed = self._allowed and not verdict.never
        if not self._left:
            self.over.succeed(self._allowed)

    def _reconsider(self, refusal: _Refusal) -> None:
        """The answer may be another at the next try; to those until then it was what it was."""
        if self._refusals.get(refusal.pod) is refusal:
            number = math.floor((self._kernel.now - refusal.since) / RETRY) + 1
            self._ask_at(refusal.since + number * RETRY, refusal.pod)

    def _ask_at(self, time: float, pod: PodState) -> None:
        if time not in self._due:
            self._due[time] = []
            self._api_server.timer(time - self._kernel.now, lambda: self._ask_those_due(time), Order.REPAIR)
        self._due[time].append(pod)

    def _ask_those_due(self, time: float) -> None:
        """In the order in which they were asked for the first time, whatever it was that may change the answers."""
        for pod in sorted(self._due.pop(time, ()), key=self._pods.index):
            if refusal := self._refusals.pop(pod, None):
                self._tell(refusal, round((time - refusal.since) / RETRY) - 1)
            self._ask(pod)

    def _tell(self, refusal: _Refusal, tries: int) -> None:
        if tries > 0:
            self._told(refusal.pod, refusal.verdict, tries, refusal.since + tries * RETRY)

    def _give_up(self) -> None:
        """At the deadline nothing is tried any more."""
        if not self.over.triggered:
            for refusal in self._refusals.values():
                self._tell(refusal, math.ceil((self._kernel.now - refusal.since) / RETRY) - 1)
            self._refusals.clear()
            self._due.clear()
            self.over.succeed(False)

    def _stop(self) -> None:
        """The run ends, and it is not over."""
        for refusal in self._refusals.values():
            self._tell(refusal, math.floor((self._kernel.now - refusal.since) / RETRY))
        self._refusals.clear()

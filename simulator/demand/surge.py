"""Surges: more (or fewer) requests than usual come to a Service, for whatever reason; several multiply."""

from __future__ import annotations

import math

from simulator.state.objects import ServiceState
from simulator.state.objects.service import USUAL
from simulator.state.services import Services


class Surges:
    """Those of one Service."""

    def __init__(self, services: Services, service: ServiceState) -> None:
        self._services, self._service = services, service
        self._factors: dict[Surge, float] = {}

    def begin(self, factor: float, cause: int) -> Surge:
        """From now on so many times as many requests come, until the surge ends."""
        surge = Surge(self, cause)
        surge.become(factor)
        return surge

    def set(self, surge: Surge, factor: float) -> None:
        """That of one surge is this from now on; 1: it is over."""
        self._factors[surge] = factor
        if factor == 1:
            del self._factors[surge]
        self._services.set_rate(self._service, round(USUAL * math.prod(self._factors.values())), surge.cause)


class Surge:
    """One of them."""

    def __init__(self, surges: Surges, cause: int) -> None:
        self._surges = surges
        self.cause = cause

    def become(self, factor: float) -> None:
        """It is so large from now on."""
        self._surges.set(self, factor)

    def end(self) -> None:
        """What is left of it is gone."""
        self.become(1.0)

"""The seam between a run and whoever runs its containers: all that the rest of a run asks of a control plane.

Everything else of a run knows nothing of a control plane: the state and its log, failures, operations, users, luck, and
the machines. A control plane listens to the state and changes it by the state's verbs, whatever its loops are.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from models.distributions import Distribution
from models.load import Load
from simulator.component import Component
from simulator.controllers.disruption import Verdict
from simulator.demand.stream import Stream
from simulator.demand.use import Use
from simulator.job_run import JobRun
from simulator.kernel import Event
from simulator.kubelet.kubelet import Kubelet
from simulator.processes import Process
from simulator.state.objects import PodState

Told = Callable[[PodState, Verdict, int, float], None]
"""Hears an answer, to how many tries it was given, and when the last of them was."""


class Processes(Protocol):
    """The processes of a control plane that may fail by themselves."""

    @property
    def election(self) -> Distribution:
        """Seconds until another leader works, where a failure mode does not say it otherwise."""
        ...

    def fail(self, process: Process, cause: str) -> Any:
        """Gives a process a reason to be down, to be taken away by `repair`; the cause is "mode/subject"."""
        ...

    def repair(self, outage: Any, elections: Mapping[Process, float]) -> None:
        """Takes that reason away; where a leader has to be elected, one works so many seconds later."""
        ...


class ControlPlane(Protocol):
    """What a run asks of the control plane that runs its containers, and of the agents on its nodes."""

    @property
    def kubelet(self) -> Kubelet:
        """The agents of all nodes: a `Kubelet`, by the rules of this control plane."""
        ...

    @property
    def api_server(self) -> Component:
        """What people and programs ask: what they are about to do waits while it is down."""
        ...

    @property
    def processes(self) -> Processes:
        """Its processes, as they fail and come back."""
        ...

    @property
    def job_runs(self) -> Sequence[JobRun]:
        """Each time that a Job was due so far; none if it runs no Jobs."""
        ...

    def place(self, places: Mapping[str, int]) -> None:
        """Says on which nodes the replicas of some slots go that are made next, whatever would be chosen else."""
        ...

    def feed(self, load: Load) -> None:
        """What users ask of a workload: autoscalers measure it, where there are any."""
        ...

    def follow(self, target: str, use: Use, stream: Stream) -> None:
        """Autoscalers of this target, where there are any, measure the requests."""
        ...

    def evict(
        self, pods: Sequence[PodState], told: Told, deadline: float, cause: int, rng: np.random.Generator
    ) -> Event:
        """Pods are to leave their nodes, which are cordoned, by `deadline`; every answer about one is `told`.

        An event to yield: succeeds when that is over, with whether none is left to be asked for, or can never be.
        """
        ...

    def held_up_by(self, pod: PodState) -> str:
        """Why a pod does not run, or not as a whole, in the words of this control plane.

        "" if that is only a matter of time.
        """
        ...

"""The failure clocks of containers and sandboxes: one for each way in which they may die."""

from collections.abc import Callable
from dataclasses import dataclass

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.hazards import Clock, Hazards
from simulator.state.objects import ContainerState, PodState


@dataclass(frozen=True, slots=True)
class CrashMode:
    """A way in which the containers, or the sandboxes, of some pods die by themselves."""

    name: str
    law: Distribution
    select: LabelSelector
    exit_code: int | None = None
    """What containers exit with; None: as their pods' behaviour has it."""


class FailureClocks:
    """Makes, starts and stops them; what happens when one fires is up to the kubelet."""

    def __init__(
        self,
        hazards: Hazards,
        container_died: Callable[[PodState, ContainerState, CrashMode], None],
        sandbox_died: Callable[[PodState, CrashMode], None],
    ) -> None:
        self._hazards = hazards
        self._container_died = container_died
        self._sandbox_died = sandbox_died
        self._container_modes: list[CrashMode] = []
        self._sandbox_modes: list[CrashMode] = []

    def arm_containers(self, mode: CrashMode, pods: list[PodState]) -> None:
        """From now on containers of the selected pods may die; those that run start their clocks now."""
        self._container_modes.append(mode)
        for pod in pods:
            if mode.select.matches(pod.pod_class.labels):
                for container in pod.containers:
                    if container.clocks is not None:
                        container.clocks.append(self._container_clock(pod, container, mode))
                        if container.running:
                            container.clocks[-1].start()

    def arm_sandboxes(self, mode: CrashMode, pods: list[PodState]) -> None:
        """From now on sandboxes of the selected pods may die; those that are up start their clocks now."""
        self._sandbox_modes.append(mode)
        for pod in pods:
            if pod.running and mode.select.matches(pod.pod_class.labels):
                pod.clocks.append(self._sandbox_clock(pod, mode))
                pod.clocks[-1].start()

    def start_container(self, pod: PodState, container: ContainerState) -> None:
        """The container starts: so do its clocks, at age 0."""
        clocks = container.clocks
        if clocks is None:
            clocks = container.clocks = [
                self._container_clock(pod, container, mode)
                for mode in self._container_modes
                if mode.select.matches(pod.pod_class.labels)
            ]
        for clock in clocks:
            clock.start()

    def start_sandbox(self, pod: PodState) -> None:
        """The sandbox starts: so do its clocks, at age 0."""
        if self._sandbox_modes and not pod.clocks:
            modes = [mode for mode in self._sandbox_modes if mode.select.matches(pod.pod_class.labels)]
            pod.clocks = [self._sandbox_clock(pod, mode) for mode in modes]
        for clock in pod.clocks:
            clock.start()

    def forget(self, pod: PodState) -> None:
        """The pod is gone. Clocks and containers refer to each other: only the garbage collector could free both."""
        pod.clocks = []
        for container in pod.containers:
            container.clocks = None

    def _container_clock(self, pod: PodState, container: ContainerState, mode: CrashMode) -> Clock:
        rng = pod.slot.stream(f"failure/{mode.name}/{container.spec.name}")
        subject = f"{pod.slot.name}/{container.spec.name}"
        return self._hazards.clock(
            mode.name, mode.law, rng, lambda: self._container_died(pod, container, mode), subject
        )

    def _sandbox_clock(self, pod: PodState, mode: CrashMode) -> Clock:
        rng = pod.slot.stream(f"failure/{mode.name}")
        return self._hazards.clock(mode.name, mode.law, rng, lambda: self._sandbox_died(pod, mode), pod.slot.name)

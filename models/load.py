"""Load: what users ask of the pods of a workload, over time, as its autoscaler measures it."""

from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

from models.autoscaling import HorizontalPodAutoscaler


@dataclass(frozen=True, slots=True)
class Load:
    """The total of one metric over all pods of a workload, constant between steps.

    The pods that are ready share it evenly: each uses load / ready pods. For Object and External metrics it is the
    value itself. Before the first step the load is that of the first step.
    """

    target: str
    """The workload: "Deployment/web", or "Deployment/shop/web" in another namespace than default."""
    steps: tuple[tuple[float, float], ...]
    """(seconds, total from then on), in order of time; totals in thousandths of the unit: millicores for cpu."""
    metric: str = "cpu"
    """"cpu", "memory", or the name of a metric of the autoscaler."""

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError(f"the load of {self.target} needs at least one step")
        if any(later <= earlier for (earlier, _), (later, _) in pairwise(self.steps)):
            raise ValueError(f"the steps of the load of {self.target} must increase in time")
        if any(not total >= 0 for _, total in self.steps):
            raise ValueError(f"the load of {self.target} must not be negative")
        if len(self.target.split("/")) not in (2, 3):
            raise ValueError(f"expected a target like Deployment/web or Deployment/shop/web (got {self.target!r})")

    @property
    def workload(self) -> str:
        """The target with its namespace: "Deployment/default/web"."""
        kind, *namespace, name = self.target.split("/")
        return "/".join((kind, *(namespace or ["default"]), name))

    def at(self, time: float) -> float:
        """The total at that time."""
        return self.steps[max(0, self._step(time))][1]

    def next_step(self, time: float) -> float | None:
        """When it changes next, strictly after `time`."""
        following = self._step(time) + 1
        return self.steps[following][0] if following < len(self.steps) else None

    def _step(self, time: float) -> int:
        return bisect_right(self.steps, time, key=lambda step: step[0]) - 1


def without_load(
    autoscalers: Iterable[HorizontalPodAutoscaler], loads: Iterable[Load], measured: Collection[tuple[str, str]] = ()
) -> tuple[str, ...]:
    """A sentence on every autoscaler with a metric of which no load is given: nobody knows what it would measure.

    `measured`: (target, metric) of what follows from traffic.
    """
    given = {(load.workload, load.metric) for load in loads}.union(measured)
    notes = []
    for autoscaler in autoscalers:
        missing = [metric.name for metric in autoscaler.metrics if (autoscaler.target, metric.name) not in given]
        if missing:
            bounds = f"{autoscaler.min_replicas} to {autoscaler.max_replicas}"
            consequence = f"it only keeps {autoscaler.target_name} within {bounds} replicas"
            if len(missing) < len(autoscaler.metrics):
                consequence = "it never scales down"
            notes.append(
                f"HorizontalPodAutoscaler/{autoscaler.name}: no load is given for {autoscaler.target_kind}/"
                f"{autoscaler.target_name} ({', '.join(dict.fromkeys(missing))}): {consequence}"
            )
    return tuple(notes)

"""Placements of the real scheduler, one pod after the other.

The simulator is led: it judges each pod with the cluster as it stood when the real scheduler bound it, then binds it to
the same node. Only preemption is its own.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.behaviour import Behaviour
from models.pod import Pod
from simulator.component import Component
from simulator.kernel import Kernel
from simulator.replay.reading import Recording
from simulator.scheduling.profile import SCORES, profile
from simulator.scheduling.scheduler import Scheduler
from simulator.scheduling.ties import FirstTies
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.objects import PodState
from simulator.streams import Streams

PREEMPTED = "PreemptionByScheduler"


class Placements:
    """A recording of placements, being acted out. Time stands still: nothing happens but what is done here."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording.value
        self._created = recording.created
        behaviour = Behaviour()
        self._kernel = Kernel(0.0, 0.0)
        self._state = ClusterState(self._kernel, recording.nodes, None)
        self._api = Api(self._state, Streams(0, 0), behaviour)
        try:
            chosen = profile(**_configuration(self._recording.get("scheduler", {})))
        except ValueError as error:
            raise recording.refused(("scheduler",), str(error)) from None
        self._scheduler = Scheduler(Component(self._kernel), self._state, behaviour.timing, chosen, FirstTies())
        self._bound_at = {
            seen["name"]: float(seen["t"])
            for seen in self._recording.get("observed", ())
            if seen["kind"] == "Pod" and seen.get("event") == "scheduled" and "name" in seen
        }
        self.observed: list[dict[str, Any]] = []
        """The preempted pods."""

    def run(self) -> list[dict[str, Any]]:
        """What the simulator says about each pod, in the order of the recording."""
        specs = {}
        for spec in self._created:
            if isinstance(spec, Pod):
                specs[spec.name] = spec
            else:
                self._api.apply(spec)
        waiting: dict[str, tuple[PodState, Mapping[str, Any]]] = {}
        judged: dict[str, dict[str, Any]] = {}
        for number, placement in enumerate(self._recording["placements"], 1):
            name = placement["pod"]
            self._api.apply(specs[name])
            pod = self._state.pods[len(self._state.pods.names) - 1]
            waiting[name] = pod, placement
            if len(self._scheduler.feasible(pod)) == 0:
                self._preempt(pod)
            for ready in sorted(waiting, key=lambda name: self._bound_at.get(name, 0.0)):
                pod, placement = waiting[ready]
                if placement["node"] is None or placement["bound_after"] <= number:
                    judged[ready] = self._judge(pod, placement)
                    del waiting[ready]
        return [judged[placement["pod"]] for placement in self._recording["placements"]]

    def _preempt(self, pod: PodState) -> None:
        """The victims, if there are any, are gone at once."""
        if self._scheduler.makes_room(pod):
            for victim in [other for other in self._state.pods.values() if other.deleting]:
                self.observed.append(
                    {"t": 0.0, "kind": "Pod", "event": "disruption-target", "name": victim.name, "reason": PREEMPTED}
                )
                self._state.pods.remove(victim)

    def _judge(self, pod: PodState, placement: Mapping[str, Any]) -> dict[str, Any]:
        """Where the pod might go, by which scores; it goes where it went."""
        names = self._state.nodes.names
        feasible = self._scheduler.feasible(pod)
        judgement = {"pod": pod.name, "node": placement["node"], "feasible": [names[node] for node in feasible]}
        if len(feasible) > 1:
            chooser = self._scheduler.chooser
            scores = chooser.scores(self._scheduler.cycle_state(pod.pod_class), feasible)
            scores["total"] = np.sum(list(scores.values()), axis=0)
            judgement["scores"] = {
                plugin: dict(zip(judgement["feasible"], values.tolist(), strict=True))
                for plugin, values in scores.items()
            }
        if placement["node"] is not None:
            self._scheduler.bind(pod, self._state.nodes.index[placement["node"]])
            pod.start_time = self._bound_at.get(pod.name)
        return judgement


def _configuration(scheduler: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `profile` for a KubeSchedulerConfiguration with one profile."""
    if not scheduler:
        return {}
    [configured] = scheduler["profiles"]
    return {
        **_plugins(configured.get("plugins", {})),
        "percentage_of_nodes_to_score": configured.get(
            "percentageOfNodesToScore", scheduler.get("percentageOfNodesToScore", 0)
        ),
        "arguments": {config["name"]: config["args"] for config in configured.get("pluginConfig", [])},
    }


def _plugins(points: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `profile` for plugins that are on or off: everywhere (multiPoint), or as to their score."""
    everywhere, score = points.get("multiPoint", {}), points.get("score", {})
    off = [plugin["name"] for plugin in score.get("disabled", [])]
    weights = dict.fromkeys(SCORES if "*" in off else off, 0)
    weights |= {
        plugin["name"]: plugin.get("weight") or SCORES.get(plugin["name"], 1)
        for plugin in (*everywhere.get("enabled", []), *score.get("enabled", []))
        if plugin["name"] in SCORES or plugin.get("weight")
    }
    return {"disabled": [plugin["name"] for plugin in everywhere.get("disabled", [])], "score": weights}

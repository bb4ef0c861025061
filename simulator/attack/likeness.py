"""Which nodes, zones and replicas are alike: to exchange them would change nothing but names, and luck.

Two nodes are alike if all that the control plane knows of them is the same (what they offer, their labels but for those
of the host, the zone and the region, taints, whether they are up), if the same pods are on them in the same states, and
if their zones are alike; two zones, if they have as many nodes of each sort. Nodes form a tree, region over zone over
node over pod, so this finds exactly the exchanges that leave it as it is. A host or zone that anything else names (an
affinity, a volume, a failure mode, an operation) is like no other; so is all that was struck, and whatever is told
apart by its name: replicas of a StatefulSet, volumes, workloads.

What is not compared is luck: times of start-up that are drawn, the order in which nodes are listed, the standing of the
control plane's loops.
"""

import dataclasses
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from models.node import HOSTNAME_LABEL, REGION_LABEL, ZONE_LABEL
from simulator.attack.arsenal import Action
from simulator.simulation import Simulation
from simulator.state.objects import ContainerState, PodState

Facts = tuple[Any, ...]
_INTERCHANGEABLE = ("Deployment", "Rollout", "ReplicaSet", "DaemonSet")
"""Kinds of which one replica may stand for another: they have no names of their own, or only their node's."""
_NAMES = (HOSTNAME_LABEL, ZONE_LABEL, REGION_LABEL)


def strings_in(value: Any) -> frozenset[str]:
    """All texts in a value, however deep: what it may name."""
    found: set[str] = set()
    seen: set[int] = set()
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            found.add(str(one))
        elif id(one) in seen or one is None or isinstance(one, int | float):
            continue
        else:
            seen.add(id(one))
            if isinstance(one, Mapping):
                left += [*one.keys(), *one.values()]
            elif isinstance(one, Iterable):
                left += list(one)
            elif dataclasses.is_dataclass(one):
                left += [getattr(one, field.name) for field in dataclasses.fields(one)]
    return frozenset(found)


class Likeness:
    """What a simulation is like now, up to exchanges of what is alike."""

    def __init__(self, simulation: Simulation, named: frozenset[str], struck: Iterable[Action] = ()) -> None:
        """`named`: the texts of all that may name a host or a zone; `struck`: what was done to it so far."""
        self._simulation = simulation
        self._struck = tuple(action.subject for action in struck)
        volumes = simulation.state.volumes.existing
        self._named = named | strings_in([volume.spec for volume in volumes]) if volumes else named
        self._pods: defaultdict[int, list[PodState]] = defaultdict(list)
        for pod in simulation.state.pods.values():
            self._pods[pod.node].append(pod)
        self._by_place = {pod.slot.name: pod for pod in simulation.state.pods.values()}
        self._host_facts = self._of_hosts()
        self._zones = self._of_zones()

    @property
    def digest(self) -> str:
        """Equal for states that are alike.

        Whatever failure is under way, even if nobody sees it, has no clock that runs.
        """
        state = self._simulation.state
        nodes = sorted(map(repr, (self._node(node) for node in range(len(state.nodes)))))
        waiting = sorted(repr(self._pod(pod)) for pod in self._pods.get(-1, ()))
        services = [(service.index, *self._counts(service)) for service in state.services]
        clocks = sorted(Counter(clock.mode for clock in self._simulation.hazards.running).items())
        return hashlib.blake2b(repr((nodes, waiting, services, clocks)).encode(), digest_size=16).hexdigest()

    def of(self, action: Action) -> Facts:
        """Equal for actions at what is alike."""
        return action.name, action.bad, self._subject(action.subject)

    def _subject(self, subject: str) -> Facts:
        nodes = self._simulation.state.nodes
        if subject in nodes.index:
            return ("node", *self._node(nodes.index[subject]))
        if subject in self._zones:
            return ("zone", *self._zones[subject])
        place, container = subject, ""
        if place not in self._by_place:
            place, _, container = subject.rpartition("/")
        if place in self._by_place:
            pod = self._by_place[place]
            on = self._node(pod.node) if pod.node >= 0 else ()
            return "pod", self._pod(pod), container, on
        return "other", subject

    def _node(self, node: int) -> Facts:
        nodes = self._simulation.state.nodes
        region, zone = nodes.regions_and_zones[node]
        return self._host_facts[node], self._zones[zone], region in self._named and region

    def _of_zones(self) -> dict[str, Facts]:
        nodes = self._simulation.state.nodes
        hosts: defaultdict[str, list[str]] = defaultdict(list)
        for node, (_, zone) in enumerate(nodes.regions_and_zones):
            hosts[zone].append(repr(self._host_facts[node]))
        regions = {zone: region for region, zone in nodes.regions_and_zones}
        alone = {zone: (self._name(zone), self._marks(zone), tuple(sorted(of))) for zone, of in hosts.items()}
        in_region: defaultdict[str, list[str]] = defaultdict(list)
        for zone, facts in alone.items():
            in_region[regions[zone]].append(repr(facts))
        return {zone: (facts, tuple(sorted(in_region[regions[zone]]))) for zone, facts in alone.items()}

    def _of_hosts(self) -> list[Facts]:
        simulation, nodes = self._simulation, self._simulation.state.nodes
        images = simulation.control_plane.kubelet.images.on_nodes()
        attached: defaultdict[int, list[str]] = defaultdict(list)
        for volume in simulation.state.volumes.existing:
            for node in (*volume.attached, *volume.under_way):
                attached[node].append(volume.spec.name)
        found: list[Facts] = []
        for node, name in enumerate(nodes.names):
            labels = nodes.labels[node]
            found.append(
                (
                    [(key, value) for key, value in sorted(labels.items()) if key not in _NAMES],
                    self._name(name),
                    self._name(labels.get(HOSTNAME_LABEL, "")),
                    self._marks(name),
                    [(kind, column[node].item()) for kind, column in sorted(nodes.columns["allocatable"].items())],
                    int(nodes.pods[node]),
                    [bool(of[node]) for of in (nodes.exists, nodes.powered, nodes.reporting, nodes.healthy)],
                    [bool(nodes.reachable[node]), bool(nodes.unschedulable[node]), int(nodes.ready[node])],
                    sorted(map(str, nodes.taints_of(node))),
                    sorted(images[node]),
                    sorted(attached[node]),
                    sorted(repr(self._pod(pod)) for pod in self._pods.get(node, ())),
                )
            )
        return found

    def _pod(self, pod: PodState) -> Facts:
        workload = pod.pod_class.workload
        name = str(workload) if workload.kind in _INTERCHANGEABLE else pod.slot.name
        return (
            name,
            "" if pod.owner is None else pod.owner.name,
            self._marks(pod.slot.name),
            int(pod.phase),
            [pod.ready, pod.deleting, pod.available, pod.answering, pod.selected, pod.running],
            [int(pod.volume_wait), int(pod.configuration), pod.failing, pod.late],
            [self._container(container) for container in pod.containers],
        )

    def _container(self, container: ContainerState) -> Facts:
        now, reset = self._simulation.kernel.now, self._simulation.timing.crash_loop_reset
        remembered = container.backoff is not None and now - container.backoff_updated <= reset
        return container.running, container.healthy, container.ready, container.backoff if remembered else None

    @staticmethod
    def _counts(service: Any) -> Facts:
        return service.answering, service.rate

    def _name(self, name: str) -> str:
        """The name, if anything refers to it."""
        return name if name in self._named else ""

    def _marks(self, name: str) -> Facts:
        """By which of the actions so far it was struck, or something in it."""
        return tuple(
            number
            for number, subject in enumerate(self._struck)
            if name and (subject == name or subject.startswith(f"{name}/"))
        )

"""The world as stories see it: what there is, and what may be done to it."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Concatenate, ParamSpec

from models.cluster import Cluster
from models.distributions import Distribution
from models.kubelet_configuration import KubeletConfiguration
from models.labels import LabelSelector
from models.node import ZONE_LABEL, Node
from models.people import People as Declared
from simulator.control_plane import ControlPlane
from simulator.controllers.disruption import Verdict
from simulator.demand.users import Users
from simulator.hazards import Hazards
from simulator.kernel import Event, Kernel, Order, Story, Timer
from simulator.kubelet.failure_clocks import CrashMode
from simulator.log import Kind
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE
from simulator.state.objects import PodState
from simulator.stories.alerts import Alerts
from simulator.stories.attempts import Agenda, Attempt, Journal
from simulator.stories.configurations import Configurations
from simulator.stories.containers import Containers
from simulator.stories.cordon import Cordon
from simulator.stories.crew import Crew
from simulator.stories.deletions import Deletions
from simulator.stories.departures import Departures
from simulator.stories.effects import Effects
from simulator.stories.machines import Machines
from simulator.stories.memory import Memory
from simulator.stories.outage import Outage
from simulator.stories.people import People
from simulator.stories.rollouts import Rollouts
from simulator.stories.service_path import ServicePath
from simulator.stories.storage import Storage
from simulator.stories.subject import Subject
from simulator.stories.watch import Watch
from simulator.streams import Streams

P = ParamSpec("P")


class World:
    """The narrow door between stories and the cluster."""

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        api: Api,
        hazards: Hazards,
        streams: Streams,
        control_plane: ControlPlane,
        cluster: Cluster,
        users: Users,
        kinds_of_nodes: Sequence[Node] = (),
        began: float = 0.0,
        people: Declared = Declared(),
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._hazards = hazards
        self._streams = streams
        kubelet = self._kubelet = control_plane.kubelet
        self._evict = control_plane.evict
        self._cordons = Counter(node for node in range(len(state.nodes)) if state.nodes.unschedulable[node])
        self._kinds_of_nodes = kinds_of_nodes
        """One of each kind that may join later: their zones and labels are known from the start."""
        self._domains: list[tuple[str, LabelSelector, dict[str, list[int]]]] = []
        """By label: the nodes of each of its values, kept up to date."""
        self._each: list[tuple[LabelSelector, Callable[[int], Subject]]] = []
        """What is to be told of every node."""
        self._outages: list[Outage] = []
        """Those of all subjects, but for some that are over."""
        self._about: defaultdict[int, list[Subject]] = defaultdict(list)
        self._departures = Departures(kernel, state)
        self.strikes: Counter[str] = Counter()
        """How often each failure mode and operation struck, but for crashes, which the clocks of containers count."""
        self.journal = Journal(began)
        """What operations are asked to do."""
        self.people = People(kernel, hazards.repairs, lambda: self.elapsed, people)
        """Who mends what breaks."""
        self.due: set[Timer] = set()
        """What waits for a time that nothing in the run decides: the schedules of operations, and outage logs."""
        self.watch = Watch(kernel, state)
        """Waits for nodes to be Ready or not."""
        self.configurations = Configurations(state, kubelet, cluster)
        """The ConfigMaps and Secrets that are changed, and how."""
        self.effects = Effects(state, kubelet)
        """What nodes may lack while their containers run on."""
        self.memory = Memory(state, kubelet)
        """The memory of nodes, which may run out."""
        self.deletions = Deletions(state, self.strikes)
        """Pods that are deleted, and do not go away."""
        self.alerts = Alerts(kernel, state)
        """The error budgets that operations watch."""
        self.rollouts = Rollouts(kernel, state, api, self.strikes, self.configurations, self.alerts, streams)
        """What workloads are told to be."""
        self.machines = Machines(state, self.strikes)
        """Nodes that join, leave, or are out of service."""
        self.users = users
        """Those who send requests, and how many."""
        self.storage = Storage(state)
        """Volumes, and their data."""
        self.containers = Containers(kubelet)
        """Those that run on, and are not well."""
        self.image_registry = kubelet.image_registry
        """Where images come from, which may be gone, or slow."""
        self.service_path = ServicePath(state)
        """Kube-proxies, the cluster's DNS, and the network between pods."""
        self.control_plane = control_plane.processes
        """Its processes, as they fail and come back."""
        self.tells: Callable[[str, str], bool] = lambda mode, subject: True
        """Whether the story of a failure mode or operation about a subject is begun at all."""
        self._api_server = control_plane.api_server
        self._eviction_rng = streams.stream("evictions")
        state.listen(Kind.NODE_EXISTS, self._joined_or_gone)

    # What there is

    @property
    def now(self) -> float:
        """Seconds since time 0."""
        return self._kernel.now

    def nodes(self, select: LabelSelector = LabelSelector()) -> list[int]:
        """The nodes whose labels match."""
        nodes = self._state.nodes
        return [node for node, labels in enumerate(nodes.labels) if nodes.exists[node] and select.matches(labels)]

    def example(self, select: LabelSelector) -> Node | None:
        """The first node whose labels match, as a value, else one of the first kind that may join, if any."""
        nodes = self.nodes(select)
        kinds = (kind for kind in self._kinds_of_nodes if select.matches(kind.labels))
        return self._state.nodes.as_value(nodes[0]) if nodes else next(kinds, None)

    def node_name(self, node: int) -> str:
        """The node's name."""
        return self._state.nodes.names[node]

    def node(self, node: int) -> Node:
        """The node as a value: what it is like now."""
        return self._state.nodes.as_value(node)

    def all_nodes(self, select: LabelSelector = LabelSelector()) -> list[int]:
        """The nodes whose labels match, as `nodes`; the list changes as nodes join and go."""
        return self._domains_of("", select, "").setdefault("", [])

    def zones(self) -> dict[str, list[int]]:
        """The nodes of every zone, by name; "" without one. The lists change as nodes join and go."""
        return self._domains_of(ZONE_LABEL, LabelSelector(), "")

    def domains(self, label: str, select: LabelSelector = LabelSelector()) -> dict[str, list[int]]:
        """The nodes that share a value of this label, by value; those without the label are in none.

        The lists change as nodes join and go; a value that only such nodes will have is there from the start.
        """
        return self._domains_of(label, select, None)

    def _domains_of(self, label: str, select: LabelSelector, without: str | None) -> dict[str, list[int]]:
        nodes = self._state.nodes
        kinds = [(None, kind.labels) for kind in self._kinds_of_nodes if select.matches(kind.labels)]
        domains: dict[str, list[int]] = {}
        for node, labels in (*((node, nodes.labels[node]) for node in self.nodes(select)), *kinds):
            if (value := labels.get(label, without)) is not None:
                domains.setdefault(value, []).extend(() if node is None else (node,))
        domains = dict(sorted(domains.items()))
        self._domains.append((label, select, domains))
        return domains

    def each_node(self, select: LabelSelector, tell: Callable[[int], Subject]) -> None:
        """Calls `tell` for every node whose labels match, those that join later included.

        What it tells ends when its node is gone.
        """
        for node in self.nodes(select):
            self._about[node].append(tell(node))
        self._each.append((select, tell))

    def _joined_or_gone(self, node: int, exists: int, cause: int) -> None:
        if not exists:
            for _, _, domains in self._domains:
                for nodes in domains.values():
                    if node in nodes:
                        nodes.remove(node)
            for subject in self._about.pop(node, ()):
                subject.leave()
            return
        labels = self._state.nodes.labels[node]
        for label, select, domains in self._domains:
            value = labels.get(label, "" if "" in domains else None)
            if value in domains and select.matches(labels):
                domains[value].append(node)
        for select, tell in self._each:
            if select.matches(labels):
                self._about[node].append(tell(node))
        for outage in self._outages:
            if not outage.over:
                outage.extend()

    def pods_to_drain(self, node: int) -> list[PodState]:
        """The pods on a node that a drain is about: all but static ones and those of DaemonSets, oldest first."""
        pods = self._state.nodes.running[node].values()
        drained = (
            pod for pod in pods if pod.pod_class.workload.kind != "DaemonSet" and not pod.pod_class.template.is_static
        )
        return sorted(drained, key=lambda pod: pod.uid)

    # What happens

    def tell(
        self,
        mode: str,
        subject: str,
        story: Callable[Concatenate[Subject, P], Story],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> Subject:
        """Starts `story(subject, *arguments)`, about a subject with a stream of its own: "failure/mode/subject"."""
        rng = self._streams.stream(f"failure/{mode}/{subject}")
        kernel, state, hazards = self._kernel, self._state, self._hazards
        about = Subject(kernel, state, hazards, self.strikes, self._outages, self.people, mode, subject, rng)
        if self.tells(mode, subject):
            self._kernel.tell(story(about, *arguments, **named))
        return about

    def tell_each(
        self,
        mode: str,
        select: LabelSelector,
        story: Callable[Concatenate[Subject, int, P], Story],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> None:
        """As `tell`, about every node whose labels match, those that join later included; the story is told its node.

        The failure clock of a node that is gone is stopped; whether it is gone is for the story to ask else.
        """

        def tell(node: int) -> Subject:
            return self.tell(mode, self.node_name(node), story, node, *arguments, **named)

        self.each_node(select, tell)

    def sleep(self, seconds: float) -> Event:
        """An event to yield: succeeds after `seconds`."""
        return self._kernel.sleep(seconds, Order.REPAIR)

    def crash_containers(
        self, mode: str, law: Distribution, select: LabelSelector, exit_code: int | None = None
    ) -> None:
        """From now on, containers of the selected pods crash: a clock each, from each start of the container."""
        self._kubelet.arm_containers(CrashMode(mode, law, select, exit_code))

    def crash_sandboxes(self, mode: str, law: Distribution, select: LabelSelector) -> None:
        """From now on, sandboxes of the selected pods die: a clock each, from each start of the sandbox."""
        self._kubelet.arm_sandboxes(CrashMode(mode, law, select))

    def crew(self, size: int) -> Crew:
        """People who share the work of several stories."""
        return Crew(self._kernel, size)

    def cordon(self, nodes: Iterable[int], operation: str, subject: str, *, counts: bool = True) -> Cordon:
        """The nodes take no new pods; unless it `counts`, it is part of something larger, and no strike."""
        self.strikes[operation] += counts
        return Cordon(self._state.nodes, self._cordons, nodes, self._state.cause(f"{operation}/{subject}"))

    def force_delete(self, operation: str, after: Distribution, select: LabelSelector) -> None:
        """From now on, selected pods that hang on nodes that are not Ready are removed, each after a time."""
        nodes, pods = self._state.nodes, self._state.pods

        def delete(pod: PodState) -> None:
            if pods.get(pod.uid) is pod and nodes.ready[pod.node] != TRUE:
                self.strikes[operation] += 1
                self.journal.note(operation, pod.name, self.now).end(self.now)
                pods.remove(pod)

        def hangs(pod: PodState) -> None:
            if select.matches(pod.pod_class.labels):
                delay = pod.slot.draw(f"operation/{operation}", after)
                self._api_server.timer(delay, lambda: delete(pod), Order.REPAIR)

        self.watch.hanging(hangs)

    def agenda(self, operation: str, subject: str, first: float, every: float | None) -> Agenda:
        """What an operation is to do to one subject, one attempt after the other: at `first`, then `every`."""
        return self.journal.agenda(operation, subject, first, every)

    @property
    def elapsed(self) -> float:
        """Seconds since failures began: other than `now` where a run takes up a state of another run."""
        return self.journal.began + self.now

    def until(self, time: float, *, by_itself: bool = False) -> Event:
        """An event to yield: succeeds so many seconds after failures began; at once, if that is past.

        What is to begin while there is no API server begins when it is back, unless it comes `by_itself`.
        """
        event, by = self._kernel.event(), self._kernel if by_itself else self._api_server
        self.due.add(by.timer(max(0.0, time - self.elapsed), event.succeed, Order.REPAIR))
        return event

    def evict(self, pods: Sequence[PodState], attempt: Attempt, deadline: float) -> Event:
        """Has the pods leave their nodes, as far as the control plane allows it until `deadline`.

        An event to yield: succeeds when that is over, with whether none is left to be asked for, or can never be.
        """
        cause = self._state.cause(f"{attempt.operation}/{attempt.subject}")

        def told(pod: PodState, verdict: Verdict, tries: int, last: float) -> None:
            if verdict.allowed:
                attempt.evicted += tries
            elif verdict.try_again or verdict.never:
                attempt.refused += tries
                attempt.last_refusal = verdict.reason

        return self._evict(pods, told, deadline, cause, self._eviction_rng)

    def empty(self, node: int, attempt: Attempt, deadline: float) -> Story:
        """Evicts the pods of a node and waits until they are gone, unless some are not in time, or never can be."""
        pods = self.pods_to_drain(node)
        allowed = yield self.evict(pods, attempt, deadline)
        if not allowed and self.now >= deadline:
            return
        gone = self.gone([pod for pod in pods if allowed or pod.deleting])
        yield gone if deadline == math.inf else gone | self.sleep(deadline - self.now)
        if allowed and gone.triggered:
            attempt.emptied = self.now

    def shut_down(self, node: int, kubelet: KubeletConfiguration, mode: str, subject: str) -> Event:
        """The node's system is told to shut down; nothing happens where its kubelet does not hold that up.

        An event to yield: succeeds when its pods have ended, or their time is over. Its machine is off then.
        """
        return self._kubelet.shutdown.begin(node, kubelet, self._state.cause(f"{mode}/{subject}"))

    def gone(self, pods: Sequence[PodState]) -> Event:
        """An event to yield: succeeds when none of the pods exists any more."""
        return self._departures.gone(pods)

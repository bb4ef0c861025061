"""The world as stories see it: what there is, and what may be done to it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Concatenate, ParamSpec

from models.cluster import Cluster
from models.distributions import Distribution
from models.labels import LabelSelector
from models.node import OUT_OF_SERVICE, Taint, TaintEffect
from models.pod import PodTemplate
from simulator.controllers.disruption import DisruptionController, Verdict
from simulator.hazards import Hazards
from simulator.kernel import Event, Kernel, Order, Story
from simulator.kubelet.failure_clocks import CrashMode
from simulator.kubelet.kubelet import Kubelet
from simulator.log import Kind
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.nodes import TRUE
from simulator.state.objects import (
    ConfigurationState,
    DaemonSetState,
    DeploymentState,
    Phase,
    PodState,
    StatefulSetState,
)
from simulator.stories.attempts import Attempt, Journal, Outcome
from simulator.stories.configurations import Configurations, Reload, with_checksum
from simulator.stories.cordon import Cordon
from simulator.stories.crew import Crew
from simulator.stories.evictions import Evictions
from simulator.stories.subject import Subject
from simulator.stories.watch import Watch
from simulator.streams import Streams

P = ParamSpec("P")
Rollable = DeploymentState | StatefulSetState | DaemonSetState
"""What a change of the pod template rolls out."""


class World:
    """The narrow door between stories and the cluster."""

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        api: Api,
        hazards: Hazards,
        streams: Streams,
        kubelet: Kubelet,
        disruption: DisruptionController,
        cluster: Cluster,
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._api = api
        self._hazards = hazards
        self._streams = streams
        self._kubelet = kubelet
        self._disruption = disruption
        self._cordons = Counter(node for node in range(len(state.nodes)) if state.nodes.unschedulable[node])
        self._leaving: list[tuple[set[int], Event]] = []
        """Pods that somebody waits to see gone."""
        self.strikes: Counter[str] = Counter()
        """How often each failure mode of nodes, or operation, struck."""
        self.journal = Journal()
        """What operations are asked to do."""
        self.watch = Watch(kernel, state)
        """Waits for nodes to be Ready or not."""
        self.configurations = Configurations(state, kubelet, cluster)
        """The ConfigMaps and Secrets that are changed, and how."""
        self._rollouts: dict[Rollable, Attempt] = {}
        """Rollouts under way, by what is rolled out."""
        self._eviction_rng = streams.stream("evictions")
        state.listen(Kind.POD_PHASE, self._pod_left)
        for kind in (Kind.DEPLOYMENT_COMPLETE, Kind.STATEFULSET_COMPLETE, Kind.DAEMONSET_COMPLETE):
            state.listen(kind, self._completed)

    # What there is

    @property
    def now(self) -> float:
        """Seconds since time 0."""
        return self._kernel.now

    def nodes(self, select: LabelSelector = LabelSelector()) -> list[int]:
        """The nodes whose labels match."""
        nodes = self._state.nodes
        return [node for node, labels in enumerate(nodes.labels) if nodes.exists[node] and select.matches(labels)]

    def node_name(self, node: int) -> str:
        """The node's name."""
        return self._state.nodes.names[node]

    def zones(self) -> dict[str, list[int]]:
        """The nodes of every zone, by name."""
        zones: dict[str, list[int]] = {}
        for node, (_, zone) in enumerate(self._state.nodes.regions_and_zones):
            zones.setdefault(zone, []).append(node)
        return dict(sorted(zones.items()))

    def domains(self, label: str, select: LabelSelector = LabelSelector()) -> dict[str, list[int]]:
        """The nodes that share a value of this label, by value; those without the label are in none."""
        domains: dict[str, list[int]] = {}
        for node in self.nodes(select):
            if (value := self._state.nodes.labels[node].get(label)) is not None:
                domains.setdefault(value, []).append(node)
        return dict(sorted(domains.items()))

    def rollable(self, target: str) -> Rollable:
        """The Deployment, StatefulSet or DaemonSet meant by "Kind/name" or "Kind/namespace/name".

        Raises ValueError if there is none.
        """
        return self._api.rollable(target)

    def claims(self, select: LabelSelector) -> list[str]:
        """The claims with a volume that the selected pods share or keep, as "namespace.name", in order of creation."""
        pods = (pod for pod in self._state.pods.values() if select.matches(pod.pod_class.labels))
        used = {key for pod in pods for key in pod.pod_class.claims}
        claims = self._state.volumes.claims
        return [".".join(key) for key, claim in claims.items() if key in used and claim.volume is not None]

    def has_copies(self, claim: str) -> bool:
        """Whether more than half of the claims that differ from this one in the ordinal at most have their data."""
        return self._state.volumes.has_quorum(self._state.volumes.named(claim))

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
    ) -> None:
        """Starts `story(subject, *arguments)`, about a subject with a stream of its own: "failure/mode/subject"."""
        rng = self._streams.stream(f"failure/{mode}/{subject}")
        about = Subject(self._kernel, self._state, self._hazards, self.strikes, mode, subject, rng)
        self._kernel.tell(story(about, *arguments, **named))

    def sleep(self, seconds: float) -> Event:
        """An event to yield: succeeds after `seconds`."""
        return self._kernel.sleep(seconds, Order.REPAIR)

    def crash_containers(self, mode: str, law: Distribution, select: LabelSelector) -> None:
        """From now on, containers of the selected pods crash: a clock each, from each start of the container."""
        self._kubelet.arm_containers(CrashMode(mode, law, select))

    def crash_sandboxes(self, mode: str, law: Distribution, select: LabelSelector) -> None:
        """From now on, sandboxes of the selected pods die: a clock each, from each start of the sandbox."""
        self._kubelet.arm_sandboxes(CrashMode(mode, law, select))

    def crew(self, size: int) -> Crew:
        """People who share the work of several stories."""
        return Crew(self._kernel, size)

    def cordon(self, nodes: Iterable[int], operation: str, subject: str) -> Cordon:
        """The nodes take no new pods."""
        self.strikes[operation] += 1
        return Cordon(self._state.nodes, self._cordons, nodes, self._state.cause(f"{operation}/{subject}"))

    def set_out_of_service(self, node: int, out: bool, operation: str) -> None:
        """Puts the taint out-of-service on a node, or takes it away. What follows is due to why the node is away."""
        self.strikes[operation] += out
        nodes = self._state.nodes
        taint = Taint(OUT_OF_SERVICE, TaintEffect.NO_EXECUTE, "nodeshutdown")
        cause = next(iter((*nodes.down_causes[node].values(), *nodes.silent_causes[node].values())), 0)
        nodes.set_taints(node, nodes.taints_of(node) - {taint} | ({taint} if out else set()), cause)

    def set_lost(self, claim: str, lost: bool, subject: Subject) -> None:
        """The data of the claim's volume is gone, or back."""
        self.strikes[subject.mode] += lost
        volume = self._state.volumes.named(claim).volume
        if volume is not None:
            self._state.volumes.set_lost(volume, lost, self._state.cause(f"{subject.mode}/{subject.name}"))

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
                self._kernel.timer(delay, lambda: delete(pod), Order.REPAIR)

        self.watch.hanging(hangs)

    def agenda(self, operation: str, subject: str, first: float, every: float | None) -> Iterator[Attempt]:
        """What an operation is to do to one subject, one attempt after the other: at `first`, then `every`."""
        return self.journal.agenda(operation, subject, first, every)

    def evict(self, pods: Sequence[PodState], attempt: Attempt, deadline: float) -> Event:
        """Asks the eviction API to delete the pods, which their budgets may forbid, until `deadline`.

        An event to yield: succeeds when that is over, with whether none is left to be asked for, or can never be.
        """
        cause = self._state.cause(f"{attempt.operation}/{attempt.subject}")

        def told(pod: PodState, verdict: Verdict, tries: int, last: float) -> None:
            if verdict.allowed:
                attempt.evicted += tries
            elif verdict.try_again or verdict.never:
                attempt.refused += tries
                attempt.last_refusal = verdict.reason

        return Evictions(self._kernel, self._disruption, told, pods, deadline, cause, self._eviction_rng).over

    def gone(self, pods: Sequence[PodState]) -> Event:
        """An event to yield: succeeds when none of the pods exists any more."""
        event = self._kernel.event()
        left = {pod.uid for pod in pods if pod.uid in self._state.pods}
        if left:
            self._leaving.append((left, event))
        else:
            event.succeed()
        return event

    def _pod_left(self, pod: PodState, phase: int, cause: int) -> None:
        if phase == Phase.ABSENT and self._leaving:
            for left, event in self._leaving:
                left.discard(pod.uid)
                if not left:
                    event.succeed()
            self._leaving = [(left, event) for left, event in self._leaving if left]

    def roll_out(self, attempt: Attempt, target: Rollable, new_image: bool) -> None:
        """The target's template changes: to images that no node has yet, or only in an annotation."""
        self.strikes[attempt.operation] += 1
        template = target.spec.template
        release = f"{attempt.operation}/{target.generation}"
        if new_image:
            containers = tuple(replace(c, image=f"{c.image.split('@')[0]}@{release}") for c in template.spec.containers)
            template = replace(template, spec=replace(template.spec, containers=containers))
        else:
            annotations = {**template.annotations, "kubectl.kubernetes.io/restartedAt": release}
            template = replace(template, annotations=annotations)
        attempt.begin(self.now)
        self._apply(attempt, target, template)

    def reload(self, attempt: Attempt, record: ConfigurationState, reload: Reload) -> None:
        """What pods do about another content of a ConfigMap or Secret; what they do by themselves is over at once."""
        targets = self.configurations.readers(record) if reload is Reload.RESTART else []
        for target in targets:
            self._apply(attempt, target, with_checksum(target.spec.template, record))
        if not targets:
            attempt.end(self.now)

    def _apply(self, attempt: Attempt, target: Rollable, template: PodTemplate) -> None:
        before = self._rollouts.pop(target, None)
        if before is not None and before.ended is None:
            before.end(self.now, Outcome.REPLACED)
        cause = self._state.cause(f"{attempt.operation}/{target.workload}")
        self._api.apply(replace(target.spec, template=template), cause)
        self._rollouts[target] = attempt

    def _completed(self, target: Rollable, complete: int, cause: int) -> None:
        """The last of the rollouts of an attempt ends it."""
        attempt = self._rollouts.pop(target, None) if complete else None
        if attempt is not None and attempt.ended is None and attempt not in self._rollouts.values():
            attempt.end(self.now)

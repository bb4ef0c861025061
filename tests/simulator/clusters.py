"""Small clusters, scripted bad luck, and simulations that a test can stop and look into."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from models.behaviour import Behaviour, PodBehaviour
from models.cluster import Cluster
from models.deployment import Deployment
from models.distributions import Distribution, Fixed
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL, NOT_READY, UNREACHABLE, ZONE_LABEL, Node, Resources, TaintEffect
from models.pod import Container, Pod, PodSpec, PodTemplate, Toleration
from models.service import Service
from models.timing import Timing
from models.traffic import Traffic
from simulator.control_planes.wiring import Orchestrator
from simulator.kernel import Story
from simulator.log import Kind
from simulator.node_autoscaling.fleet import NodeAutoscaler
from simulator.scheduling.framework import Profile
from simulator.simulation import Simulation
from simulator.state.objects import DeploymentState, PodState, ReplicaSetState
from simulator.stories.protocols import FailureMode, Operation
from simulator.stories.subject import Subject
from simulator.stories.world import World
from simulator.streams import Streams

MIB = 1024**2
GIB = 1024**3
HOUR, DAY = 3600.0, 86_400.0
FOREVER = 1e12

_AT_ONCE = {constant.name: 0.0 for constant in fields(Timing) if constant.name.endswith("_latency")}
EXACT = Timing(pleg_relist_period=0.0, crash_loop_jitter=0.0, **_AT_ONCE)  # type: ignore[arg-type]
"""Kubernetes' constants without the kubelet's own randomness, and with a control plane that takes no time."""
PROMPT = PodBehaviour(
    image_pull=Fixed(0.0),
    start=Fixed(1.0),
    init=Fixed(1.0),
    startup=Fixed(2.0),
    restart=Fixed(0.0),
    stop=Fixed(1.0),
    answers_while_stopping=True,
)
"""Bound to running 1 s, running to answering 2 s, SIGTERM to exit 1 s, the rest at once."""


def behaviour(timing: Timing = EXACT, **laws: Distribution) -> Behaviour:
    """`PROMPT` with some laws replaced."""
    return Behaviour(replace(PROMPT, **laws), timing=timing)  # type: ignore[arg-type]


def tolerations(seconds: float | None = 300.0) -> tuple[Toleration, ...]:
    """What admission adds to every pod."""
    return tuple(Toleration(key, effect=TaintEffect.NO_EXECUTE, seconds=seconds) for key in (NOT_READY, UNREACHABLE))


def node(name: str, zone: str = "", cpu: int = 4000, memory: int = 16 * GIB, **other: Any) -> Node:
    labels = {HOSTNAME_LABEL: name, **({ZONE_LABEL: zone} if zone else {}), **other.pop("labels", {})}
    return Node(name, Resources(cpu, memory, other.pop("resources", {})), labels=labels, **other)


def nodes(count: int, zones: Sequence[str] = ("a",), **each: Any) -> tuple[Node, ...]:
    """node-0, node-1, ... dealt out to the zones in turn."""
    return tuple(node(f"node-{i}", zones[i % len(zones)], **each) for i in range(count))


def container(name: str = "server", cpu: int | None = 100, memory: int | None = 128 * MIB, **other: Any) -> Container:
    declared = frozenset(n for n, amount in (("cpu", cpu), ("memory", memory)) if amount is not None)
    requests = Resources(cpu or 0, memory or 0, other.pop("resources", {}))
    return Container(name, image=other.pop("image", f"{name}:1"), requests=requests, declared=declared, **other)


def template(app: str, *containers: Container, **spec: Any) -> PodTemplate:
    labels = {"app": app, **spec.pop("labels", {})}
    spec.setdefault("tolerations", tolerations())
    return PodTemplate(PodSpec(containers or (container(),), **spec), labels)


def deployment(name: str = "web", replicas: int = 1, *, pods: PodTemplate | None = None, **other: Any) -> Deployment:
    return Deployment(name, pods or template(name), LabelSelector.of({"app": name}), replicas=replicas, **other)


def pod(name: str = "alone", *containers: Container, **spec: Any) -> Pod:
    return Pod(name, template(name, *containers, **spec))


def cluster(machines: Sequence[Node], *workloads: Deployment | Pod, services: bool = True) -> Cluster:
    """These nodes and workloads, and a Service in front of each."""
    return Cluster(
        nodes=tuple(machines),
        deployments=tuple(w for w in workloads if isinstance(w, Deployment)),
        pods=tuple(w for w in workloads if isinstance(w, Pod)),
        services=tuple(Service(w.name, selector={"app": w.name}) for w in workloads) if services else (),
    )


def uniform_cluster(machines: int, replicas: Sequence[int]) -> Cluster:
    """Equal nodes of three zones with room to spare, and Deployments app-0, app-1, ... with so many replicas."""
    pods = [template(f"app-{i}", container(cpu=250, memory=GIB // 2)) for i in range(len(replicas))]
    apps = [deployment(f"app-{i}", count, pods=pods[i]) for i, count in enumerate(replicas)]
    return cluster(nodes(machines, "abc", cpu=32_000, memory=128 * GIB), *apps)


@dataclass(frozen=True)
class Outages:
    """A scripted failure mode: (at, lasting, nodes)."""

    outages: tuple[tuple[float, float, tuple[int, ...]], ...]
    name: str = "script"

    def install(self, world: World) -> None:
        for number, (at, lasting, down) in enumerate(self.outages):
            world.tell(self.name, str(number), self._story, world, at, lasting, down)

    def _story(self, subject: Subject, world: World, at: float, lasting: float, down: Iterable[int]) -> Story:
        yield world.sleep(at)
        outage = subject.take_down(down)
        yield world.sleep(lasting)
        outage.end()


def down(*numbers: int, at: float = 0.0, lasting: float = FOREVER) -> Outages:
    return Outages(((at, lasting, numbers),), name=f"down-{'-'.join(map(str, numbers))}-{at}")


@dataclass
class Lab:
    """A simulation that is deployed and settled at time 0, to be stepped and looked into."""

    cluster: Cluster
    behaviour: Behaviour = field(default_factory=behaviour)
    failures: Sequence[FailureMode] = ()
    operations: Sequence[Operation] = ()
    seed: int = 0
    end: float = 10 * DAY
    before: Callable[[Simulation], object] = lambda simulation: None
    """Called before anything is deployed."""
    profile: Profile | None = None
    """The scheduler's; None: Kubernetes' default."""
    traffic: Sequence[Traffic] = ()
    node_autoscaler: NodeAutoscaler | None = None
    control_plane: Orchestrator | None = None
    """None: Kubernetes."""

    def __post_init__(self) -> None:
        self._pod_names: list[str] = []
        self._created: Counter[object] = Counter()
        self.simulation = Simulation(
            self.cluster,
            self.behaviour,
            Streams(self.seed, 0),
            self.end,
            keep_log=True,
            profile=self.profile,
            traffic=self.traffic,
            node_autoscaler=self.node_autoscaler,
            orchestrator=self.control_plane,
        )
        self.kernel, self.state = self.simulation.kernel, self.simulation.state
        self.before(self.simulation)
        self.simulation.deploy()
        for story in (*self.failures, *self.operations):
            story.install(self.simulation.world)

    def run(self, until: float) -> "Lab":
        self.kernel.run_until(until)
        return self

    def at(self, time: float, call: Callable[[], object]) -> None:
        """Calls `call()` at that time."""
        self.kernel.timer(time - self.kernel.now, call)

    def delete(self, pod: PodState, at: float) -> None:
        """kubectl delete pod."""
        self.at(at, lambda: self.state.pods.mark_deleting(pod, 0))

    def apply(self, spec: object, at: float) -> None:
        """kubectl apply."""
        self.at(at, lambda: self.simulation.api.apply(spec))

    def rows(self, kind: Kind, since: float = 0.0) -> list[tuple[float, int, int, int, str]]:
        """(time, subject, old, new, cause) of the transitions of one kind, from `since` on."""
        log = self.state.log
        assert log is not None
        return [
            (float(time), int(number), int(old), int(new), log.causes[int(cause)])
            for time, code, number, old, new, cause in log.columns()
            if code == kind and time >= since
        ]

    def log(self, kind: Kind, since: float = 0.0) -> list[tuple[float, str, int]]:
        """(time, subject, new value); times to the millisecond."""
        return [(round(time, 3), self.subject(kind, number), new) for time, number, _, new, _ in self.rows(kind, since)]

    def times(self, kind: Kind, new: int | None = None, since: float = 0.0) -> list[float]:
        return [time for time, _, value in self.log(kind, since) if new is None or value == new]

    def caused(self, kind: Kind, mode: str) -> dict[str, list[float]]:
        """When things got worse because of a failure mode, by what the mode struck."""
        found: dict[str, list[float]] = {}
        for time, _, old, new, cause in self.rows(kind):
            if new < old and cause.startswith(f"{mode}/"):
                found.setdefault(cause.removeprefix(f"{mode}/"), []).append(time)
        return found

    def subject(self, kind: Kind, number: int) -> str:
        """A name: pods are numbered within their workload, in order of creation."""
        state = self.state
        match kind.name.split("_")[0]:
            case "NODE":
                return state.nodes.names[number]
            case "POD":
                for _, pod_class, *_ in state.pods.names[len(self._pod_names) :]:
                    workload = pod_class.workload
                    self._created[workload] += 1
                    self._pod_names.append(f"{workload.name}-{self._created[workload] - 1}")
                return self._pod_names[number]
            case "DEPLOYMENT":
                return state.workloads.of(DeploymentState)[number].workload.name
            case "SERVICE":
                return self.cluster.services[number].name
        return str(number)

    def rollout(self, name: str = "web", since: float = 0.0) -> list[tuple[int, int]]:
        """(new, old) desired pods of a Deployment after each change of scale; old of all but the newest ReplicaSet."""
        mine = {replica_set.index: replica_set for replica_set in self.replica_sets(name)}
        newest, desired, steps = max(mine), dict.fromkeys(mine, 0), []
        for time, number, _, new, _ in self.rows(Kind.REPLICASET_DESIRED, -FOREVER):
            if number in mine:
                desired[number] = new
                if time >= since:
                    steps.append((desired[newest], sum(desired.values()) - desired[newest]))
        return steps

    def pods(self, name: str | None = None) -> list[PodState]:
        """The pods that exist, of one workload or all, in order of creation."""
        return [pod for pod in self.state.pods.values() if name in (None, pod.pod_class.workload.name)]

    def replica_sets(self, name: str = "web") -> list[ReplicaSetState]:
        [found] = [d for d in self.state.workloads.of(DeploymentState) if d.workload.name == name]
        return found.replica_sets

    def counts(self, name: str = "web") -> tuple[tuple[int, int, int], ...]:
        """(desired, ready, available) of every ReplicaSet of a Deployment, oldest first."""
        return tuple((r.desired, r.ready, r.available) for r in self.replica_sets(name))

    def taints(self) -> dict[str, list[str]]:
        """The taints that nodes carry now, those without any left out."""
        nodes = self.state.nodes
        found = {name: sorted(map(str, nodes.taints_of(i))) for i, name in enumerate(nodes.names)}
        return {name: taints for name, taints in found.items() if taints}

    def no_execute(self, since: float = 0.0) -> dict[str, float]:
        """When each node (that has no taint of its own) got unreachable:NoExecute, the last time."""
        return {name: time for time, name, taints in self.log(Kind.NODE_TAINTS, since) if taints == 2}

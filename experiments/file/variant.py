"""The experiment under one policy: its objects patched, its behaviour, its scheduler."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from experiments.file.behaviour import OverrideFile
from experiments.file.counterparts import with_counterpart, without_field
from experiments.file.described import changed, value_of
from experiments.file.objects import ReadObjects, pool_nodes, read_objects
from experiments.file.policy import Lineage, added, blame, patch
from experiments.file.schema import SchedulerFile, SpecFile
from experiments.file.source import Source
from experiments.file.standing import items_of, standing, standing_people
from experiments.file.traffic import TrafficFile
from models.behaviour import Behaviour
from models.input.problems import InputError, Path, Problem
from models.manifests import ClusterInput, Manifest, Named, Podless, build_cluster
from models.manifests.counterparts import without_counterpart
from models.manifests.fields import Effect
from models.node_pool import NodePool
from models.people import People
from models.service import service_names
from simulator.control_planes.kubernetes import Kubernetes
from simulator.control_planes.wiring import Orchestrator
from simulator.node_autoscaling.fleet import NodeAutoscaler
from simulator.scheduling.profile import Profile, profile
from simulator.stories.references import Refers, references

_JOBS = ("Job", "CronJob")
_ROLLABLE = ("Deployment", "StatefulSet", "DaemonSet", "Rollout")
_SERVICE = ("v1", "Service")
_LOCAL_UNASKED = (
    "clients on a node without a ready pod get no answer; the availability is that of any pod at all, and only the "
    "requests that spec.traffic declares show what clients get"
)


@dataclass(frozen=True)
class Variant:
    """The experiment under one policy."""

    lineage: Lineage
    objects: list[Manifest]
    complete: bool
    built: ClusterInput | None
    files: tuple[str, ...]
    behaviour: Behaviour
    scheduler: Profile | None
    node_autoscaler: NodeAutoscaler | None
    failures: list[tuple[Any, Path]]
    operations: list[tuple[Any, Path]]
    crews: list[tuple[Any, Path]]
    responses: list[tuple[Any, Path]]
    traffic: list[tuple[TrafficFile, Path]]
    """The last for a Service is what holds."""
    control_plane: Orchestrator | None = None
    """None: Kubernetes."""
    notes: tuple[str, ...] = ()
    """What of the experiment has no counterpart in the control plane."""

    @property
    def people(self) -> People:
        """Who mends what breaks."""
        crews, responses = ([value_of(item) for item, _ in items] for items in (self.crews, self.responses))
        return People(tuple(crews), tuple(responses))

    def services(self) -> dict[str, Manifest]:
        """The Services by their names in `Run.services`."""
        services = [manifest for manifest in self.objects if (manifest.api_version, manifest.kind) == _SERVICE]
        return dict(zip(service_names(services), services, strict=True))

    def unshown(self, measured: Collection[str]) -> tuple[Named, ...]:
        """What Services that are measured say and only requests to them show, where no traffic to these is declared."""
        if self.built is None:
            return ()
        asked = {traffic.service for traffic, _ in self.traffic}
        found = [
            manifest.where(("spec", "internalTrafficPolicy"))
            for (name, manifest), service in zip(self.services().items(), self.built.cluster.services, strict=True)
            if service.internal_traffic_policy == "Local" and not service.headless
            if name in measured and name not in asked
        ]
        field = "Service spec.internalTrafficPolicy"
        return (Named(field, Effect.TOO_GOOD, _LOCAL_UNASKED, len(found), found[0]),) if found else ()

    def without_counterpart(self) -> tuple[Named, ...]:
        """What the objects say that the control plane has no counterpart for."""
        return () if self.control_plane is None else without_counterpart(self.objects, self.control_plane.called)

    def podless(self) -> dict[str, Podless]:
        """The Services that select no pod of the cluster, named as in `services`, and why."""
        if self.built is None:
            return {}
        found = self.built.podless
        keys = [(service.namespace, service.name) for service in self.built.cluster.services]
        return {name: found[key] for name, key in zip(self.services(), keys, strict=True) if key in found}

    def jobs(self) -> list[str]:
        """What objectives may call the Jobs and CronJobs: Kind/name, and Kind/namespace/name."""
        return [name for pair in self._called(_JOBS) for name in pair]

    def rollable(self) -> list[tuple[str, str]]:
        """What operations may call the workloads that have rollouts: (Kind/name, Kind/namespace/name) of each."""
        return self._called(_ROLLABLE)

    def _called(self, kinds: Collection[str]) -> list[tuple[str, str]]:
        found = [manifest for manifest in self.objects if manifest.kind in kinds]
        return [(f"{of.kind}/{of.name}", f"{of.kind}/{of.namespace}/{of.name}") for of in found]

    def targets(self, name: str) -> dict[str, str]:
        """The workloads that a name means, or a pattern with * and ?: Kind/namespace/name -> what it is called.

        What matches a pattern is called Kind/name, or by its full name where others have that name too.
        """
        known = self.rollable()
        if not {"*", "?"} & {*name}:
            return dict([(full, name) for short, full in known if name in (short, full)][:1])
        shorts = [short for short, _ in known]
        return {
            full: short if shorts.count(short) == 1 else full
            for short, full in known
            if fnmatchcase(short, name) or fnmatchcase(full, name)
        }

    def operation(self, written: Any) -> Any:
        """The operation that a file means: several names, or a pattern, are the workloads that they mean, each once."""
        value = value_of(written)
        for field, reference in references(type(value)).items():
            names = getattr(value, field)
            if reference is Refers.WORKLOAD and (isinstance(names, tuple) or {"*", "?"} & {*names}):
                meant: dict[str, str] = {}
                for name in names if isinstance(names, tuple) else [names]:
                    meant = self.targets(name) | meant
                value = replace(value, **{field: tuple(meant[full] for _, full in self.rollable() if full in meant)})
        return value


def variant_of(
    lineage: Lineage,
    spec: SpecFile,
    base: ReadObjects,
    pools: Sequence[NodePool],
    folder: str,
    source: Source,
    problems: list[Problem],
) -> Variant:
    """The experiment under the policy at the end of a lineage; what is wrong with it goes to `problems`."""
    files, written = added(lineage, folder, source, problems)
    further = read_objects(files, source, problems) if files else ReadObjects()
    objects, changes = patch([*base.objects, *further.objects, *written], lineage, source, problems)
    behaviour = _behaviour(spec, lineage, source, problems)
    nodes = [node for pool in pools for node in pool_nodes(pool)]
    built = None
    if base.valid and further.valid:
        try:
            built = build_cluster(
                objects, nodes, behaviour, spec.references, spec.images.missing if spec.images else ()
            )
        except InputError as error:
            problems += blame(error, lineage, changes, source)
    if built is not None and any(pool.speaks for pool in pools):
        built = replace(built, cluster=replace(built.cluster, pools=tuple(pool for pool in pools if pool.speaks)))
    if built is not None and not built.cluster.possible_nodes():
        problems.append(source.problem(("spec", "cluster"), "there are no nodes in it"))
    control_plane = _control_plane(spec, lineage)
    if built is not None and control_plane is not None:
        try:
            control_plane.as_read(built.cluster)
        except ValueError as error:
            problems.append(source.problem(_control_plane_path(lineage), str(error)))
    stories = {
        field: standing(items_of(spec, field), lineage.lists(field), source, problems)
        for field in ("failures", "operations")
    }
    notes = []
    for field, items in stories.items():
        stories[field], missing = with_counterpart(items, control_plane, lineage.name, source)
        notes += missing
    return Variant(
        lineage,
        objects,
        base.complete and further.complete,
        built,
        further.files,
        behaviour,
        _scheduler(spec, lineage, source, problems),
        _node_autoscaler(spec, lineage),
        stories["failures"],
        stories["operations"],
        standing_people("crews", spec, lineage, source),
        standing_people("responses", spec, lineage, source),
        [*items_of(spec, "traffic"), *lineage.items("traffic")],
        control_plane,
        (*notes, *without_field(spec, lineage, control_plane, source)),
    )


def _behaviour(spec: SpecFile, lineage: Lineage, source: Source, problems: list[Problem]) -> Behaviour:
    """The behaviour under a policy: what its steps give replaces what was, and overrides are added."""
    pods, timing = spec.behaviour.value(), spec.behaviour.timing.value()
    overrides: list[tuple[OverrideFile, Path]] = [
        (override, ("spec", "behaviour", "overrides", i)) for i, override in enumerate(spec.behaviour.overrides)
    ]
    for step in lineage.steps:
        if step.policy.behaviour is not None:
            try:
                pods = changed(pods, step.policy.behaviour)
            except ValueError as error:
                problems.append(source.problem((*step.path, "behaviour"), str(error)))
            further = enumerate(step.policy.behaviour.overrides)
            overrides += [(override, (*step.path, "behaviour", "overrides", i)) for i, override in further]
            try:
                timing = changed(timing, step.policy.behaviour.timing)
            except ValueError as error:
                problems.append(source.problem((*step.path, "behaviour", "timing"), str(error)))
    made = []
    for override, path in overrides:
        try:
            made.append(override.value(changed(pods, override)))
        except ValueError as error:
            problems.append(source.problem(path, str(error)))
    return Behaviour(pods, tuple(made), timing)


def _scheduler(spec: SpecFile, lineage: Lineage, source: Source, problems: list[Problem]) -> Profile | None:
    """The scheduler's profile under a policy: the last that is given."""
    given: list[tuple[SchedulerFile, Path]] = []
    if spec.scheduler is not None:
        given.append((spec.scheduler, ("spec", "scheduler")))
    given += [(step.policy.scheduler, (*step.path, "scheduler")) for step in lineage.steps if step.policy.scheduler]
    if not given:
        return None
    written, path = given[-1]
    try:
        return profile(
            disabled=written.disabled,
            score=written.score,
            arguments=written.arguments,
            percentage_of_nodes_to_score=written.percentage_of_nodes_to_score,
            ties=written.ties,
        )
    except ValueError as error:
        problem = source.problem(path, str(error))
        if problem not in problems:
            problems.append(problem)
        return None


def _node_autoscaler(spec: SpecFile, lineage: Lineage) -> NodeAutoscaler | None:
    """What adds and takes away nodes under a policy: the last that is given."""
    given = [spec.node_autoscaler, *(step.policy.node_autoscaler for step in lineage.steps)]
    written = [one for one in given if one is not None]
    return value_of(written[-1]) if written else None


def _control_plane(spec: SpecFile, lineage: Lineage) -> Orchestrator | None:
    """What runs the containers under a policy: the last that is given; None for Kubernetes."""
    given = [spec.control_plane, *(step.policy.control_plane for step in lineage.steps)]
    written = [one for one in given if one is not None]
    chosen: Orchestrator | None = value_of(written[-1]) if written else None
    return None if chosen == Kubernetes() else chosen


def _control_plane_path(lineage: Lineage) -> Path:
    """Where what runs the containers under a policy is said."""
    given = [(*step.path, "controlPlane") for step in lineage.steps if step.policy.control_plane is not None]
    return given[-1] if given else ("spec", "controlPlane")

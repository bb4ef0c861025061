"""From an experiment file to its design: reads the manifests, applies the policies, checks every name."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_snake

from experiments.chain import SUFFIX
from experiments.design import Design, Objective, Scenario, ServiceGoal
from experiments.file.described import changed, value_of
from experiments.file.policy import Lineage, added, blame, lineages, patch
from experiments.file.schema import (
    PoolFile,
    SchedulerFile,
    ServiceFile,
    SpecFile,
    WhenCapacity,
    WhenQuorum,
    WhenReadyEndpoints,
)
from experiments.file.source import Source
from experiments.file.traffic import TraceProblem, TrafficFile, trace_files
from experiments.metrics.availability import Capacity, Quorum, ReadyEndpoints
from experiments.metrics.slo import Slo
from models.behaviour import Behaviour, BehaviourOverride
from models.cluster import Cluster
from models.daemonset import DaemonSet
from models.deployment import Deployment, ReplicaSet
from models.documents import read_documents
from models.labels import parse_selector
from models.load import without_load
from models.manifests import ClusterInput, Manifest, build_cluster, read_manifests
from models.node import HOSTNAME_LABEL, ZONE_LABEL, Node, Resources, Taint, TaintEffect
from models.pod import Pod
from models.problems import InputError, Path, Problem, did_you_mean
from models.traffic import Call, circle
from simulator.scheduling.profile import Profile, profile

_SCALABLE = ("Deployment", "ReplicaSet", "StatefulSet")

POOL_LABEL = "pool"
"""Label of the nodes of a pool: the pool's name."""


def resolve(source: Source, folder: str) -> Design:
    """The design of an experiment whose files are relative to `folder`; raises InputError with all problems."""
    if source.file is None:
        raise InputError(source.problems)
    spec, problems = source.file.spec, list(source.problems)
    _check_names(spec, source, problems)
    nodes = [node for pool in spec.cluster.pools for node in pool_nodes(pool)]
    base = _read(_base_files(spec, folder, source, problems), source, problems)
    variants = [
        _variant(lineage, spec, base, nodes, folder, source, problems)
        for lineage in lineages(spec.policies, source, problems)
    ]
    _check_services(spec, variants, source, problems)
    for variant in variants:
        _check_stories(variant, source, problems)
        _check_loads(spec, variant, source, problems)
        _check_traffic(variant, folder, source, problems)
    _check_calls(spec, variants, source, problems)
    _check_requests(spec, variants, source, problems)
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    return _design(spec, variants, base, folder)


def pool_nodes(pool: PoolFile) -> list[Node]:
    """The nodes of a pool: `<name>-1`, `<name>-2`, ..., dealt over the zones in turn."""
    size = pool.allocatable
    allocatable = Resources(size.cpu, size.memory, dict(size.__pydantic_extra__ or {}))
    taints = tuple(Taint(taint.key, TaintEffect(taint.effect), taint.value) for taint in pool.taints)
    nodes = []
    for i in range(pool.count):
        name = f"{pool.name}-{i + 1}"
        zone = {ZONE_LABEL: pool.zones[i % len(pool.zones)]} if pool.zones else {}
        labels = {HOSTNAME_LABEL: name, POOL_LABEL: pool.name, **zone, **pool.labels}
        nodes.append(Node(name, allocatable, size.pods, labels, taints))
    return nodes


# ------------------------------------------------------------------------------------------------------- manifests


@dataclass(frozen=True)
class _Read:
    """Objects from files."""

    objects: tuple[Manifest, ...] = ()
    files: tuple[str, ...] = ()
    valid: bool = True
    """A cluster can be built of them."""
    complete: bool = True
    """No object is missing, so what is not among them does not exist."""
    warnings: tuple[Problem, ...] = ()


def _base_files(spec: SpecFile, folder: str, source: Source, problems: list[Problem]) -> list[tuple[str, Path]]:
    """The files of every policy, and where the experiment names them."""
    if not spec.manifests and not any(problem.path.startswith("spec.manifests") for problem in problems):
        problems.append(source.problem(("spec", "manifests"), "expected at least one file or directory"))
    named: list[tuple[str, Path]] = [(file, ("spec", "manifests", i)) for i, file in enumerate(spec.manifests)]
    named += [(file, ("spec", "cluster", "nodes", i)) for i, file in enumerate(spec.cluster.nodes)]
    return [(os.path.normpath(os.path.join(folder, file)), place) for file, place in named]


def _read(files: Sequence[tuple[str, Path]], source: Source, problems: list[Problem]) -> _Read:
    """The objects of files; a file that is not there is a problem of the line that names it."""
    paths = [file for file, _ in files if os.path.exists(file)]
    for file, place in files:
        if file not in paths:
            problems.append(source.problem(place, f"no such file or directory: {file}"))
    complete = len(paths) == len(files) > 0
    if not paths:
        return _Read(valid=False, complete=False)
    try:
        manifests = read_manifests(paths)
    except InputError as error:
        problems += error.problems
        objects, readable = _as_far_as_readable(paths)
        return _Read(objects, valid=False, complete=complete and readable)
    return _Read(manifests.objects, manifests.files, complete, complete, manifests.warnings)


def _as_far_as_readable(paths: Iterable[str]) -> tuple[tuple[Manifest, ...], bool]:
    """The objects of files in which something is wrong, unchecked, and whether every file could be read."""
    objects: list[Manifest] = []
    complete = True
    for path in paths:
        documents, problems = read_documents(path)  # of a directory: none, and one problem
        complete = complete and not problems
        for document in documents:
            items = document.value.get("items") if isinstance(document.value, dict) else None
            values = items if isinstance(items, list) else [document.value]
            objects += [Manifest(value, document) for value in values if isinstance(value, dict)]
    return tuple(objects), complete


# -------------------------------------------------------------------------------------------------------- policies


@dataclass(frozen=True)
class _Variant:
    """The experiment under one policy."""

    lineage: Lineage
    objects: list[Manifest]
    complete: bool
    built: ClusterInput | None
    files: tuple[str, ...]
    behaviour: Behaviour
    scheduler: Profile | None
    failures: list[tuple[Any, Path]]
    operations: list[tuple[Any, Path]]
    traffic: list[tuple[TrafficFile, Path]]
    """The last for a Service is what holds."""

    def services(self) -> list[str]:
        """The Services' names as in `Run.services`."""
        services = [manifest for manifest in self.objects if manifest.kind == "Service"]
        alone = len({manifest.namespace for manifest in services}) == 1
        return [manifest.name if alone else f"{manifest.namespace}/{manifest.name}" for manifest in services]

    def deployments(self) -> list[str]:
        """What operations may call the Deployments."""
        found = [manifest for manifest in self.objects if manifest.kind == "Deployment"]
        return [f"Deployment/{d.name}" for d in found] + [f"Deployment/{d.namespace}/{d.name}" for d in found]


def _variant(
    lineage: Lineage,
    spec: SpecFile,
    base: _Read,
    nodes: Sequence[Node],
    folder: str,
    source: Source,
    problems: list[Problem],
) -> _Variant:
    files, written = added(lineage, folder, source, problems)
    further = _read(files, source, problems) if files else _Read()
    objects, changes = patch([*base.objects, *further.objects, *written], lineage, source, problems)
    behaviour = _behaviour(spec, lineage, source, problems)
    built = None
    if base.valid and further.valid:
        try:
            built = build_cluster(objects, nodes, behaviour.timing)
        except InputError as error:
            problems += blame(error, lineage, changes, source)
    if built is not None and not built.cluster.nodes:
        problems.append(source.problem(("spec", "cluster"), "there are no nodes in it"))
    return _Variant(
        lineage,
        objects,
        base.complete and further.complete,
        built,
        further.files,
        behaviour,
        _scheduler(spec, lineage, source, problems),
        [(item, ("spec", "failures", i)) for i, item in enumerate(spec.failures)] + [*lineage.items("failures")],
        [(item, ("spec", "operations", i)) for i, item in enumerate(spec.operations)] + [*lineage.items("operations")],
        [(item, ("spec", "traffic", i)) for i, item in enumerate(spec.traffic)] + [*lineage.items("traffic")],
    )


def _behaviour(spec: SpecFile, lineage: Lineage, source: Source, problems: list[Problem]) -> Behaviour:
    """The behaviour under a policy: what its steps give replaces what was, and overrides are added."""
    pods, timing = spec.behaviour.value(), spec.behaviour.timing.value()
    overrides = list(spec.behaviour.overrides)
    for step in lineage.steps:
        if step.policy.behaviour is not None:
            pods = changed(pods, step.policy.behaviour)
            overrides += step.policy.behaviour.overrides
            try:
                timing = changed(timing, step.policy.behaviour.timing)
            except ValueError as error:
                problems.append(source.problem((*step.path, "behaviour", "timing"), str(error)))
    return Behaviour(
        pods,
        tuple(
            BehaviourOverride(
                changed(pods, override),
                override.match.kind,
                override.match.name,
                override.match.namespace,
                None if override.match.labels is None else parse_selector(override.match.labels),
            )
            for override in overrides
        ),
        timing,
    )


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
            arguments={
                plugin: {to_snake(name): value for name, value in arguments.items()}
                for plugin, arguments in written.arguments.items()
            },
            percentage_of_nodes_to_score=written.percentage_of_nodes_to_score,
            ties=written.ties,
        )
    except ValueError as error:
        problem = source.problem(path, str(error))
        if problem not in problems:
            problems.append(problem)
        return None


# ---------------------------------------------------------------------------------------------------------- checks


def _check_names(spec: SpecFile, source: Source, problems: list[Problem]) -> None:
    """Names by which other things are found must differ."""
    lists: list[tuple[Path, Sequence[Any]]] = [
        (("spec", "cluster", "pools"), spec.cluster.pools),
        (("spec", "services"), spec.services or ()),
        (("spec", "policies"), spec.policies),
    ]
    for path, items in lists:
        _check_unique([(item, (*path, i)) for i, item in enumerate(items)], source, problems)


def _check_unique(items: Iterable[tuple[Any, Path]], source: Source, problems: list[Problem]) -> None:
    first: dict[str, Path] = {}
    for item, path in items:
        if first.setdefault(item.name, path) != path:
            line = source.document.where(source.path(*first[item.name])).line
            problems.append(source.problem((*path, "name"), f"the name {item.name!r} is taken (line {line})"))


def _check_services(spec: SpecFile, variants: Sequence[_Variant], source: Source, problems: list[Problem]) -> None:
    """Services and objectives must be about what exists, under every policy that they are about."""
    policies = [variant.lineage.name for variant in variants]
    wanted: list[tuple[str, Path, str | None]] = [
        (service.name, ("spec", "services", i, "name"), None) for i, service in enumerate(spec.services or ())
    ]
    for i, o in enumerate(spec.objectives):
        wanted.append((o.service, ("spec", "objectives", i, "service"), o.policy if o.policy in policies else None))
    for name, path, policy in wanted:
        about = [v for v in variants if policy in (None, v.lineage.name) and v.complete]
        chains = _chains(spec) if path[1] == "objectives" else []
        lacking = [v for v in about if name not in (*v.services(), *chains)]
        if lacking:
            under = "" if len(lacking) == len(variants) or policy else f" under policy {lacking[0].lineage.name!r}"
            known = [*lacking[0].services(), *chains]
            problems.append(source.problem(path, f"there is no Service {name!r}{under}{did_you_mean(name, known)}"))
    right = spec.services is not None and not any(problem.path.startswith("spec.services") for problem in problems)
    measured = [service.name for service in spec.services or ()] if right else None
    for i, objective in enumerate(spec.objectives):
        place: Path = ("spec", "objectives", i)
        if objective.policy is not None and objective.policy not in [*policies, *_names_as_written(source, "policies")]:
            hint = did_you_mean(objective.policy, policies)
            problems.append(source.problem((*place, "policy"), f"there is no policy {objective.policy!r}{hint}"))
        service = objective.service.removesuffix(SUFFIX) if objective.service in _chains(spec) else objective.service
        unmeasured = measured is not None and service not in measured
        if unmeasured and any(service in variant.services() for variant in variants):
            message = f"the Service {service!r} is not measured; add it to spec.services"
            problems.append(source.problem((*place, "service"), message))


def _chains(spec: SpecFile) -> list[str]:
    """The Services with calls, as results name them."""
    return [f"{name}{SUFFIX}" for name in dict.fromkeys(call.caller for call in spec.calls)]


def _names_as_written(source: Source, field: str) -> list[Any]:
    """The names in a list of the spec, those of wrong items too."""
    items = source.document.value["spec"].get(field)
    return [item.get("name") for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _check_stories(variant: _Variant, source: Source, problems: list[Problem]) -> None:
    """What failure modes and operations refer to must exist: Deployments, zones, labels of nodes and their values."""
    stories = variant.failures + variant.operations
    _check_unique(stories, source, problems)
    for story, path in stories:
        if "/" in story.name:  # in a cause what follows is what was struck
            problems.append(source.problem((*path, "name"), f"a name without '/' is expected (got {story.name!r})"))
        target, known = getattr(story, "target", None), variant.deployments()
        if isinstance(target, str) and variant.complete and target not in known:
            hint = did_you_mean(target, known)
            problems.append(source.problem((*path, "target"), f"there is no {target}{hint}"))
        if variant.built is not None and not source.problems:
            zones = sorted({node.zone for node in variant.built.cluster.nodes})
            for i, zone in enumerate(getattr(story, "zones", ())):
                if zone not in zones:
                    hint = did_you_mean(zone, zones) or f"; there is {', '.join(map(repr, zones))}"
                    problems.append(source.problem((*path, "zones", i), f"there is no zone {zone!r}{hint}"))
            _check_domain(story, path, variant.built.cluster, source, problems)


def _check_domain(story: Any, path: Path, cluster: Cluster, source: Source, problems: list[Problem]) -> None:
    """The label by which a failure mode groups nodes must be that of some, and so must its values."""
    if (label := getattr(story, "domain", None)) is None:
        return
    if not any(label in node.labels for node in cluster.nodes):
        known = sorted({key for node in cluster.nodes for key in node.labels})
        hint = did_you_mean(label, known) or f"; there is {', '.join(known)}"
        problems.append(source.problem((*path, "domain"), f"no node has the label {label!r}{hint}"))
        return
    values = sorted({node.labels[label] for node in cluster.nodes if label in node.labels})
    for i, value in enumerate(getattr(story, "values", ())):
        if value not in values:
            hint = did_you_mean(value, values) or f"; there is {', '.join(map(repr, values))}"
            problems.append(source.problem((*path, "values", i), f"no node has {label}={value}{hint}"))


def _check_loads(spec: SpecFile, variant: _Variant, source: Source, problems: list[Problem]) -> None:
    """Every load must be that of a workload which exists, and the only one of its metric."""
    workloads = [manifest for manifest in variant.objects if manifest.kind in _SCALABLE]
    known = [m.key for m in workloads] + [f"{m.kind}/{m.namespace}/{m.name}" for m in workloads]
    seen: set[tuple[str, str]] = set()
    for i, written in enumerate(spec.load):
        load, place = written.value(), ("spec", "load", i)
        if variant.complete and load.workload not in known:
            hint = did_you_mean(load.target, known)
            problems.append(source.problem((*place, "target"), f"there is no {load.target}{hint}"))
        if (load.workload, load.metric) in seen:
            problems.append(source.problem((*place, "target"), f"its {load.metric} load is given twice"))
        seen.add((load.workload, load.metric))


def _check_traffic(variant: _Variant, folder: str, source: Source, problems: list[Problem]) -> None:
    """Traffic must be to Services that exist, given once a list, from nodes that exist, and its traces readable."""
    first: dict[tuple[Path, str], Path] = {}
    for traffic, path in variant.traffic:
        if variant.complete and traffic.service not in (known := variant.services()):
            hint = did_you_mean(traffic.service, known)
            problems.append(source.problem((*path, "service"), f"there is no Service {traffic.service!r}{hint}"))
        if first.setdefault((path[:-1], traffic.service), path) != path:
            line = source.document.where(source.path(*first[path[:-1], traffic.service])).line
            problems.append(source.problem((*path, "service"), f"its traffic is given twice (line {line})"))
        try:
            value = traffic.read(folder)
        except TraceProblem as error:
            problems.append(source.problem((*path, "rate", "path"), str(error)))
            continue
        places = [("clients", i, part.at) for i, part in enumerate(value.clients)]
        for key, i, at in (*places, *(("weights", i, part.at) for i, part in enumerate(value.weights))):
            kind, _, name = at.partition("/")
            nodes = variant.built.cluster.nodes if variant.built is not None and not source.problems else ()
            known = sorted({node.zone if kind == "zone" else node.name for node in nodes})
            if name and nodes and name not in known:
                hint = did_you_mean(name, known)
                problems.append(source.problem((*path, key, i, "at"), f"there is no {kind} {name!r}{hint}"))


def _check_calls(spec: SpecFile, variants: Sequence[_Variant], source: Source, problems: list[Problem]) -> None:
    """Calls must be between Services that exist, each given once, and never in a circle."""
    seen: dict[tuple[str, str], Path] = {}
    calls: list[Call] = []
    for i, written in enumerate(spec.calls):
        path: Path = ("spec", "calls", i)
        call = written.value()
        for field, name in (("from", call.caller), ("to", call.callee)):
            lacking = [v for v in variants if v.complete and name not in v.services()]
            if lacking:
                hint = did_you_mean(name, lacking[0].services())
                problems.append(source.problem((*path, field), f"there is no Service {name!r}{hint}"))
        if seen.setdefault((call.caller, call.callee), path) != path:
            line = source.document.where(source.path(*seen[call.caller, call.callee])).line
            problems.append(source.problem(path, f"this call is given twice (line {line})"))
        if not circle(tuple(calls)) and (way := circle((*calls, call))):
            problems.append(source.problem(path, f"Services call each other in a circle: {' -> '.join(way)}"))
        else:
            calls.append(call)


def _check_requests(spec: SpecFile, variants: Sequence[_Variant], source: Source, problems: list[Problem]) -> None:
    """Objectives about requests must be about Services that get any, under every policy that they are about."""
    if any(problem.path.startswith("spec.traffic") for problem in problems):
        return
    for i, objective in enumerate(spec.objectives):
        if objective.metric != "requestAvailability":
            continue
        name = objective.service
        name = name.removesuffix(SUFFIX) if name in _chains(spec) else name
        about = [v for v in variants if objective.policy in (None, v.lineage.name) and name in v.services()]
        lacking = [v for v in about if name not in [traffic.service for traffic, _ in v.traffic]]
        if lacking:
            under = "" if len(lacking) == len(variants) else f" under policy {lacking[0].lineage.name!r}"
            message = f"the Service {name!r} gets no requests{under}; add it to spec.traffic"
            problems.append(source.problem(("spec", "objectives", i, "metric"), message))


# --------------------------------------------------------------------------------------------------------- results


def _design(spec: SpecFile, variants: Sequence[_Variant], base: _Read, folder: str) -> Design:
    goals = _goals(spec, variants)
    loads = tuple(load.value() for load in spec.load)
    scenarios = [
        Scenario(
            policy=variant.lineage.name,
            cluster=variant.built.cluster,
            behaviour=variant.behaviour,
            failures=tuple(value_of(item) for item, _ in variant.failures),
            operations=tuple(value_of(item) for item, _ in variant.operations),
            services=goals,
            duration=spec.duration,
            warmup=spec.warmup,
            seed=spec.seed,
            loads=loads,
            scheduler=variant.scheduler,
            traffic=tuple({traffic.service: traffic.read(folder) for traffic, _ in variant.traffic}.values()),
            calls=tuple(call.value() for call in spec.calls),
        )
        for variant in variants
        if variant.built is not None
    ]
    built = [variant.built for variant in variants if variant.built is not None]
    files = [*base.files, *(file for variant in variants for file in variant.files)]
    files += [file for variant in variants for file in trace_files([t for t, _ in variant.traffic], folder)]
    unfed = [note for one in built for note in without_load(one.cluster.autoscalers, loads)]
    return Design(
        scenarios=tuple(scenarios),
        objectives=tuple(Objective(o.service, o.limit, o.metric, o.policy) for o in spec.objectives),
        inputs=tuple(dict.fromkeys(files)),
        warnings=(
            *map(str, sorted({*base.warnings, *(w for one in built for w in one.warnings)})),
            *dict.fromkeys(unfed),
        ),
        not_modelled=built[0].not_modelled,
    )


def _goals(spec: SpecFile, variants: Sequence[_Variant]) -> tuple[ServiceGoal, ...]:
    """The Services that are measured; by default all that have a workload, under every policy."""
    if spec.services is not None:
        return tuple(goal(service) for service in spec.services)
    behind = [set(_with_workload(v.built.cluster, v.services())) for v in variants if v.built is not None]
    return tuple(
        ServiceGoal(n, ReadyEndpoints(1)) for n in variants[0].services() if all(n in names for names in behind)
    )


def measured(resolved: Any) -> tuple[ServiceGoal, ...]:
    """What is measured in a resolved experiment, given as plain values."""
    return tuple(goal(ServiceFile.model_validate(service)) for service in resolved["spec"]["services"])


def goal(service: ServiceFile) -> ServiceGoal:
    """What is measured of a Service."""
    slo = None if service.slo is None else Slo(service.slo.objective, service.slo.period)
    return ServiceGoal(service.name, _predicate(service.available), slo)


def _predicate(when: WhenReadyEndpoints | WhenCapacity | WhenQuorum) -> ReadyEndpoints | Capacity | Quorum:
    match when:
        case WhenCapacity():
            return Capacity(when.at_least)
        case WhenQuorum():
            return Quorum()
        case WhenReadyEndpoints():
            return ReadyEndpoints(when.at_least)


def _with_workload(cluster: Cluster, names: Sequence[str]) -> list[str]:
    """The Services that select pods of some workload; `names` are theirs, in the cluster's order."""
    workloads: list[Deployment | ReplicaSet | DaemonSet | Pod] = [
        *cluster.deployments,
        *cluster.replica_sets,
        *cluster.daemon_sets,
        *cluster.pods,
    ]
    pods = [(workload.namespace, workload.template.labels) for workload in workloads]
    pods += [(s.namespace, s.pod_labels(ordinal)) for s in cluster.stateful_sets for ordinal in s.ordinals]
    return [
        name
        for name, service in zip(names, cluster.services, strict=True)
        if any(service.selects(namespace, labels) for namespace, labels in pods)
    ]

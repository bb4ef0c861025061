"""What an experiment refers to must exist, and be named once."""

from collections.abc import Iterable, Sequence
from typing import Any

from experiments.design.goal import chain_name, entry_of
from experiments.file.load import LoadFile
from experiments.file.referred import check_unique, listed
from experiments.file.schema import SpecFile
from experiments.file.source import Source
from experiments.file.traffic import TraceProblem
from experiments.file.variant import Variant
from models.cluster import Cluster
from models.demand import measured
from models.input.problems import Path, Problem, did_you_mean
from models.size import too_many_rate_changes, too_many_requests
from models.traffic import Call, circle
from simulator.stories.disruption_kind import DisruptionKind, kind_of

_SCALABLE = ("Deployment", "Rollout", "ReplicaSet", "ReplicationController", "StatefulSet")


def check_names(spec: SpecFile, source: Source, problems: list[Problem]) -> None:
    """Names by which other things are found must differ."""
    lists: list[tuple[Path, Sequence[Any]]] = [
        (("spec", "cluster", "pools"), spec.cluster.pools),
        (("spec", "services"), spec.services or ()),
        (("spec", "policies"), spec.policies),
    ]
    for path, items in lists:
        check_unique([(item, (*path, i)) for i, item in enumerate(items)], source, problems)


def _no_service(name: str, known: Iterable[str], where: str = "") -> str:
    """That there is no such Service; and the nearest one that there is, else all (the first few of many)."""
    there = list(dict.fromkeys(known))
    hint = did_you_mean(name, there) or listed(there)
    return f"there is no Service {name!r}{where}{hint or '; the manifests have none'}"


def check_services(spec: SpecFile, variants: Sequence[Variant], source: Source, problems: list[Problem]) -> None:
    """Services and objectives must be about what exists, under every policy that they are about."""
    policies = [variant.lineage.name for variant in variants]
    wanted: list[tuple[str, Path, str | None]] = [
        (service.name, ("spec", "services", i, "name"), None) for i, service in enumerate(spec.services or ())
    ]
    for i, o in enumerate(spec.objectives):
        if o.service is not None:
            wanted.append((o.service, ("spec", "objectives", i, "service"), o.policy if o.policy in policies else None))
    for name, path, policy in wanted:
        about = [v for v in variants if policy in (None, v.lineage.name) and v.complete]
        chains = _chains(spec) if path[1] == "objectives" else []
        lacking = [v for v in about if name not in (*v.services(), *chains)]
        if lacking:
            under = "" if len(lacking) == len(variants) or policy else f" under policy {lacking[0].lineage.name!r}"
            known = [*lacking[0].services(), *chains]
            problems.append(source.problem(path, _no_service(name, known, under)))
    right = spec.services is not None and not any(problem.path.startswith("spec.services") for problem in problems)
    measured = [service.name for service in spec.services or ()] if right else None
    for i, objective in enumerate(spec.objectives):
        place: Path = ("spec", "objectives", i)
        if objective.policy is not None and objective.policy not in [*policies, *source.names("policies")]:
            hint = did_you_mean(objective.policy, policies)
            problems.append(source.problem((*place, "policy"), f"there is no policy {objective.policy!r}{hint}"))
        service = _entry(objective.subject, spec)
        unmeasured = measured is not None and service not in measured and objective.job is None
        if unmeasured and any(service in variant.services() for variant in variants):
            message = f"the Service {service!r} is not measured; add it to spec.services"
            problems.append(source.problem((*place, "service"), message))


def check_jobs(spec: SpecFile, variants: Sequence[Variant], source: Source, problems: list[Problem]) -> None:
    """Objectives about Jobs must be about some that there are, under every policy that they are about."""
    for i, objective in enumerate(spec.objectives):
        about = [v for v in variants if objective.policy in (None, v.lineage.name) and v.complete]
        lacking = [v for v in about if objective.job not in (None, *v.jobs())]
        if lacking:
            under = "" if len(lacking) == len(variants) else f" under policy {lacking[0].lineage.name!r}"
            hint = did_you_mean(objective.subject, lacking[0].jobs())
            message = f"there is no Job or CronJob {objective.subject!r}{under}{hint}; expected Kind/name"
            problems.append(source.problem(("spec", "objectives", i, "job"), message))


def check_endpoints(spec: SpecFile, variants: Sequence[Variant], source: Source, problems: list[Problem]) -> None:
    """What is measured or asked must be simulated: Services with pods only of kinds without a model answer nothing."""
    for variant in variants:
        if variant.built is None:
            continue
        podless = variant.podless()
        places: list[tuple[str, Path]] = [
            (service.name, ("spec", "services", i, "name")) for i, service in enumerate(spec.services or ())
        ]
        places += [(traffic.service, (*path, "service")) for traffic, path in variant.traffic]
        for name, place in places:
            found = podless.get(name)
            if found is not None and found.maker:
                problems.append(source.problem(place, found.problem.message))


def _chains(spec: SpecFile) -> list[str]:
    """The Services with calls, as results name them."""
    return [chain_name(caller) for caller in dict.fromkeys(call.caller for call in spec.calls)]


def _entry(name: str, spec: SpecFile) -> str:
    """The Service that a name in an objective is about: of a chain, the one at its beginning."""
    return entry_of(name) if name in _chains(spec) else name


def check_disruptions(spec: SpecFile, variants: Sequence[Variant], source: Source, problems: list[Problem]) -> None:
    """What a Service is to recover from happens under every policy that the objective is about."""
    for i, objective in enumerate(spec.objectives):
        for variant in variants if objective.disruption is not None else ():
            stories = [story for story, _ in variant.failures + variant.operations]
            kinds = [kind_of(story.described) for story in stories] + [DisruptionKind.OVERLOAD]
            known = dict.fromkeys([*(story.name for story in stories), *(story.type for story in stories), *kinds])
            if objective.policy in (None, variant.lineage.name) and objective.disruption not in known:
                under = "" if len(variants) == 1 else f" under policy {variant.lineage.name!r}"
                hint = did_you_mean(str(objective.disruption), map(str, known)) or listed([*map(str, known)])
                message = f"nothing is called {objective.disruption!r}, or is of that type or kind{under}{hint}"
                problems.append(source.problem(("spec", "objectives", i, "disruption"), message))
                break


def check_loads(spec: SpecFile, variant: Variant, source: Source, problems: list[Problem]) -> None:
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
    if variant.built is not None:
        _check_measured_once(spec, variant, variant.built.cluster, source, problems)


def _check_measured_once(
    spec: SpecFile, variant: Variant, cluster: Cluster, source: Source, problems: list[Problem]
) -> None:
    """What an autoscaler measures follows from a load, or from what traffic says of it, not from both."""
    given = {(load.workload, load.metric): i for i, load in enumerate(map(LoadFile.value, spec.load))}
    last = {traffic.service: (traffic, path) for traffic, path in variant.traffic}
    values = [traffic.value() for traffic, _ in last.values()] if given else []
    for (target, metric), ones in measured(cluster, values).items():
        for one in ones if (target, metric) in given else ():
            field = "rateMetric" if one.rate_metric == metric else "cpuPerRequest"
            if field == "rateMetric" or one.cpu_per_request is not None:
                load = ("spec", "load", given[target, metric])
                line = source.document.where(source.path(*load)).line
                message = f"autoscalers get the {metric} of {target} from here or from its load (line {line}), not both"
                problems.append(source.problem((*last[one.service][1], field), message))


def check_traffic(spec: SpecFile, variant: Variant, folder: str, source: Source, problems: list[Problem]) -> None:
    """Traffic must be to Services that exist, given once a list, not too much, from nodes and traces that there are."""
    length = spec.warmup + spec.duration
    first: dict[tuple[Path, str], Path] = {}
    for traffic, path in variant.traffic:
        if variant.complete and traffic.service not in (known := list(variant.services())):
            problems.append(source.problem((*path, "service"), _no_service(traffic.service, known)))
        if first.setdefault((path[:-1], traffic.service), path) != path:
            line = source.document.where(source.path(*first[path[:-1], traffic.service])).line
            problems.append(source.problem((*path, "service"), f"its traffic is given twice (line {line})"))
        try:
            value = traffic.read(folder)
        except TraceProblem as error:
            problems.append(source.problem((*path, "rate", "path"), str(error)))
            continue
        for wrong in (
            too_many_rate_changes(value.rate.changes(length)),
            too_many_requests(value.followed(length)),
        ):
            if wrong:
                problems.append(source.problem((*path, "rate"), wrong))
        places = [("clients", i, part.at) for i, part in enumerate(value.clients)]
        for key, i, at in (*places, *(("weights", i, part.at) for i, part in enumerate(value.weights))):
            kind, _, name = at.partition("/")
            nodes = variant.built.cluster.nodes if variant.built is not None and not source.problems else ()
            known = sorted({node.zone if kind == "zone" else node.name for node in nodes})
            if name and nodes and name not in known:
                hint = did_you_mean(name, known)
                problems.append(source.problem((*path, key, i, "at"), f"there is no {kind} {name!r}{hint}"))


def check_calls(spec: SpecFile, variants: Sequence[Variant], source: Source, problems: list[Problem]) -> None:
    """Calls must be between Services that exist, each given once, and never in a circle."""
    seen: dict[tuple[str, str], Path] = {}
    calls: list[Call] = []
    for i, written in enumerate(spec.calls):
        path: Path = ("spec", "calls", i)
        call = written.value()
        for field, name in (("from", call.caller), ("to", call.callee)):
            lacking = [v for v in variants if v.complete and name not in v.services()]
            if lacking:
                problems.append(source.problem((*path, field), _no_service(name, lacking[0].services())))
        if seen.setdefault((call.caller, call.callee), path) != path:
            line = source.document.where(source.path(*seen[call.caller, call.callee])).line
            problems.append(source.problem(path, f"this call is given twice (line {line})"))
        if not circle(tuple(calls)) and (way := circle((*calls, call))):
            problems.append(source.problem(path, f"Services call each other in a circle: {' -> '.join(way)}"))
        else:
            calls.append(call)


def check_requests(spec: SpecFile, variants: Sequence[Variant], source: Source, problems: list[Problem]) -> None:
    """Objectives about requests must be about Services that get any, under every policy that they are about."""
    if any(problem.path.startswith("spec.traffic") for problem in problems):
        return
    for i, objective in enumerate(spec.objectives):
        if objective.metric != "requestAvailability":
            continue
        name = _entry(objective.subject, spec)
        about = [v for v in variants if objective.policy in (None, v.lineage.name) and name in v.services()]
        lacking = [v for v in about if name not in [traffic.service for traffic, _ in v.traffic]]
        if lacking:
            under = "" if len(lacking) == len(variants) else f" under policy {lacking[0].lineage.name!r}"
            message = f"the Service {name!r} gets no requests{under}; add it to spec.traffic"
            problems.append(source.problem(("spec", "objectives", i, "metric"), message))

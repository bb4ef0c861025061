"""From an experiment file to its design: reads the manifests, applies the policies, checks every name."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from experiments.design.goal import Capacity, Quorum, ReadyEndpoints, ServiceGoal, Slo
from experiments.design.objective import Objective
from experiments.design.plan import Design
from experiments.design.scenario import Scenario
from experiments.file.axes import check_sweep, check_uncertain
from experiments.file.behaviour import OverrideFile
from experiments.file.checks import (
    check_calls,
    check_disruptions,
    check_endpoints,
    check_jobs,
    check_loads,
    check_names,
    check_requests,
    check_services,
    check_traffic,
)
from experiments.file.described import value_of
from experiments.file.objects import ReadObjects, base_files, node_pool, read_objects
from experiments.file.only_requests import only_requests_see
from experiments.file.outage_logs import OutageLogs, after_the_end
from experiments.file.partitions import cut_inside, met_by_nobody
from experiments.file.policy import lineages
from experiments.file.reach import out_of_reach
from experiments.file.referred import check_people, check_stories
from experiments.file.schema import SpecFile
from experiments.file.search import SearchFile
from experiments.file.service import ServiceFile, WhenCapacity, WhenQuorum, WhenReadyEndpoints
from experiments.file.source import Source
from experiments.file.traffic import trace_files
from experiments.file.variant import Variant, variant_of
from experiments.file.waiting import waiting
from models import demand
from models.behaviour import PodBehaviour
from models.cluster import (
    Cluster,
    kind_of,
    under_several_budgets,
    without_known_end,
    without_pods,
    without_their_node,
)
from models.daemonset import without_nodes
from models.input.problems import InputError, Path, printable
from models.manifests.account import together
from models.statefulset import StatefulSet


def resolve(source: Source, folder: str) -> Design:
    """The design of an experiment whose files are relative to `folder`; raises InputError with all problems."""
    if source.file is None:
        raise InputError(source.problems)
    spec, problems = source.file.spec, list(source.problems)
    check_names(spec, source, problems)
    check_sweep(spec, source, problems)
    check_uncertain(spec, source, problems)
    pools = [node_pool(pool) for pool in spec.cluster.pools]
    base = read_objects(base_files(spec, folder, source, problems), source, problems)
    variants = [
        variant_of(lineage, spec, base, pools, folder, source, problems)
        for lineage in lineages(spec.policies, source, problems)
    ]
    check_services(spec, variants, source, problems)
    check_disruptions(spec, variants, source, problems)
    check_jobs(spec, variants, source, problems)
    logs = OutageLogs(folder)
    for variant in variants:
        check_people(variant, source, problems)
        check_stories(variant, source, problems)
        if variant.built is not None:
            logs.check(variant.failures, variant.built.cluster, source, problems)
        check_loads(spec, variant, source, problems)
        check_traffic(spec, variant, folder, source, problems)
    check_endpoints(spec, variants, source, problems)
    check_calls(spec, variants, source, problems)
    check_requests(spec, variants, source, problems)
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    return _design(spec, variants, base, folder, logs, source)


def _design(
    spec: SpecFile, variants: Sequence[Variant], base: ReadObjects, folder: str, logs: OutageLogs, source: Source
) -> Design:
    goals = _goals(spec, variants)
    if not goals:
        _explain_no_goal(variants)
    names = [one.name for one in goals]
    loads = tuple(load.value() for load in spec.load)
    scenarios = [
        Scenario(
            policy=variant.lineage.name,
            cluster=variant.built.cluster,
            behaviour=variant.behaviour,
            failures=tuple(logs.replayed(value_of(item), variant.built.cluster) for item, _ in variant.failures),
            operations=tuple(variant.operation(item) for item, _ in variant.operations),
            services=goals,
            duration=spec.duration,
            warmup=spec.warmup,
            seed=spec.seed,
            loads=loads,
            scheduler=variant.scheduler,
            node_autoscaler=variant.node_autoscaler,
            people=variant.people,
            control_plane=variant.control_plane,
            traffic=tuple({traffic.service: traffic.read(folder) for traffic, _ in variant.traffic}.values()),
            calls=tuple(call.value() for call in spec.calls),
        )
        for variant in variants
        if variant.built is not None
    ]
    built = [variant.built for variant in variants if variant.built is not None]
    files = [*base.files, *(file for variant in variants for file in variant.files)]
    files += [file for variant in variants for file in trace_files([t for t, _ in variant.traffic], folder)]
    files += [file for variant in variants for file in logs.files(variant.failures)]
    clusters = [one.cluster for one in built]
    notes = [note for one in scenarios for note in demand.notes(one.cluster, loads, one.traffic)]
    notes += [note for cluster in clusters for note in without_nodes(cluster.daemon_sets, cluster.possible_nodes())]
    for cluster in clusters:
        notes += [*without_their_node(cluster), *without_pods(cluster), *under_several_budgets(cluster)]
    notes += [note for one in scenarios for note in without_known_end(one.cluster, one.behaviour)]
    if scenarios and not any(one.services or one.cluster.jobs or one.cluster.cron_jobs for one in scenarios):
        notes.append("no Service is measured, so there is no availability to tell: add a Service that selects the pods")
    notes += [
        note
        for one in scenarios
        for note in (
            *out_of_reach(one),
            *waiting(one),
            *only_requests_see(one),
            *cut_inside(one),
            *met_by_nobody(one),
            *after_the_end(one),
        )
    ]
    notes += [note for variant in variants for note in variant.notes]
    notes += _patterns_of_no_image(spec, clusters, source)
    notes += _overrides_of_nothing(spec, clusters, source)
    notes += _sizes_that_stay(spec, scenarios, source)
    return Design(
        scenarios=tuple(scenarios),
        objectives=tuple(Objective(o.subject, o.limit, o.metric, o.policy, o.disruption) for o in spec.objectives),
        inputs=tuple(dict.fromkeys(files)),
        warnings=(
            *map(str, sorted({w for one in built for w in one.warnings} if built else base.warnings)),
            *dict.fromkeys(map(printable, notes)),
        ),
        accounts=tuple(one.account for one in built),
        objects={variant.lineage.name: tuple(variant.objects) for variant in variants},
        named=together(
            [
                *(one.named for one in built),
                *(variant.unshown(names) for variant in variants),
                *(variant.without_counterpart() for variant in variants),
            ]
        ),
        search=(spec.search or SearchFile()).value(),
    )


def _patterns_of_no_image(spec: SpecFile, clusters: Sequence[Cluster], source: Source) -> list[str]:
    """A sentence on every pattern of missing images that no container asks for, under no policy: it changes nothing."""
    made = [maker.template.spec for cluster in clusters for maker in cluster.pod_makers()]
    images = {container.image for pod in made for container in (*pod.containers, *pod.init_containers)}
    return [
        str(source.problem(("spec", "images", "missing", i), f"no container has the image {pattern!r}"))
        for i, pattern in enumerate(spec.images.missing if spec.images else ())
        if not any(fnmatchcase(image, pattern) for image in images)
    ]


def _sizes_that_stay(spec: SpecFile, scenarios: Sequence[Scenario], source: Source) -> list[str]:
    """A sentence on all that pools say to an autoscaler where no policy has one, or that may not use it."""
    notes = []
    for number, pool in enumerate(spec.cluster.pools):
        if not any(scenario.node_autoscaler for scenario in scenarios):
            told, why = ["min", "max", "provisioning"], "no policy has a nodeAutoscaler"
        elif not node_pool(pool).autoscaled:
            told, why = ["provisioning"], "the pool's min and max are the same"
        else:
            continue
        notes += [
            str(source.problem(("spec", "cluster", "pools", number, name), f"changes nothing: {why}"))
            for name in told
            if getattr(pool, name) is not None
        ]
    return notes


def _overrides_of_nothing(spec: SpecFile, clusters: Sequence[Cluster], source: Source) -> list[str]:
    """A sentence on every override of the behaviour that is for no workload, under no policy: it changes nothing."""
    given: list[tuple[Path, OverrideFile]] = [
        (("spec", "behaviour", "overrides", i), override) for i, override in enumerate(spec.behaviour.overrides)
    ]
    for number, policy in enumerate(spec.policies):
        further = policy.behaviour.overrides if policy.behaviour else ()
        path: Path = ("spec", "policies", number, "behaviour", "overrides")
        given += [((*path, i), override) for i, override in enumerate(further)]
    makers = [maker for cluster in clusters for maker in cluster.pod_makers()]
    return [
        str(source.problem((*path, "match"), "no workload is like this, so nothing behaves so"))
        for path, override in given
        if not any(
            override.value(PodBehaviour()).is_for(kind_of(maker), maker.name, maker.namespace, maker.template)
            for maker in makers
        )
    ]


def _goals(spec: SpecFile, variants: Sequence[Variant]) -> tuple[ServiceGoal, ...]:
    """The Services that are measured; by default all that have a workload, or get traffic, under every policy."""
    if spec.services is not None:
        return tuple(goal(service) for service in spec.services)
    asked = {traffic.service for variant in variants for traffic, _ in variant.traffic}
    behind = [
        {*_with_workload(v.built.cluster, v.services()), *asked.intersection(v.services())}
        for v in variants
        if v.built is not None
    ]
    return tuple(
        ServiceGoal(n, ReadyEndpoints(1)) for n in variants[0].services() if all(n in names for names in behind)
    )


def _explain_no_goal(variants: Sequence[Variant]) -> None:
    """Nothing would be measured: an error if there are Services, each for want of pods."""
    problems = [found.problem for variant in variants for found in variant.podless().values()]
    if problems:
        raise InputError(problems)


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


def _with_workload(cluster: Cluster, names: Iterable[str]) -> list[str]:
    """The Services that select pods of some workload; `names` are theirs, in the cluster's order."""
    pods = [(one.namespace, one.template.labels) for one in cluster.pod_makers() if not isinstance(one, StatefulSet)]
    pods += [(s.namespace, s.pod_labels(ordinal)) for s in cluster.stateful_sets for ordinal in s.ordinals]
    return [
        name
        for name, service in zip(names, cluster.services, strict=True)
        if any(service.selects(namespace, labels) for namespace, labels in pods)
    ]

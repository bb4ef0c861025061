"""The first experiment about manifests: what `kubenines init` writes, to be run at once and then changed."""

import json
import math
import shlex
import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from experiments.experiment import Experiment
from models.cluster import Cluster, PodMaker, kind_of, services_by_name, title
from models.cronjob import CronJob
from models.deployment import Deployment
from models.input.documents import parse_documents
from models.input.problems import InputError
from models.input.stdin import is_stdin
from models.job import Job
from models.node import Resources
from models.statefulset import StatefulSet
from models.units import counted

Replicated = Deployment | StatefulSet
ZONES, LEAST_NODES = 3, 6
CPU, MEMORY = 4_000, 16 * 2**30
"""Of a node: millicores and bytes."""
FEWEST, MOST, RUNS_OF_PODS = 20, 50, 600
"""Replications: fewer of what has many pods, so that a first answer takes seconds, as long as all is small."""

_TEMPLATE = """\
# What availability will the users of these manifests see?
# Run with: {run}
# Every field that may stand here: kubenines explain.
# Laws of your own, from a log of outages: kubenines fit LOG.csv.
#
{found}
apiVersion: kubenines/v1
kind: Experiment
metadata: {{name: {name}}}
spec:
  duration: 1y # of simulated time, in each replication
  replications: {replications} # more make intervals narrower
  # In place of them, where three replicas were never seen down:
  # precision: {{relative: 30%, atMost: 500}} # begins rare outages on purpose
{nodes}  manifests:
{manifests}
{services}{jobs}{failures}{operations}  # What is compared: patches over the manifests, which stay as they are. The
  # first is the baseline.
  policies:
  - name: as-shipped
{policies}{objectives}"""
_NODES = """\
  # Your nodes: how many, in which zones, how large. These have room for three
  # replicas of everything.
  cluster:
    pools:
    - name: general
      count: {nodes}
      zones: [a, b, c]
      allocatable: {{cpu: "{cpu}", memory: {memory}Gi}}
"""
ZONE_OUTAGE = """\
  - name: zone-outage
    type: zoneOutage
    timeToFailure: {kind: exponential, mean: 400d}
    timeToRepair: {kind: fixed, value: 40m}
"""
CRASH = """\
  - name: crash
    type: containerCrash
    timeToFailure: {kind: exponential, mean: 30d}
"""
_FAILURES = f"""\
  # What breaks. Round figures: replace them by what you know of your machines,
  # or by a preset (kubenines explain presets).
  failures:
  - name: node-crash
    type: nodeCrash
    timeToFailure: {{kind: exponential, mean: 130d}}
    timeToRepair: {{kind: lognormal, median: 8m, p95: 1h}}
{ZONE_OUTAGE}{CRASH}"""
_SERVICES = """\
  # What is measured. A Service is up while one endpoint answers; where that is
  # not enough: {name: db, available: {when: quorum}}, or {when: capacity,
  # atLeast: 80%}.
  services:
"""
_JOBS = """\
  # How long the pods of a Job run, and how often they fail of themselves, no
  # manifest says: replace these.
  behaviour:
    overrides:
"""
_JOB = """\
    - match: {{kind: {kind}, name: {name}, namespace: {namespace}}}
      run: {{kind: lognormal, median: 1m, p95: 5m}}
      failureProbability: 0.01
"""
_OF_DATA = """\
  # Of what keeps data, more replicas help only if another can take over.
"""
_OPERATIONS = """\
  # What people do to it: releases and patched nodes take pods away, too.
  # operations:
  # - {name: release, type: rollout, target: "Deployment/*", every: 7d}
  # - {name: patching, type: drain, every: 30d,
  #    maintenance: {kind: fixed, value: 15m}}
"""
_OBJECTIVES = """\
  # What must come out: it decides the exit code of run and check.
  # objectives:
  # - {{service: {service}, atLeast: 99.9%}}
  # - {{service: {service}, metric: outagesPerYear, atMost: 4}}
"""


@dataclass(frozen=True)
class Surroundings:
    """What is known of where the manifests are to run, as blocks of the file, in place of round figures."""

    name: str
    """Of the experiment."""
    found: Sequence[str]
    """Sentences for the comments at the top."""
    nodes: str | None
    """`cluster`, with its comments; None: it is not known."""
    failures: str
    """`failures`, with theirs."""
    system: Sequence[str] = ()
    """Namespaces that are there for the others: their Services are not measured, their workloads stay as they are."""
    spread: str = "zone"
    """Over what replicas can be spread: zone, or node where there is one zone only."""


def first_experiment(
    manifests: Sequence[str], named: Sequence[str], file: str, known: Surroundings | None = None
) -> str:
    """An experiment file about manifests, with what was found in them in its comments; raises InputError.

    `named`: how the file has to name them, as it is to stand in some folder. `file`: what people call it.
    """
    read = Experiment.from_manifests(*manifests)
    [scenario] = read.scenarios()
    cluster, measured = scenario.cluster, [goal.name for goal in scenario.services]
    size, system = _size(cluster), frozenset(known.system if known else ())
    told = known.found if known else ()
    if system:
        by_name = services_by_name(cluster)
        measured = [name for name in measured if by_name[name].namespace not in system]
    services = list(_service_lines(cluster, measured))
    return _TEMPLATE.format(
        run=f"kubenines run {shlex.quote(file)}" + (" < MANIFESTS" if any(map(is_stdin, manifests)) else ""),
        found="\n".join([*_found(cluster), *(line for one in told for line in comment(one))]),
        name=_text(known.name if known else read.name),
        replications=min(MOST, max(FEWEST, RUNS_OF_PODS // max(size.pods, 1))),
        nodes=(known and known.nodes) or _NODES.format(nodes=size.nodes, cpu=size.cpu, memory=size.memory),
        failures=known.failures if known else _FAILURES,
        manifests="\n".join(f"  - {json.dumps(name)}" for name in named),
        services=_SERVICES + "".join(services) if services else "",
        jobs=_jobs(cluster),
        operations=_OPERATIONS if cluster.deployments else "",
        policies=_policies(cluster, system, known.spread if known else "zone"),
        objectives=_OBJECTIVES.format(service=_text(measured[0])) if measured else "",
    )


@dataclass(frozen=True)
class _Size:
    """Nodes with room for three replicas of everything, half as much again to spare."""

    nodes: int
    cpu: int
    """Whole CPUs of each."""
    memory: int
    """GiB of each."""
    pods: int
    """Pods that are asked for as shipped."""


def _size(cluster: Cluster) -> _Size:
    """Nodes are twice as large until the largest pod takes half of one at most; then there are as many as it takes."""
    makers = list(cluster.pod_makers())
    wanted = [(max(replicas := _replicas(maker), 3), maker.template.spec.requests, replicas) for maker in makers]
    cpu, memory, nodes = CPU, MEMORY, LEAST_NODES
    while any(request.cpu > cpu / 2 or request.memory > memory / 2 for _, request, _ in wanted):
        cpu, memory = 2 * cpu, 2 * memory
    shares = [_share(wanted, "cpu", cpu), _share(wanted, "memory", memory), sum(times for times, *_ in wanted) / 100]
    nodes = max(nodes, ZONES * math.ceil(1.5 * max(shares) / ZONES))
    return _Size(nodes, cpu // 1000, memory // 2**30, sum(replicas for *_, replicas in wanted))


def _share(wanted: Iterable[tuple[int, Resources, int]], resource: str, of: int) -> float:
    """How many nodes all pods fill."""
    return sum(times * int(getattr(request, resource)) for times, request, _ in wanted) / of


def _replicas(maker: PodMaker) -> int:
    return getattr(maker, "replicas", 1)


def _found(cluster: Cluster) -> Iterator[str]:
    """What the manifests hold, as comments of at most 80 columns."""
    kinds = {
        "Service": cluster.services,
        "Deployment": cluster.deployments,
        "StatefulSet": cluster.stateful_sets,
        "DaemonSet": cluster.daemon_sets,
        "Job": cluster.jobs,
        "CronJob": cluster.cron_jobs,
        "Pod": cluster.pods,
        "PodDisruptionBudget": cluster.budgets,
        "HorizontalPodAutoscaler": cluster.autoscalers,
    }
    counts = [counted(len(objects), kind) for kind, objects in kinds.items() if objects]
    yield from comment(f"Found: {', '.join(counts) or 'nothing that runs'}.")
    if replicated := _replicated(cluster):
        least = {(one.target_name, one.namespace): one.min_replicas for one in cluster.autoscalers}
        single = sum(max(of.replicas, least.get((of.name, of.namespace), 1)) == 1 for of in replicated)
        bare = sum(not _budgets(cluster, of) for of in replicated)
        all_of = counted(len(replicated), "workload")
        yield from comment(f"Of {all_of} {single} with one replica, {bare} without a PodDisruptionBudget.")
    if cluster.autoscalers:
        yield from comment("Autoscalers only keep to their limits until there is `traffic` or `load`.")


def comment(text: str, indent: str = "") -> list[str]:
    """A sentence as lines of a comment, of at most 78 columns."""
    first, others = f"{indent}# ", f"{indent}#   "
    return textwrap.wrap(
        text, 78, initial_indent=first, subsequent_indent=others, break_on_hyphens=False, break_long_words=False
    )


def _service_lines(cluster: Cluster, measured: Sequence[str]) -> Iterator[str]:
    """An item for each Service that is measured, with what is behind it."""
    services = services_by_name(cluster)
    for name in measured:
        service = services[name]
        behind = [m for m in cluster.pod_makers() if service.selects(m.namespace, m.template.labels)]
        for maker in behind:
            yield from (f"{line}\n" for line in comment(_about(cluster, maker), indent="  "))
        yield f"  - {{name: {_text(name)}}}\n"


def _about(cluster: Cluster, maker: PodMaker) -> str:
    """What keeps it up: replicas, autoscaler, budget."""
    if not isinstance(maker, Replicated):
        return title(maker)
    told = [f"{title(maker)}: {counted(maker.replicas, 'replica')}"]
    scaled = [one for one in cluster.autoscalers if (one.target_name, one.namespace) == (maker.name, maker.namespace)]
    told += [f"autoscaled between {one.min_replicas} and {one.max_replicas}" for one in scaled]
    budgets = [f"PodDisruptionBudget {name}" for name in _budgets(cluster, maker)]
    return ", ".join([*told, *(budgets or ["no PodDisruptionBudget"])])


def _budgets(cluster: Cluster, maker: PodMaker) -> list[str]:
    return [one.name for one in cluster.budgets if one.selects(maker.namespace, maker.template.labels)]


def _replicated(cluster: Cluster) -> list[Replicated]:
    return [*cluster.deployments, *cluster.stateful_sets]


def _policies(cluster: Cluster, system: Collection[str], spread: str) -> str:
    """Three replicas of what has fewer, then spread over zones (nodes); with a budget, where manifests have none."""
    replicated = [of for of in _replicated(cluster) if of.namespace not in system]
    whole = replicated == _replicated(cluster)
    fewer = [of for of in replicated if of.replicas < 3]
    text = _OF_DATA if cluster.stateful_sets and fewer else ""
    if fewer:
        text += "  - name: three-replicas\n    patches:\n"
        targets = _targets(fewer, whole and fewer == replicated)
        text += "".join(f"    - {{target: {of}, replicas: 3}}\n" for of in targets)
    if replicated:
        text += "  - name: three-spread\n    extends: [three-replicas]\n" if fewer else "  - name: spread\n"
        budget = "" if cluster.budgets else ", budget: {maxUnavailable: 1}"
        text += "    patches:\n"
        text += "".join(f"    - {{target: {of}, spread: {spread}{budget}}}\n" for of in _targets(replicated, whole))
    return text


def _targets(workloads: Sequence[Replicated], whole_kinds: bool) -> list[str]:
    """What patches are to change: whole kinds, or each by its name."""
    if whole_kinds:
        return [f"{{kind: {kind}}}" for kind in dict.fromkeys(kind_of(of) for of in workloads)]
    return [f"{{kind: {kind_of(of)}, name: {_text(of.name)}, namespace: {_text(of.namespace)}}}" for of in workloads]


def _jobs(cluster: Cluster) -> str:
    jobs: list[Job | CronJob] = [*cluster.jobs, *cluster.cron_jobs]
    items = [_JOB.format(kind=kind_of(of), name=_text(of.name), namespace=_text(of.namespace)) for of in jobs]
    return _JOBS + "".join(items) if items else ""


def _text(name: str) -> str:
    """A name as YAML says it: in quotes where it would be something else without."""
    try:
        plain = [document.value for document in parse_documents(name, y_is_text=True)] == [name]
    except InputError:
        plain = False
    return name if plain and not {*name} & {*",[]{}#:"} else json.dumps(name)

"""Lints files: reads them as applications, has the rules look at each, and puts what they find in order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from experiments.design.plan import Design
from experiments.design.scenario import Scenario
from experiments.experiment import Experiment
from experiments.lint.application import Application
from experiments.lint.finding import Finding, Severity
from experiments.lint.rule import Rule, Smell, rules
from experiments.lint.suppression import is_suppressed
from experiments.lint.trial import Trial
from experiments.preflight.inputs import told_apart
from experiments.preflight.starting import unbroken
from experiments.runner.replication import arguments
from models.cluster import Cluster
from models.input.problems import InputError, Problem
from models.manifests import build_cluster, read_manifests


@dataclass
class Report:
    """What was found, and what could not be judged."""

    findings: tuple[Finding, ...] = ()
    """By file and line."""
    suppressed: tuple[Finding, ...] = ()
    """Those that an annotation of their object leaves out."""
    not_judged: tuple[str, ...] = ()
    """Rules that need to know the nodes, where some of the manifests were given without any."""
    not_modelled: Mapping[str, int] = field(default_factory=dict)
    """Kinds that no rule knows -> how many objects."""

    def at_least(self, severity: Severity) -> "Report":
        """The report without findings that are less bad."""
        kept = tuple(one for one in self.findings if one.severity.is_at_least(severity))
        return replace(self, findings=kept)

    def worst(self) -> Severity | None:
        """The worst severity of the findings; None if there are none."""
        return min((one.severity for one in self.findings), key=list(Severity).index, default=None)


def lint(paths: Iterable[str], *, experiment: str | None = None, only: Sequence[str] = ()) -> Report:
    """Experiments are judged under each policy, with their manifests; all other files together, as one application.

    The nodes of such files are those of `experiment`, a file, under its first policy; without one, those that they hold
    themselves. With `only`, these rules alone look. Raises InputError with all problems.
    """
    chosen = [rule for name, rule in rules().items() if not only or name in only]
    judged = _applications(paths, experiment)
    found = [one for by_policy in judged for one in _together(by_policy, chosen)]
    findings = sorted(_once(found), key=lambda one: one[0].order)
    every = [app for by_policy in judged for app in by_policy.values()]
    return Report(
        findings=tuple(one for one, suppressed in findings if not suppressed),
        suppressed=tuple(one for one, suppressed in findings if suppressed),
        not_judged=tuple(one.name for one in chosen if one.needs_cluster and not all(app.has_nodes for app in every)),
        not_modelled=_not_modelled(every),
    )


def _applications(paths: Iterable[str], experiment: str | None) -> list[dict[str, Application]]:
    """Those of each experiment by policy, that of all manifests under none. Raises InputError with all problems."""
    files, manifests = told_apart(paths)
    read: list[Callable[[], dict[str, Application]]] = [partial(_of_experiment, file) for file in files]
    if manifests:
        read.append(lambda: {"": _of_manifests(manifests, experiment)})
    found, problems = [], list[Problem]()
    for one in read:
        try:
            found.append(one())
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _of_experiment(file: str) -> dict[str, Application]:
    return applications(Experiment.from_yaml(file).design)


def applications(design: Design) -> dict[str, Application]:
    """The application of an experiment under each policy; those that start alike share the trial."""
    starts = {scenario.policy: unbroken(scenario) for scenario in design.scenarios}
    trials = {start.id: Trial(start.cluster, arguments(start)) for start in starts.values()}
    return {
        scenario.policy: Application(
            design.objects[scenario.policy],
            scenario.cluster,
            trials[starts[scenario.policy].id],
            scenario.behaviour,
            tuple(design.named),
            {traffic.service: traffic.endpoint_lag for traffic in scenario.traffic},
        )
        for scenario in design.scenarios
    }


def _of_manifests(paths: Sequence[str], experiment: str | None) -> Application:
    objects = read_manifests(paths).objects
    if experiment is None:
        built = build_cluster(objects)
        return Application(objects, built.cluster, Trial(built.cluster, {}), named=built.named)
    scenario = Experiment.from_yaml(experiment).scenarios()[0]
    built = build_cluster(objects, scenario.cluster.nodes, scenario.behaviour)
    cluster = replace(built.cluster, pools=scenario.cluster.pools)
    trial = Trial(cluster, arguments(_about(scenario, cluster)))
    return Application(objects, cluster, trial, scenario.behaviour, built.named)


def _about(scenario: Scenario, cluster: Cluster) -> Scenario:
    """The scenario with another cluster, and without what is about the Services of its own."""
    return replace(scenario, cluster=cluster, services=(), operations=(), loads=(), traffic=(), calls=())


def _together(by_policy: Mapping[str, Application], chosen: Sequence[Rule]) -> list[tuple[Finding, bool]]:
    """What holds under any policy, once, with the policies under which it does; and whether it is suppressed."""
    policies: dict[tuple[Finding, bool], list[str]] = defaultdict(list)
    for policy, app in by_policy.items():
        for found in _found(app, chosen):
            policies[found].append(policy)
    return [
        (one if len(under) == len(by_policy) else replace(one, policies=tuple(under)), suppressed)
        for (one, suppressed), under in ((found, list(dict.fromkeys(under))) for found, under in policies.items())
    ]


def _once(found: Iterable[tuple[Finding, bool]]) -> list[tuple[Finding, bool]]:
    """What several applications share, once: it holds under all policies if it does so in one of them."""
    policies: dict[tuple[Finding, bool], list[tuple[str, ...]]] = {}
    for finding, suppressed in found:
        policies.setdefault((replace(finding, policies=()), suppressed), []).append(finding.policies)
    return [
        (one if () in under else replace(one, policies=tuple(dict.fromkeys(sum(under, ())))), suppressed)
        for (one, suppressed), under in policies.items()
    ]


def _found(app: Application, chosen: Sequence[Rule]) -> Iterator[tuple[Finding, bool]]:
    for rule in chosen:
        if rule.needs_cluster and not app.has_nodes:
            continue
        for smell in rule.check(app):
            yield _finding(rule, smell), is_suppressed(smell.manifest, rule.name)


def _finding(rule: Rule, smell: Smell) -> Finding:
    return Finding(
        rule.name,
        smell.severity or rule.severity,
        smell.location or smell.manifest.where(smell.path),
        smell.manifest.key,
        smell.message,
        rule.effect,
        smell.mend,
        smell.patch,
    )


def _not_modelled(judged: Iterable[Application]) -> dict[str, int]:
    """Kinds with a pod template that no rule knows: most of what is not judged of an application."""
    makers = {id(maker): maker.kind for app in judged for maker, _ in app.makers_without_model}
    counts: dict[str, int] = {}
    for kind in makers.values():
        counts[kind] = counts.get(kind, 0) + 1
    return dict(sorted(counts.items()))

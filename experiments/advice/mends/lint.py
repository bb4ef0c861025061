"""What lint finds and has a patch for."""

from collections.abc import Iterator

from experiments.advice.candidate import Candidate, mend
from experiments.advice.change import Change
from experiments.advice.situation import Situation
from experiments.lint.finding import Severity
from experiments.lint.rule import Rule, Smell, rules
from experiments.lint.suppression import is_suppressed


@mend("lint")
def lint(situation: Situation) -> Iterator[Candidate]:
    """The patches of each rule of lint, errors and warnings, of what serves the Services that are asked about."""
    about = _about(situation)
    for rule in rules().values():
        smells: dict[int, list[Smell]] = {}
        for smell in rule.check(situation.application):
            is_bad = (smell.severity or rule.severity).is_at_least(Severity.WARNING)
            is_ours = id(smell.manifest) in about and not is_suppressed(smell.manifest, rule.name)
            if smell.patch is not None and is_bad and is_ours:
                smells.setdefault(id(smell.manifest), []).append(smell)
        yield from (_candidate(rule, own) for own in smells.values())


def _candidate(rule: Rule, smells: list[Smell]) -> Candidate:
    changes = []
    for smell in smells:
        assert smell.patch is not None
        changes.append(Change.at(smell.manifest, smell.patch.path, smell.patch.value))
    words = "; ".join(dict.fromkeys(smell.mend for smell in smells))
    because = f"lint, {rule.name}: {smells[0].message}"
    return Candidate(rule.name, (smells[0].manifest.key,), words, because, tuple(changes))


def _about(situation: Situation) -> set[int]:
    """The objects of what serves: workloads, the Services before them, their budgets and autoscalers."""
    app, found = situation.application, list[object]()
    serving = {id(workload.manifest) for workload in situation.workloads()}
    for workload in situation.workloads():
        found.append(workload.manifest)
        found += [app.manifest_of("Service", of.namespace, of.name) for of in workload.services]
        found += [app.manifest_of("PodDisruptionBudget", of.namespace, of.name) for of in workload.budgets]
    found += [manifest for manifest, _, of in app.autoscalers() if of is not None and id(of.manifest) in serving]
    return {id(manifest) for manifest in found if manifest is not None}

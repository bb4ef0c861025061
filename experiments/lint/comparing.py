"""What a smell costs: an experiment in which the mends of each rule are a policy, beside what there is now."""

from collections.abc import Iterable

from experiments.experiment import Experiment
from experiments.lint.finding import Finding
from models.input.problems import InputError


def with_mends(experiment: Experiment, findings: Iterable[Finding]) -> tuple[Experiment, dict[str, str]]:
    """(the experiment with a policy "mended-RULE" for each rule, why there is none for some rules).

    Each extends the first policy, and has the patches of all that the rule found under it. A patch that the API server
    would refuse where it stands alone makes no policy.
    """
    baseline = experiment.policies[0]
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.patch is not None and (not finding.policies or baseline in finding.policies):
            by_rule.setdefault(finding.rule, []).append(finding)
    is_written = bool(experiment.source.document.value["spec"].get("policies"))
    whole = experiment.only(baseline) if is_written else experiment.policy(baseline)
    refused: dict[str, str] = {}
    for rule, own in sorted(by_rule.items()):
        patches = [finding.patch.as_policy() for finding in own if finding.patch is not None]
        try:
            whole = whole.policy(f"mended-{rule}", extends=[baseline], patches=patches)
        except InputError as error:
            refused[rule] = str(error)
    return whole, refused

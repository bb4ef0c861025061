"""Jobs."""

from collections.abc import Collection

from models.job import DISRUPTION_TARGET, NO_LIMIT, FailureAction, FailureRule, Job, SuccessRule
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.pod import pod_template

_MOST = 2**31 - 1


@converts("Job")
def job(field: Field, admission: Admission) -> Job:
    """A Job: its pods run for `behaviour.run`, fail by `failureProbability`, and are made anew as its limits allow."""
    return job_of(field, admission)


def job_of(field: Field, admission: Admission) -> Job:
    """The Job of an object, or of the template of a CronJob, with the API server's defaults (pkg/apis/batch/v1)."""
    spec = field["spec"]
    restart = spec["template"]["spec"]["restartPolicy"]
    if spec["template"]["spec"].present and not restart.present:
        restart.problem('required value: valid values: "OnFailure", "Never"')
    template = pod_template(spec["template"], admission, restart_policies=("OnFailure", "Never"))
    indexed = spec["completionMode"].choice("NonIndexed", ("NonIndexed", "Indexed")) == "Indexed"
    is_queue = spec["parallelism"].present and not spec["completions"].present
    if indexed and not spec["completions"].present:
        spec["completions"].problem("required value: when completion mode is Indexed")
    per_index = _optional(spec["backoffLimitPerIndex"])
    _check_per_index(spec, indexed)
    names = {one.name for one in (*template.spec.containers, *template.spec.init_containers)}
    rules = _failure_rules(spec["podFailurePolicy"], per_index is not None, names)
    completions = spec["completions"].integer(1)
    if spec["podFailurePolicy"].present and template.spec.restart_policy != "Never":
        restart.problem('only "Never" is supported when podFailurePolicy is specified')
    deadline = _optional(spec["activeDeadlineSeconds"])
    ttl = _optional(spec["ttlSecondsAfterFinished"])
    return Job(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        labels=field["metadata"].checked["labels"].labels(),
        template=template,
        parallelism=spec["parallelism"].integer(1),
        completions=None if is_queue else completions,
        is_indexed=indexed,
        backoff_limit=spec["backoffLimit"].integer(6 if per_index is None else NO_LIMIT),
        backoff_limit_per_index=per_index,
        max_failed_indexes=_optional(spec["maxFailedIndexes"]),
        failure_rules=rules,
        success_rules=tuple(_success_rule(rule, completions) for rule in spec["successPolicy"]["rules"]),
        active_deadline=None if deadline is None else float(deadline),
        ttl_after_finished=None if ttl is None else float(ttl),
        suspended=spec["suspend"].flag(),
        replaces_failed_only=_replaces_failed_only(spec),
    )


def _optional(field: Field) -> int | None:
    return field.integer(0, at_most=_MOST) if field.present else None


def _check_per_index(spec: Field, indexed: bool) -> None:
    """What only Jobs with indexes may have (pkg/apis/batch/validation)."""
    for name in ("backoffLimitPerIndex", "successPolicy"):
        if spec[name].present and not indexed:
            spec[name].problem("requires indexed completion mode")
    if spec["maxFailedIndexes"].present and not spec["backoffLimitPerIndex"].present:
        spec["maxFailedIndexes"].problem("requires backoffLimitPerIndex to be specified")


def _replaces_failed_only(spec: Field) -> bool:
    """With a podFailurePolicy it is Failed, and may be nothing else."""
    has_policy = spec["podFailurePolicy"].present
    allowed = ("Failed",) if has_policy else ("TerminatingOrFailed", "Failed")
    return spec["podReplacementPolicy"].choice(allowed[0], allowed) == "Failed"


def _failure_rules(policy: Field, per_index: bool, containers: Collection[str]) -> tuple[FailureRule, ...]:
    rules = []
    for rule in policy["rules"]:
        action = FailureAction(rule["action"].required().choice(FailureAction.COUNT, FailureAction))
        if action is FailureAction.FAIL_INDEX and not per_index:
            rule["action"].problem("requires the backoffLimitPerIndex to be set")
        codes, conditions = rule["onExitCodes"], tuple(map(_condition, rule["onPodConditions"]))
        if codes.present == bool(conditions):
            rule.problem("expected exactly one of onExitCodes and onPodConditions")
        rules.append(
            _exit_code_rule(action, codes, containers) if codes.present else FailureRule(action, conditions=conditions)
        )
    return tuple(rules)


def _exit_code_rule(action: FailureAction, codes: Field, containers: Collection[str]) -> FailureRule:
    not_in = codes["operator"].required().choice("In", ("In", "NotIn")) == "NotIn"
    values = frozenset(value.integer(1, at_least=-_MOST, at_most=_MOST) for value in codes["values"].required())
    if 0 in values and not not_in:
        codes["values"].problem("must not be 0 for the In operator")
    name = codes["containerName"].text()
    if name and name not in containers:
        codes["containerName"].problem("must be one of the container or initContainer names in the pod template")
    return FailureRule(action, name or None, values, not_in)


def _condition(pattern: Field) -> tuple[str, str]:
    condition = pattern["type"].required().text()
    status = pattern["status"].choice("True", ("True", "False", "Unknown"))
    if (condition, status) != (DISRUPTION_TARGET, "True"):
        pattern.warn(f"never matches here: only {DISRUPTION_TARGET} is known of pods that failed, and that it is True")
    return condition, status


def _success_rule(rule: Field, completions: int) -> SuccessRule:
    indexes = rule["succeededIndexes"]
    count = rule["succeededCount"]
    if not indexes.present and not count.present:
        rule.problem("at least one of succeededCount or succeededIndexes must be specified")
    nothing: frozenset[int] = frozenset()
    found = indexes.parsed(lambda written: _indexes(written, completions), nothing) if indexes.present else None
    wanted = count.integer(1, at_least=1) if count.present else None
    most = completions if not found else len(found)
    if wanted is not None and wanted > most:
        of = "number of indexes in the specified succeededIndexes field" if found else "number of specified completions"
        count.problem(f"must be less than or equal to {most} (the {of})")
    return SuccessRule(found, wanted)


def _indexes(written: object, completions: int) -> frozenset[int]:
    """The numbers of "0,2-4,7", which rise and are indexes of the Job."""
    numbers: set[int] = set()
    before = -1
    for part in str(written).split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError(f"cannot convert string to integer for index: {part!r}")
        for number in map(int, (first, last) if dash else (first,)):
            if number <= before:
                raise ValueError(f"non-increasing order, previous: {before}, current: {number}")
            if number >= completions:
                raise ValueError(f"too large index: {number}, of {completions} completions")
            before = number
        numbers.update(range(int(first), before + 1))
    return frozenset(numbers)

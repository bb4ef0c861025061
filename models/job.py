"""Jobs: pods that run to their end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.pod import PodTemplate

JOB_NAME_LABELS = ("batch.kubernetes.io/job-name", "job-name")
DISRUPTION_TARGET = "DisruptionTarget"
"""The condition of a pod that somebody evicts, preempts or deletes with its node."""
COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index"
"""The label and annotation of a pod of an Indexed Job."""
NO_LIMIT = 2**31 - 1


class FailureAction(StrEnum):
    """What a Job does about a pod that failed."""

    COUNT = "Count"
    IGNORE = "Ignore"
    FAIL_JOB = "FailJob"
    FAIL_INDEX = "FailIndex"


@dataclass(frozen=True, slots=True)
class FailureRule:
    """A rule of a podFailurePolicy: by exit codes, or by conditions of the pod; the first that matches decides."""

    action: FailureAction
    container: str | None = None
    """Only this container's exit code counts; None: any one's."""
    exit_codes: frozenset[int] | None = None
    """None: it goes by conditions."""
    not_in: bool = False
    """Any code but these and 0."""
    conditions: tuple[tuple[str, str], ...] = ()
    """(type, status): one of them is enough."""

    def matches_exit(self, container: str, code: int) -> bool:
        """Whether a container that exited with this code is meant."""
        if self.exit_codes is None or code == 0 or self.container not in (None, container):
            return False
        return (code in self.exit_codes) is not self.not_in


@dataclass(frozen=True, slots=True)
class SuccessRule:
    """A rule of a successPolicy: the Job has succeeded once so many of these indexes have."""

    indexes: frozenset[int] | None = None
    """None: any."""
    count: int | None = None
    """None: all of them."""

    def is_met(self, succeeded: frozenset[int]) -> bool:
        """Whether the indexes that have succeeded are enough."""
        met = succeeded if self.indexes is None else succeeded & self.indexes
        needed = self.count if self.count is not None else len(self.indexes or ())
        return len(met) >= needed


@dataclass(frozen=True, slots=True)
class Job:
    """Makes pods of `template` until so many of them have succeeded. Times in seconds."""

    name: str
    template: PodTemplate
    namespace: str = "default"
    parallelism: int = 1
    """At most so many pods at once."""
    completions: int | None = 1
    """None: a work queue, which is done when one pod has succeeded and none runs any more."""
    is_indexed: bool = False
    """Each completion has an index from 0, and is done by a pod of its own."""
    backoff_limit: int = 6
    """So many failures are made good."""
    backoff_limit_per_index: int | None = None
    max_failed_indexes: int | None = None
    failure_rules: tuple[FailureRule, ...] = ()
    success_rules: tuple[SuccessRule, ...] = ()
    active_deadline: float | None = None
    """From its start, however many pods it takes; then it has failed."""
    ttl_after_finished: float | None = None
    """From its end to its deletion; None: it stays."""
    suspended: bool = False
    replaces_failed_only: bool = False
    """podReplacementPolicy Failed: a pod that is being deleted is made good when it has failed, not before."""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def pod_labels(self) -> Mapping[str, str]:
        """The labels of its pods, but that of their index."""
        return {**self.template.labels, **dict.fromkeys(JOB_NAME_LABELS, self.name)}

    def action(self, exits: Mapping[str, int], conditions: frozenset[str]) -> FailureAction:
        """What it does about a pod that failed: exit codes by container, and the conditions that are True.

        Source: pkg/controller/job/pod_failure_policy.go (matchPodFailurePolicy).
        """
        for rule in self.failure_rules:
            if any(rule.matches_exit(container, code) for container, code in exits.items()):
                return rule.action
            if any(status == "True" and type_ in conditions for type_, status in rule.conditions):
                return rule.action
        return FailureAction.COUNT

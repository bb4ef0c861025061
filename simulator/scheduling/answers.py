"""What plugins answer about pod templates: each is asked once about all that are alike to it.

A release makes a template that differs from the last in its image and its hash. Most plugins look at neither, and have
answered already. Upstream signs pods to the same end (SignPlugin), for as long as nothing else is scheduled.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

from simulator.scheduling.framework import Filter, Helps, PreFilter, Profile, Reads, Roles, Score, name_of
from simulator.scheduling.views import ClusterView, PodView
from simulator.state.objects import PodClass


@dataclass
class Answers:
    """What plugins answered about a pod template: one of them, or all."""

    pre_filters: list[PreFilter] = field(default_factory=list)
    filters: list[tuple[Reads, Filter]] = field(default_factory=list)
    scores: list[tuple[str, int, Reads, Score]] = field(default_factory=list)
    """(plugin, weight, what it reads, score)."""
    helped_by: list[Helps] = field(default_factory=list)
    """Which pods may help where no node was feasible, as they come or are about to go: any for which one holds."""
    helped_by_absence: list[Helps] = field(default_factory=list)
    """Which pods may help once they are gone, but by their room."""
    counts_by_taints: bool = False
    """Whether new taints on a node that it was not kept from may help."""

    def take_in(self, other: "Answers") -> None:
        """Adds what another plugin answered about the template."""
        self.pre_filters += other.pre_filters
        self.filters += other.filters
        self.scores += other.scores
        self.helped_by += other.helped_by
        self.helped_by_absence += other.helped_by_absence
        self.counts_by_taints |= other.counts_by_taints

    @property
    def depends_on_pods(self) -> bool:
        """Whether pods that come or are about to go may help at all."""
        return bool(self.helped_by)

    @property
    def on_single_nodes(self) -> Hashable:
        """The answers about nodes by themselves: where these are the same, so is all that is made of them."""
        filters = [filter_ for reads, filter_ in self.filters if reads is not Reads.CLUSTER]
        scores = [score for _, _, reads, score in self.scores if reads is not Reads.CLUSTER]
        return tuple(filters), tuple(scores)

    def is_helped_by(self, pod_class: PodClass) -> bool:
        """Whether a pod of this template may help, as it comes or is about to go."""
        return any(helps(pod_class) for helps in self.helped_by)

    def is_helped_by_absence(self, pod_class: PodClass) -> bool:
        """Whether a pod of this template may help once it is gone, but by its room."""
        return any(helps(pod_class) for helps in self.helped_by_absence)

    def refusal(self) -> str:
        """Why no node will do, whatever the filters say; "" if some may."""
        for pre_filter in self.pre_filters:
            if reason := pre_filter():
                return reason
        return ""

    def filters_that_read(self, *what: Reads) -> list[Filter]:
        """The filters that depend on any of these."""
        return [filter_ for reads, filter_ in self.filters if reads in what]

    def scores_that_read(self, *what: Reads) -> list[tuple[Score, int]]:
        """(score, weight) of the scores that depend on any of these."""
        return [(score, weight) for _, weight, reads, score in self.scores if reads in what]


class Survey:
    """The answers of a profile's plugins, for as long as the cluster has the nodes that it has."""

    def __init__(self, profile: Profile, cluster: ClusterView) -> None:
        self._cluster = cluster
        self._known: list[tuple[Roles, dict[Hashable, Answers]]] = [(roles, {}) for roles in profile.roles]
        """By signature, what each of the plugins answered."""

    def ask(self, pod: PodView) -> Answers:
        """What all plugins say of a template; asks those that were not asked about one that is alike to them."""
        answers = Answers()
        for roles, known in self._known:
            signature = roles.plugin.signature(pod)
            answer = known.get(signature)
            if answer is None:
                answer = ask(roles, pod, self._cluster)
                if signature is not None:
                    known[signature] = answer
            answers.take_in(answer)
        return answers


def ask(roles: Roles, pod: PodView, cluster: ClusterView) -> Answers:
    """Asks one plugin about a pod template."""
    answers = Answers()
    if roles.pre_filter is not None and (pre_filter := roles.pre_filter.pre_filter(pod, cluster)) is not None:
        answers.pre_filters.append(pre_filter)
    if roles.filter is not None and (filter_ := roles.filter.filter(pod, cluster)) is not None:
        answers.filters.append((roles.filter.filter_reads, filter_))
        if (extension := roles.enqueue_extension) is not None:
            answers.helped_by += extension.helped_by(pod, cluster)
            answers.helped_by_absence += extension.helped_by_absence(pod, cluster)
            answers.counts_by_taints = extension.counts_by_taints(pod)
        elif roles.filter.filter_reads is Reads.CLUSTER:
            answers.helped_by_absence.append(lambda other: True)
            answers.counts_by_taints = True
    if roles.score is not None:
        scorer, weight = roles.score
        if (score := scorer.score(pod, cluster)) is not None:
            answers.scores.append((name_of(scorer), weight, scorer.score_reads, score))
    return answers

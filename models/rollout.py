"""How an Argo Rollout brings a new version: by a canary, or blue and green side by side.

Source: argoproj/argo-rollouts (pkg/apis/rollouts/v1alpha1, utils/defaults).
"""

import math
from dataclasses import dataclass

FOR_EVER = math.inf
"""A pause until somebody promotes the Rollout."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of an AnalysisTemplate: a measurement fails if the version fails requests, and succeeds otherwise."""

    initial_delay: float = 0.0
    """From the beginning of the analysis to the first measurement."""
    interval: float = FOR_EVER
    """From one measurement to the next; without it there is a single one."""
    count: int | None = None
    """How many there are; None: one without an interval, else as many as come until the rollout is over."""
    failure_limit: int = 0
    """How many may fail; one more, and the analysis has failed."""

    @property
    def fails_after(self) -> float:
        """Seconds from the beginning to the failure, of a version that fails requests; infinity if it never does."""
        measured = self.measured
        if measured is not None and measured <= self.failure_limit:
            return math.inf
        return self.initial_delay + (self.failure_limit * self.interval if self.failure_limit else 0.0)

    @property
    def succeeds_after(self) -> float:
        """Seconds from the beginning to the success, of a version that is well; infinity if it goes on for ever."""
        if self.measured is None:
            return math.inf
        return self.initial_delay + ((self.measured - 1) * self.interval if self.measured > 1 else 0.0)

    @property
    def measured(self) -> int | None:
        """How many measurements there are; None: until the rollout is over."""
        return 1 if self.count is None and self.interval == FOR_EVER else self.count


@dataclass(frozen=True, slots=True)
class AnalysisTemplate:
    """Metrics that Rollouts refer to by the name of the template."""

    name: str
    namespace: str
    """"" of one for the whole cluster."""
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """An AnalysisRun: the metrics of all templates that it names. It fails with the first of them that does."""

    metrics: tuple[Metric, ...] = (Metric(),)

    @property
    def fails_after(self) -> float:
        """Seconds from the beginning to the failure, of a version that fails requests."""
        return min(metric.fails_after for metric in self.metrics)

    @property
    def succeeds_after(self) -> float:
        """Seconds from the beginning to the success, of a version that is well."""
        return max(metric.succeeds_after for metric in self.metrics)


@dataclass(frozen=True, slots=True)
class SetWeight:
    """The new version is to have so many per cent of the replicas."""

    weight: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing changes for a while."""

    duration: float = FOR_EVER


Step = SetWeight | Pause | Analysis


@dataclass(frozen=True, slots=True)
class Canary:
    """The new version gets more and more of the replicas, in steps; an analysis that fails aborts it.

    The share of the requests that it gets follows from its share of the replicas, rounded up: a weight of 10 % of 5
    replicas is one of 5. An aborted one is taken back by starting replicas of the old version.
    """

    steps: tuple[Step, ...] = ()
    """Without any it is a rolling update."""
    analysis: Analysis | None = None
    """In the background, from the first replica of the new version on."""
    starting_step: int = 0
    """The step from which on there is a background analysis."""
    keeps_stable: bool = False
    """The old version keeps all its replicas until the end (trafficRouting): to go back takes no time."""

    def weight(self, step: int) -> int:
        """The weight of the new version at this step, per cent: that of the last SetWeight up to it."""
        if step >= len(self.steps):
            return 100
        given = [one.weight for one in self.steps[: step + 1] if isinstance(one, SetWeight)]
        return given[-1] if given else 0


@dataclass(frozen=True, slots=True)
class BlueGreen:
    """The new version is started beside the old one, gets no requests, and all of them at once when it is available."""

    auto_promotion: bool = True
    """Whether the Service is switched by itself, and not by somebody."""
    auto_promotion_after: float = 0.0
    """From when it is available to the switch."""
    scale_down_delay: float = 30.0
    """From the switch until the old version is taken away."""
    abort_scale_down_delay: float = 30.0
    """From an abort until the new version is taken away."""
    preview_replicas: int | None = None
    """So many of it before it is promoted; None: all."""
    before: Analysis | None = None
    """prePromotionAnalysis: has to succeed before the switch."""
    after: Analysis | None = None
    """postPromotionAnalysis: if it fails, the Service is switched back."""


Progression = Canary | BlueGreen

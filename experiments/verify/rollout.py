"""Group j: rolling updates of Deployments, with fixed and exponential times to ready."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Basis, Check, Study
from experiments.verify.systems import INSTANT, PROMPT, behaviour, nodes
from models.cluster import Cluster
from models.deployment import Deployment, IntOrPercent, Percent
from models.distributions import Distribution, Exponential, Fixed
from models.labels import LabelSelector
from models.pod import Container, PodSpec, PodTemplate
from models.service import Service
from simulator.log import Kind
from simulator.operations.rollout import Rollout
from simulator.run import Run, simulate

READY = 30.0
"""Seconds until a new pod is ready, or their mean."""
BETWEEN = 3600.0
"""Seconds between rollouts, each of which is long over by then."""
ROLLOUTS, RUNS = 100, 30
"""Rollouts in a run of each Deployment with exponential times, and runs."""


@dataclass(frozen=True)
class _Strategy:
    """A Deployment of n replicas, and the name of its cases."""

    case: str
    n: int
    surge: IntOrPercent
    unavailable: IntOrPercent

    def deployment(self) -> Deployment:
        template = PodTemplate(PodSpec((Container("server", image="server"),)), {"app": "web"})
        selector = LabelSelector.of({"app": "web"})
        return Deployment(
            "web", template, selector, replicas=self.n, max_surge=self.surge, max_unavailable=self.unavailable
        )

    def fence_posts(self) -> tuple[int, int]:
        return self.deployment().fence_posts()


FIXED = {
    _Strategy("10_0.25_0.25", 10, Percent(25), Percent(25)): "123",
    _Strategy("4_0.25_0.25", 4, Percent(25), Percent(25)): "23",
    _Strategy("3_0.25_0.25", 3, Percent(25), Percent(25)): "12",
    _Strategy("10_1_0", 10, 1, 0): "234",
    _Strategy("10_0_1", 10, 0, 1): "1234",
    _Strategy("10_0.5_0", 10, Percent(50), 0): "134",
    _Strategy("3_1_0", 3, 1, 0): "123",
    _Strategy("3_0_1", 3, 0, 1): "124",
    _Strategy("1_0.25_0.25", 1, Percent(25), Percent(25)): "134",
}
"""Which of the cases j1 (duration), j2 (loss), j3 (minimum), j4 (peak) are listed of each."""
EXPONENTIAL = {
    _Strategy("10_3_2", 10, 3, 2): "56",
    _Strategy("10_1_0", 10, 1, 0): "5",
    _Strategy("10_0_1", 10, 0, 1): "5",
    _Strategy("3_1_0", 3, 1, 0): "56",
    _Strategy("4_1_1", 4, 1, 1): "56",
}
"""Which of the cases j5 (mean duration), j6 (mean loss) are listed of each."""


def _run(strategy: _Strategy, ready_after: Distribution, rollouts: int, seed: int, replication: int = 0) -> Run:
    """One rollout after another; pods are ready after a time, leave at once, and nothing else takes any time."""
    cluster = Cluster(
        nodes=nodes(1), deployments=(strategy.deployment(),), services=(Service("web", selector={"app": "web"}),)
    )
    return simulate(
        cluster,
        duration=BETWEEN * (rollouts + 1),
        behaviour=behaviour(replace(INSTANT, start=ready_after, stop=Fixed(0)), PROMPT),
        operations=[Rollout("release", "Deployment/web", every=BETWEEN)],
        seed=seed,
        replication=replication,
        keep_log=True,
    )


def _durations(run: Run) -> np.ndarray:
    """Seconds from each release to the Deployment's completion."""
    assert run.log is not None
    times, kinds, _, _, new, _ = run.log.columns().T
    completed = times[(kinds == Kind.DEPLOYMENT_COMPLETE) & (new == 1) & (times >= BETWEEN)]
    durations: np.ndarray = completed - BETWEEN * np.arange(1, len(completed) + 1)
    return durations


def _losses(strategy: _Strategy, run: Run, rollouts: int) -> np.ndarray:
    """Pod-seconds below n answering, of each rollout."""
    answering = run.services["web"].answering
    lost = np.maximum(0.0, strategy.n - answering.values) * answering.widths
    rollout = (answering.times // BETWEEN).astype(int)
    losses: np.ndarray = np.bincount(rollout, weights=lost, minlength=rollouts + 1)[1:]
    return losses


def _pods(run: Run) -> np.ndarray:
    """How many pods there are that are not terminating, after each change from the first release on."""
    assert run.log is not None
    rows = run.log.columns()
    created = (rows[:, 1] == Kind.POD_PHASE) & (rows[:, 3] == 0)
    deleted = (rows[:, 1] == Kind.POD_DELETING) & (rows[:, 4] == 1)
    count = np.cumsum(created.astype(int) - deleted)
    since: np.ndarray = count[rows[:, 0] >= BETWEEN]
    return since


def _fixed(seed: int, effort: float) -> list[Check]:
    """One rollout each, without chance."""
    checks = []
    for strategy, listed in FIXED.items():
        run = _run(strategy, Fixed(READY), 1, seed)
        surge, unavailable = strategy.fence_posts()
        n, batch = strategy.n, surge + unavailable
        answers = {
            "1": (exact.rollout_duration(n, batch, READY), _durations(run)[0], "duration (s)"),
            "2": (exact.rollout_loss(n, surge, unavailable, READY), _losses(strategy, run, 1)[0], "loss (pod-s)"),
            "3": (n - unavailable, run.services["web"].answering.values.min(), "least replicas available"),
            "4": (n + surge, _pods(run).max(), "most pods, those terminating aside"),
        }
        for number in listed:
            answer, estimate, quantity = answers[number]
            checks.append(
                Check(
                    f"j{number}_{strategy.case}",
                    f"rollout of {n}, +{strategy.surge} -{strategy.unavailable}, ready after 30 s: {quantity}",
                    answer,
                    float(estimate),
                    basis=Basis.CERTAIN,
                )
            )
    return checks


def _exponential(strategy: _Strategy, seed: int, effort: float) -> list[Check]:
    """Many rollouts; duration and loss are sums of independent phases, whose variance is known."""
    number = max(2, round(RUNS * effort))
    runs = [_run(strategy, Exponential(READY), ROLLOUTS, seed, replication) for replication in range(number)]
    durations = np.concatenate([_durations(run) for run in runs])
    losses = np.concatenate([_losses(strategy, run, ROLLOUTS) for run in runs])
    surge, unavailable = strategy.fence_posts()
    n, batch = strategy.n, surge + unavailable
    title = f"rollout of {n}, +{surge} -{unavailable}, exponential"
    checks = [
        Check(
            f"j5_{strategy.case}",
            f"{title}: mean duration (s)",
            exact.mean_rollout_duration(n, batch, READY),
            float(durations.mean()),
            (exact.rollout_duration_variance(n, batch, READY) / len(durations)) ** 0.5,
        )
    ]
    if "6" in EXPONENTIAL[strategy]:
        error = (exact.rollout_loss_variance(n, surge, unavailable, READY) / len(losses)) ** 0.5
        mean = exact.mean_rollout_loss(n, surge, unavailable, READY)
        basis = Basis.KNOWN if error else Basis.CERTAIN
        checks.append(
            Check(f"j6_{strategy.case}", f"{title}: mean loss (pod-s)", mean, float(losses.mean()), error, basis)
        )
    return checks


STUDIES = (
    Study("rollouts, fixed", _fixed),
    *(
        Study(f"rollouts, exponential, {strategy.case}", partial(_exponential, strategy), seconds=8)
        for strategy in EXPONENTIAL
    ),
)

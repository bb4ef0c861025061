"""Group k: bad contents of a ConfigMap under both regimes, and certificates that run out."""

from dataclasses import replace

from experiments import closed_form as exact
from experiments.verify.check import Basis, Check, Study
from experiments.verify.systems import INSTANT, PROMPT, behaviour, nodes
from models.cluster import Cluster
from models.configuration import ConfigurationReference, Fails, Via
from models.deployment import Deployment
from models.distributions import Exponential, Fixed
from models.labels import LabelSelector
from models.pod import Container, PodSpec, PodTemplate
from models.service import Service
from models.units import DAY, YEAR
from simulator.failures.secret_expiry import SecretExpiry
from simulator.operations.config_change import ConfigChange
from simulator.run import Run, simulate
from simulator.stories.configurations import Reload

REPLICAS, UNAVAILABLE = 4, 1
BETWEEN, CHANGES = 3600.0, 500
"""Seconds between changes, each of which is long over by the next; and changes in a run."""
BAD, DETECTION, READY = 0.3, 600.0, 30.0
"""How likely a change is bad, seconds to its detection, and seconds until a new pod is ready."""
PERIOD = (60.0, 90.0)
"""Seconds between two syncs of a pod: the shortest and the longest."""
LIFETIME, RENEW_BEFORE, RETRY, FAILING, MTTR = 10 * DAY, 2 * DAY, DAY, 0.5, 3600.0
"""A certificate of ten days is rotated two days before its end, and again a day later, each time in vain by half."""
TIMING = replace(PROMPT, crash_loop_initial=10.0)


def _cluster(replicas: int) -> Cluster:
    """A Deployment whose pods mount the ConfigMap, or Secret, "settings"."""
    reads = tuple(
        ConfigurationReference(f"{kind}/default/settings", Via.VOLUME, "server") for kind in ("ConfigMap", "Secret")
    )
    template = PodTemplate(PodSpec((Container("server", image="server"),)), {"app": "web"}, configuration=reads)
    selector = LabelSelector.of({"app": "web"})
    web = Deployment("web", template, selector, replicas=replicas, max_surge=0, max_unavailable=UNAVAILABLE)
    return Cluster(nodes=nodes(1), deployments=(web,), services=(Service("web", selector={"app": "web"}),))


def _changes(reload: Reload, seed: int, replication: int) -> Run:
    change = ConfigChange(
        "change",
        "ConfigMap/settings",
        every=BETWEEN,
        reload=reload,
        bad_probability=BAD,
        fails=Fails.BOTH,
        detection=Fixed(DETECTION),
    )
    return simulate(
        _cluster(REPLICAS),
        duration=BETWEEN * (CHANGES + 1),
        behaviour=behaviour(replace(INSTANT, start=Fixed(READY), stop=Fixed(0)), TIMING),
        operations=[change],
        seed=seed,
        replication=replication,
    )


def _hot(seed: int, effort: float) -> list[Check]:
    """All replicas fail together, and the Service with them, whatever it asks for."""
    runs = [_changes(Reload.HOT, seed, replication) for replication in range(max(1, round(8 * effort)))]
    changes = CHANGES * len(runs)
    checks = []
    for wanted in (1, REPLICAS):
        mean = exact.mean_hot_outage(REPLICAS, wanted, DETECTION, PERIOD)
        variance = exact.hot_outage_variance(REPLICAS, wanted, PERIOD)
        down = sum(run.services["web"].answering.time_below(wanted) for run in runs)
        checks.append(
            Check(
                f"k1_{wanted}",
                f"bad contents read hot by {REPLICAS} replicas: seconds a change with fewer than {wanted}",
                BAD * mean,
                down / changes,
                ((BAD * (variance + mean**2) - (BAD * mean) ** 2) / changes) ** 0.5,
            )
        )
    return checks


def _rolled_out(seed: int, effort: float) -> list[Check]:
    """No more than maxUnavailable are missing, so a Service that does with one less is never down."""
    runs = [_changes(Reload.RESTART, seed, replication) for replication in range(max(1, round(2 * effort)))]
    changes = CHANGES * len(runs)
    good = exact.rollout_loss(REPLICAS, 0, UNAVAILABLE, READY)
    bad = exact.bad_rollout_loss(UNAVAILABLE, DETECTION, READY)
    answering = [run.services["web"].answering for run in runs]
    lost = sum(float(((REPLICAS - each.values) * each.widths).sum()) for each in answering)
    return [
        Check(
            "k2",
            f"bad contents rolled out to {REPLICAS} replicas, -{UNAVAILABLE}: replica-seconds lost a change",
            (1 - BAD) * good + BAD * bad,
            lost / changes,
            (BAD * (1 - BAD) / changes) ** 0.5 * (bad - good),
        ),
        Check(
            "k3",
            f"bad contents rolled out to {REPLICAS} replicas, -{UNAVAILABLE}: least that answer",
            REPLICAS - UNAVAILABLE,
            float(min(each.values.min() for each in answering)),
            basis=Basis.CERTAIN,
        ),
    ]


def _certificates(seed: int, effort: float) -> list[Check]:
    """A pod that reads its certificate hot."""
    expiry = SecretExpiry(
        "expiry",
        "Secret/settings",
        lifetime=LIFETIME,
        time_to_repair=Exponential(MTTR),
        renew_before=RENEW_BEFORE,
        failure_probability=FAILING,
        retry_every=RETRY,
    )
    time = max(10.0, 400 * effort) * YEAR
    run = simulate(_cluster(1), duration=time, behaviour=behaviour(INSTANT, TIMING), failures=[expiry], seed=seed)
    law = (LIFETIME, RENEW_BEFORE, RETRY, FAILING, MTTR, PERIOD)
    return [
        Check(
            "k4",
            "a certificate that is rotated in vain by a quarter: share of time for which it has run out",
            exact.certificate_unavailability(*law),
            run.services["web"].answering.time_below(1) / time,
            (exact.certificate_variance_rate(*law) / time) ** 0.5,
        )
    ]


STUDIES = (
    Study("bad contents, hot reload", _hot, seconds=4),
    Study("bad contents, rollout", _rolled_out, seconds=4),
    Study("certificates", _certificates, seconds=4),
)

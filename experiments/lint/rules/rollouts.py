"""Rollouts: those that take a Service down, and those that never end.

Source: pkg/controller/deployment.
"""

import math
from collections.abc import Iterator

from experiments.lint.application import Application, Workload
from experiments.lint.finding import Severity
from experiments.lint.patch import Patch
from experiments.lint.rule import Smell, rule
from experiments.lint.rules.placement import keeping_apart, places
from experiments.lint.rules.volumes import exclusive_claims
from models.deployment import Deployment, StrategyType
from models.node import HOSTNAME_LABEL


@rule(
    "recreate-strategy",
    Severity.WARNING,
    effect="each rollout is an outage, from the end of the old pods to the first new one that is ready",
)
def recreate_strategy(app: Application) -> Iterator[Smell]:
    """A Deployment behind a Service replaces all of its pods at once, by strategy Recreate.

    With a volume that one node has at a time it is the right strategy, and is not found.
    """
    for workload in app.workloads:
        maker = workload.maker
        if not isinstance(maker, Deployment) or maker.strategy is not StrategyType.RECREATE:
            continue
        if workload.serves and not workload.spec.claims:
            message = "strategy Recreate ends all pods before it makes the first new one"
            mend = "strategy RollingUpdate, if two versions may run side by side"
            yield Smell(workload.manifest, ("spec", "strategy", "type"), message, mend)


@rule(
    "rollout-takes-all",
    Severity.WARNING,
    effect="each rollout may take all pods down at once: an outage until the first new one is ready",
)
def rollout_takes_all(app: Application) -> Iterator[Smell]:
    """The maxUnavailable of a Deployment behind a Service is as high as the number of its replicas."""
    for workload, maker in _rolling(app):
        replicas = workload.fewest
        surge, unavailable = maker.fence_posts(replicas)
        if not workload.serves or unavailable < replicas or replicas == 0:
            continue
        path = ("spec", "strategy", "rollingUpdate", "maxUnavailable")
        if surge > 0:
            patch, mend = Patch.of(workload.manifest, path, 0), "maxUnavailable: 0"
        else:
            patch, mend = None, "maxUnavailable: 0 and maxSurge: 1"
        message = f"maxUnavailable {maker.max_unavailable} lets {unavailable} of {replicas} pods be away at once"
        yield Smell(workload.manifest, path, message, mend, patch)


@rule(
    "no-history",
    Severity.WARNING,
    effect="a bad release cannot be rolled back by `kubectl rollout undo`: it is mended as fast as the next can be "
    "built",
)
def no_history(app: Application) -> Iterator[Smell]:
    """A Deployment keeps no old revision."""
    for workload in app.workloads:
        if isinstance(workload.maker, Deployment) and workload.maker.revision_history_limit == 0:
            path = ("spec", "revisionHistoryLimit")
            patch = Patch.of(workload.manifest, path, 2)
            yield Smell(workload.manifest, path, "no old ReplicaSet is kept", "revisionHistoryLimit: 2", patch)


@rule(
    "rollout-cannot-surge",
    Severity.ERROR,
    effect="no rollout ever ends: its first pod finds no node, and no old one may go, so mends and reverts do not "
    "arrive either",
    needs_cluster=True,
)
def rollout_cannot_surge(app: Application) -> Iterator[Smell]:
    """A Deployment may have no pod unavailable, and its pods exclude each other from every node that they may be on.

    By required anti-affinity, or by a port of the node; there are no more domains for them than there are replicas.
    """
    for workload, maker in _rolling(app):
        terms = [term for _, term in keeping_apart(workload) if not term.match_label_keys]
        limits = {f"anti-affinity by {term.topology_key}": places(app, workload, term.topology_key) for term in terms}
        if workload.spec.host_ports:
            limits["a port of the node"] = places(app, workload, HOSTNAME_LABEL)
        for why, there in limits.items():
            if not 0 < there < math.inf or not workload.fewest <= there <= workload.most:
                continue
            if maker.fence_posts(int(there))[1] == 0:
                message = (
                    f"{why} keeps its pods apart, there are as many places as pods, {there:g}, and none may go before "
                    "the next is there"
                )
                path = ("spec", "strategy", "rollingUpdate", "maxUnavailable")
                patch = Patch.of(workload.manifest, path, 1) if there > 1 else None
                yield Smell(workload.manifest, path, message, "maxUnavailable: 1, or one node more", patch)
                break


@rule(
    "volume-holds-rollout",
    Severity.WARNING,
    effect="a new pod on another node waits for a volume that the old one keeps, and the old one for the new: the "
    "rollout is stuck",
)
def volume_holds_rollout(app: Application) -> Iterator[Smell]:
    """A Deployment with a volume that one node has at a time makes new pods before it ends old ones."""
    for workload, maker in _rolling(app):
        claims = exclusive_claims(app, workload)
        surge, _ = maker.fence_posts(workload.most)
        if claims and surge > 0:
            message = f"claim {claims[0].name} is for one node at a time, and new pods come before old ones go"
            mend = "strategy Recreate, or a StatefulSet"
            yield Smell(workload.manifest, ("spec", "strategy"), message, mend)


def _rolling(app: Application) -> Iterator[tuple[Workload, Deployment]]:
    """The Deployments that replace their pods a few at a time."""
    for workload in app.workloads:
        maker = workload.maker
        if isinstance(maker, Deployment) and maker.strategy is StrategyType.ROLLING_UPDATE:
            yield workload, maker

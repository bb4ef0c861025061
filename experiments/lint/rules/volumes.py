"""Volumes that one node, or one zone, has: they decide where pods can be.

Source: pkg/scheduler/framework/plugins/volumebinding, pkg/controller/volume/attachdetach.
"""

from collections.abc import Iterator

from experiments.lint.application import Application, Workload
from experiments.lint.finding import Severity
from experiments.lint.rule import Smell, rule
from models.claim import AccessMode, PersistentVolumeClaim
from models.node import ZONE_LABEL
from models.pod import WhenUnsatisfiable
from models.statefulset import StatefulSet
from models.volume import StorageClass, VolumeBindingMode

_SHARED = (AccessMode.READ_WRITE_MANY, AccessMode.READ_ONLY_MANY)


@rule(
    "one-volume-for-replicas",
    Severity.WARNING,
    effect="all replicas have to be on the node that has the volume: the others wait for it, and the node is their "
    "common end",
)
def one_volume_for_replicas(app: Application) -> Iterator[Smell]:
    """Several replicas share a claim that one node can have at a time (ReadWriteOnce, ReadWriteOncePod)."""
    for workload in app.workloads:
        claims = exclusive_claims(app, workload)
        if claims and workload.is_replicated and workload.most > 1:
            message = f"{workload.most} replicas share claim {claims[0].name}, which one node has at a time"
            mend = "one replica, a StatefulSet with volumeClaimTemplates, or a volume that many nodes can have"
            yield Smell(workload.manifest, (*workload.pod, "volumes"), message, mend)


@rule(
    "zone-bound-volume-with-spread",
    Severity.INFO,
    effect="a replica goes back to the zone of its volume or nowhere: while that zone is down, the spread keeps it "
    "Pending rather than moving it",
)
def zone_bound_volume_with_spread(app: Application) -> Iterator[Smell]:
    """Replicas must be spread over zones, and each has a volume that is in one zone.

    That is how quorums are built, and a zone that is down costs its replicas: an info. A warning if the class makes
    volumes before pods are placed (volumeBindingMode Immediate), in zones that know nothing of the spread, so that pods
    may find no place at all; and if replicas share one claim: those find none that are to be in another zone.
    """
    for workload in app.workloads:
        if not workload.is_replicated or workload.most < 2 or not _is_spread_over_zones(workload):
            continue
        shared = exclusive_claims(app, workload)
        if shared:
            message = f"its replicas must be in several zones, and share claim {shared[0].name}, which is in one"
            mend = "a claim for each replica: a StatefulSet with volumeClaimTemplates"
            yield Smell(workload.manifest, (*workload.pod, "volumes"), message, mend, None, Severity.WARNING)
        for claim in workload.maker.volume_claim_templates if isinstance(workload.maker, StatefulSet) else ():
            made = _class_of(app, claim)
            if made is None or made.topology_key != ZONE_LABEL or set(claim.access_modes) & set(_SHARED):
                continue
            given = app.manifest_of("StorageClass", "", made.name) is not None
            if given and made.binding_mode is VolumeBindingMode.IMMEDIATE:
                message = f"class {made.name} makes volumes of {claim.name} before it is known where the pods go"
                mend = "a class with volumeBindingMode: WaitForFirstConsumer"
                severity = Severity.WARNING
            else:
                message = f"each replica stays in the zone in which its volume {claim.name} was made"
                mend = "a replica more than the zone that is down takes away, or whenUnsatisfiable: ScheduleAnyway"
                severity = Severity.INFO
            yield Smell(workload.manifest, ("spec", "volumeClaimTemplates"), message, mend, None, severity)


def exclusive_claims(app: Application, workload: Workload) -> list[PersistentVolumeClaim]:
    """The claims of all its pods together that one node can have at a time, as far as they are given."""
    by_name = {(claim.namespace, claim.name): claim for claim in app.cluster.claims}
    return [
        by_name[workload.maker.namespace, name]
        for name in workload.spec.claims
        if app.manifest_of("PersistentVolumeClaim", workload.maker.namespace, name) is not None
        and (workload.maker.namespace, name) in by_name
        and not set(by_name[workload.maker.namespace, name].access_modes) & set(_SHARED)
    ]


def _is_spread_over_zones(workload: Workload) -> bool:
    """Whether replicas must not be in one zone together."""
    return any(
        one.topology_key == ZONE_LABEL and one.when_unsatisfiable is WhenUnsatisfiable.DO_NOT_SCHEDULE
        for one in workload.spec.topology_spread_constraints
    ) or any(one.topology_key == ZONE_LABEL for one in workload.spec.affinity.pod_anti_required)


def _class_of(app: Application, claim: PersistentVolumeClaim) -> StorageClass | None:
    """The class that makes its volumes; None if it has none."""
    wanted = claim.storage_class
    for one in app.cluster.storage_classes:
        if one.name == wanted or (wanted is None and one.is_default):
            return one
    return None

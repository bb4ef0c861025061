"""Storage that is asked for and not given: what it is taken to be, where it is taken to be there.

A claim that several pods share can only be one that many nodes may use. Of all others it is assumed that they are
disks, as most are: of the zone of their first pod, attached to one node at a time.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from models.claim import AccessMode, PersistentVolumeClaim
from models.cluster import Cluster, PodMaker
from models.cronjob import CronJob
from models.daemonset import DaemonSet
from models.job import Job
from models.manifests.objects import DEFAULT_CLASS
from models.node import HOSTNAME_LABEL
from models.pod import Pod
from models.statefulset import StatefulSet
from models.volume import StorageClass, VolumeBindingMode

_ASSUMED_DRIVER = "(assumed)"


def assumed_storage(cluster: Cluster) -> Iterator[PersistentVolumeClaim | StorageClass]:
    """The claims that pods of a cluster ask for and it does not have, and the classes of these and of all other claims.

    Classes whose volumes are among the cluster's have none made, and need not be there themselves. Where volumes that
    people make by hand are not among them, a class of the same name makes them.
    """
    claims = list(_claims(cluster))
    yield from claims
    given = {storage_class.name: storage_class for storage_class in cluster.storage_classes}
    by_hand = {volume.storage_class for volume in cluster.volumes}
    has_default = any(storage_class.is_default for storage_class in cluster.storage_classes)
    asked = [*cluster.claims, *claims]
    for maker in cluster.pod_makers():
        asked += maker.template.spec.ephemeral_claims
        asked += maker.volume_claim_templates if isinstance(maker, StatefulSet) else ()
    for name in dict.fromkeys(claim.storage_class for claim in asked if not claim.volume_name):
        if name is None and not has_default and "" not in by_hand:
            yield _disks(DEFAULT_CLASS, is_default=True)
        elif name is not None and name not in by_hand and not (name in given and given[name].provisions):
            disks = _disks(name)
            yield replace(disks, topology_key=HOSTNAME_LABEL, attaches=False) if name in given else disks


def _disks(name: str, is_default: bool = False) -> StorageClass:
    return StorageClass(name, _ASSUMED_DRIVER, VolumeBindingMode.WAIT_FOR_FIRST_CONSUMER, is_default=is_default)


def _claims(cluster: Cluster) -> Iterator[PersistentVolumeClaim]:
    given = {(claim.namespace, claim.name) for claim in cluster.claims}
    users: Counter[tuple[str, str]] = Counter()
    for maker in cluster.pod_makers():
        for name in maker.template.spec.claims:
            users[maker.namespace, name] += _pods(maker)
    for (namespace, name), pods in users.items():
        if (namespace, name) not in given:
            mode = AccessMode.READ_WRITE_ONCE if pods == 1 else AccessMode.READ_WRITE_MANY
            yield PersistentVolumeClaim(name, namespace, (mode,))


def _pods(maker: PodMaker) -> int:
    """How many pods it makes, as far as it matters whether that is one."""
    match maker:
        case Pod():
            return 1
        case DaemonSet():
            return 2
        case Job():
            return maker.parallelism
        case CronJob():
            return maker.job.parallelism
    return maker.replicas

"""StorageClasses."""

from models.labels import Operator, Requirement
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.objects import IS_DEFAULT_CLASS
from models.manifests.storage_drivers import ZONAL_DISK, driver
from models.pod import NodeSelectorTerm
from models.volume import ReclaimPolicy, StorageClass, VolumeBindingMode


@converts("StorageClass")
def storage_class(field: Field, admission: Admission) -> StorageClass:
    """A StorageClass with the API server's defaults (pkg/apis/storage/v1/defaults.go).

    Where its volumes are is what is known of its driver; of an unknown one it is said what is assumed.
    """
    provisioner = field["provisioner"].required().text()
    known = driver(provisioner, admission.objects)
    if known is None and provisioner:
        field["provisioner"].warn(
            "nothing is known of this driver: its volumes are taken to be disks of the zone of the node that they are "
            "made for, attached to one node at a time"
        )
    found = known or ZONAL_DISK
    mode = field["volumeBindingMode"].choice(VolumeBindingMode.IMMEDIATE, VolumeBindingMode)
    annotations = field["metadata"]["annotations"]
    return StorageClass(
        name=field.manifest.name,
        provisioner=provisioner,
        binding_mode=VolumeBindingMode(mode),
        reclaim_policy=ReclaimPolicy(field["reclaimPolicy"].choice(ReclaimPolicy.DELETE, ReclaimPolicy)),
        allowed_topologies=tuple(_topology(term) for term in field["allowedTopologies"]),
        is_default=any(annotations[name].text() == "true" for name in IS_DEFAULT_CLASS),
        topology_key=found.topology_key,
        attaches=found.attaches,
    )


def _topology(term: Field) -> NodeSelectorTerm:
    return NodeSelectorTerm(
        tuple(
            Requirement(each["key"].required().text(), Operator.IN, each["values"].required().texts())
            for each in term["matchLabelExpressions"]
        )
    )

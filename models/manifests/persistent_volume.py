"""PersistentVolumes."""

from models.manifests.claim import access_modes, storage
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.selector import check_labels, node_selector_term
from models.manifests.storage_drivers import ZONAL_DISK, driver
from models.pod import NodeSelectorTerm
from models.volume import PersistentVolume, ReclaimPolicy

_NOT_ATTACHED = frozenset(
    {
        *("azureFile", "cephfs", "flocker", "glusterfs", "hostPath", "local", "nfs", "portworxVolume", "quobyte"),
        "storageos",
    }
)
"""Sources of data that no controller attaches to nodes (pkg/volume: the plug-ins without an Attacher)."""
_ATTACHED = frozenset(
    {
        *("awsElasticBlockStore", "azureDisk", "cinder", "fc", "flexVolume", "gcePersistentDisk", "iscsi"),
        *("photonPersistentDisk", "rbd", "scaleIO", "vsphereVolume"),
    }
)
_FREED_BY_NAME = "a volume whose policy is Recycle is emptied and free again; here it stays as with Retain"


@converts("PersistentVolume")
def persistent_volume(field: Field, admission: Admission) -> PersistentVolume:
    """A PersistentVolume; one that is made by hand stays when its claim goes (pkg/apis/core/v1/defaults.go)."""
    spec = field["spec"]
    policy = spec["persistentVolumeReclaimPolicy"]
    if policy.text() == "Recycle":
        policy.warn(_FREED_BY_NAME)
        reclaim = ReclaimPolicy.RETAIN
    else:
        reclaim = ReclaimPolicy(policy.choice(ReclaimPolicy.RETAIN, ReclaimPolicy))
    claim = spec["claimRef"]
    required = spec["nodeAffinity"]["required"]
    name, attaches = _source(spec, admission)
    return PersistentVolume(
        name=field.manifest.name,
        capacity=storage(spec["capacity"]["storage"]),
        access_modes=access_modes(spec),
        storage_class=spec["storageClassName"].text() or _class_as_before(field),
        node_affinity=_terms(required) if required.present else None,
        claim=(claim["namespace"].text("default"), claim["name"].text()) if claim["name"].text() else None,
        reclaim_policy=reclaim,
        labels=check_labels(field["metadata"]["labels"]),
        volume_mode=spec["volumeMode"].choice("Filesystem", ("Filesystem", "Block")),
        driver=name,
        attaches=attaches,
    )


def _terms(required: Field) -> tuple[NodeSelectorTerm, ...]:
    return tuple(node_selector_term(term) for term in required["nodeSelectorTerms"].required())


def _class_as_before(field: Field) -> str:
    return field["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"].text()


def _source(spec: Field, admission: Admission) -> tuple[str, bool]:
    """(the driver, whether the volume has to be attached to nodes)."""
    if spec["csi"].present:
        name = spec["csi"]["driver"].required().text()
        return name, (driver(name, admission.objects) or ZONAL_DISK).attaches
    sources = sorted(name for name in _ATTACHED | _NOT_ATTACHED if spec.checked[name].present)
    if not sources:
        spec.problem("must specify a volume type")
        return "", False
    for name in sources[1:]:
        spec.checked[name].problem("may not specify more than 1 volume type")
    if "local" in sources and not spec.checked["nodeAffinity"]["required"].present:
        spec.checked["nodeAffinity"].problem("required value: Local volume requires node affinity")
    return f"kubernetes.io/{sources[0]}", sources[0] in _ATTACHED

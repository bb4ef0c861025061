"""PersistentVolumeClaims, and the claims and other storage of a pod."""

from models.claim import AccessMode, PersistentVolumeClaim
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.objects import Objects
from models.manifests.selector import label_selector
from models.units import parse_amount


@converts("PersistentVolumeClaim")
def persistent_volume_claim(field: Field, admission: Admission) -> PersistentVolumeClaim:
    """A claim of its own: it gets a volume that suits it, or one that its class makes."""
    return claim(field, field.manifest.name, admission.objects)


def claim(field: Field, name: str, objects: Objects) -> PersistentVolumeClaim:
    """A claim, or a template of claims (what is in its `spec`); `name` is that of the claim or of the volume.

    A volume that it names and that is not given is none, if what is not given is taken to be there: the claim then gets
    one by its class, where its first pod is placed.
    """
    spec = field["spec"]
    named = class_of(field)
    volume_name = spec["volumeName"].text()
    if not objects.strict and objects.get("PersistentVolume", "", volume_name) is None:
        volume_name = ""
    return PersistentVolumeClaim(
        name=name,
        namespace=field.manifest.namespace,
        access_modes=access_modes(spec),
        storage_class=named.text() if named.present else None,
        request=storage(spec["resources"]["requests"]["storage"]),
        volume_name=volume_name,
        selector=label_selector(spec["selector"]),
        volume_mode=spec["volumeMode"].choice("Filesystem", ("Filesystem", "Block")),
    )


def storage(field: Field) -> int:
    """An amount of storage, in bytes; 0 where nothing is written."""
    found = field.parsed(parse_amount, 0)
    if field.present and found <= 0:
        field.problem(f"must be greater than zero (got {field.value})")
    return max(0, found)


def class_of(field: Field) -> Field:
    """Where a claim, or a template of claims, names its class: the spec, or the annotation that did so before 1.6."""
    written = field["spec"]["storageClassName"]
    return written if written.present else field["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"]


def claim_templates(field: Field, objects: Objects) -> tuple[PersistentVolumeClaim, ...]:
    """The volumeClaimTemplates of a StatefulSet, each named as its volume is."""
    return tuple(claim(item, item["metadata"]["name"].required().text(), objects) for item in field)


def pod_claims(spec: Field) -> tuple[str, ...]:
    """The names of the claims that are volumes of a pod with this spec, each once."""
    names = [volume["persistentVolumeClaim"]["claimName"].text() for volume in spec["volumes"]]
    return tuple(dict.fromkeys(name for name in names if name))


def ephemeral_claims(spec: Field, objects: Objects) -> tuple[PersistentVolumeClaim, ...]:
    """The claims that are made for each pod with this spec, and go with it, each named as its volume is."""
    return tuple(
        claim(volume["ephemeral"]["volumeClaimTemplate"], volume.checked["name"].text(), objects)
        for volume in spec["volumes"]
        if volume["ephemeral"]["volumeClaimTemplate"].present
    )


def local_volumes(spec: Field) -> tuple[str, ...]:
    """The names of the volumes of a pod with this spec that are storage of its node.

    Source: autoscaler/cluster-autoscaler/utils/pod_volumes (isLocalVolume).
    """
    return tuple(volume.checked["name"].text() for volume in spec["volumes"] if _is_local(volume))


def _is_local(volume: Field) -> bool:
    empty = volume["emptyDir"]
    on_disk = empty["medium"].text() != "Memory" and empty.present
    return volume["hostPath"].present or on_disk


def access_modes(spec: Field) -> tuple[AccessMode, ...]:
    """The accessModes of a claim or a volume."""
    modes = tuple(AccessMode(mode.choice(AccessMode.READ_WRITE_ONCE, AccessMode)) for mode in spec["accessModes"])
    if AccessMode.READ_WRITE_ONCE_POD in modes and len(modes) > 1:
        spec["accessModes"].problem("may not use ReadWriteOncePod with other access modes")
    return modes

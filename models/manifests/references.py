"""References from pods to other objects: which fields hold them, and what it does to a pod if one leads nowhere.

Source: plugin/pkg/admission (serviceaccount, priority, runtimeclass), pkg/scheduler/framework/plugins/volumebinding,
pkg/kubelet/kubelet_pods.go, pkg/volume (configmap, secret, projected).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from models.input.problems import did_you_mean, dotted
from models.manifests.claim import class_of
from models.manifests.kinds import NAMESPACE_FREE
from models.manifests.manifest import Field, Findings, Manifest
from models.manifests.objects import DEFAULT_CLASS, NO_CLASS, Objects, Reference, Use
from models.manifests.stage import Stage
from models.reference import Absences

_ASSUMPTION = "it is taken to be there"


class ReferenceField(NamedTuple):
    """A field of a pod's spec that refers to an object, and may have a field `optional` below it."""

    path: str
    """From the spec of the pod; "[]" stands for every item of a list."""
    kind: str
    stage: Stage
    words: str
    """What Kubernetes says if there is no such object; {within} is the name of the volume or container."""
    name: str = "name"
    """Below the path, the field that has the object's name; "": the value itself is the name."""
    keys: str = ""
    """Below the path, the fields that have keys of the object."""
    words_of_key: str = ""
    """What Kubernetes says if the object lacks the key."""
    settled_by: str = ""
    """A field beside it that, when written, decides instead."""
    assumption: str = _ASSUMPTION
    is_all: bool = True
    """The reference is all that the field says; else the account of fields has a word on it too."""


_CLAIM = (
    f"{_ASSUMPTION}, a disk of the default class, or else of the zone of its first pod (a share, ReadWriteMany, where "
    "several pods use it)"
)
_DISKS = (
    f"{_ASSUMPTION}, its volumes being disks of the zone of the first pod that uses them (WaitForFirstConsumer), "
    "attached to one node at a time"
)
_HAND_MADE = (
    "there are taken to be as many as it takes, each where the first pod that uses it is placed: on its node, or, "
    "without a class, a disk of its zone"
)
_ANOTHER_VOLUME = "the claim gets another one, by its class, where the first pod that uses it is placed"
_UNBOUND = "pod has unbound immediate PersistentVolumeClaims"
_MOUNT = 'MountVolume.SetUp failed for volume "{within}" : '
_ACCOUNT = 'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
_PULL_SECRET = "Unable to retrieve some image pull secrets ({name}); attempting to pull the image may not succeed."
_EXISTS = "it is taken to exist, as every image is that spec.images.missing does not list"
_PULLED = "every image is taken to be pulled"


def _of_container(containers: str) -> tuple[ReferenceField, ...]:
    env = f"{containers}[].env[].valueFrom"
    return (
        ReferenceField(
            f"{containers}[].envFrom[].configMapRef", "ConfigMap", Stage.CONFIG, 'configmap "{name}" not found'
        ),
        ReferenceField(f"{containers}[].envFrom[].secretRef", "Secret", Stage.CONFIG, 'secret "{name}" not found'),
        ReferenceField(
            *(f"{env}.configMapKeyRef", "ConfigMap", Stage.CONFIG, 'configmap "{name}" not found'),
            keys="key",
            words_of_key="couldn't find key {key} in ConfigMap {namespace}/{name}",
        ),
        ReferenceField(
            *(f"{env}.secretKeyRef", "Secret", Stage.CONFIG, 'secret "{name}" not found'),
            keys="key",
            words_of_key="couldn't find key {key} in Secret {namespace}/{name}",
        ),
    )


def _of_volume(volume: str, secret_name: str) -> tuple[ReferenceField, ...]:
    return (
        ReferenceField(
            *(f"{volume}.configMap", "ConfigMap", Stage.MOUNT, _MOUNT + 'configmap "{name}" not found'),
            keys="items[].key",
            words_of_key=_MOUNT + "references non-existent config key: {key}",
        ),
        ReferenceField(
            *(f"{volume}.secret", "Secret", Stage.MOUNT, _MOUNT + 'secret "{name}" not found'),
            name=secret_name,
            keys="items[].key",
            words_of_key=_MOUNT + "references non-existent secret key: {key}",
        ),
    )


FIELDS = (
    ReferenceField("serviceAccountName", "ServiceAccount", Stage.ADMISSION, _ACCOUNT, name=""),
    ReferenceField(
        "serviceAccount", "ServiceAccount", Stage.ADMISSION, _ACCOUNT, name="", settled_by="serviceAccountName"
    ),
    ReferenceField(
        *("priorityClassName", "PriorityClass", Stage.ADMISSION, "no PriorityClass with name {name} was found"),
        name="",
        assumption="it is taken to be there, its value that of spec.priority or else 0",
    ),
    ReferenceField(
        *("runtimeClassName", "RuntimeClass", Stage.ADMISSION, 'pod rejected: RuntimeClass "{name}" not found'),
        name="",
        assumption="it is taken to be there, on every node, and to take nothing by itself",
    ),
    ReferenceField(
        *("volumes[].persistentVolumeClaim", "PersistentVolumeClaim", Stage.SCHEDULING),
        words='persistentvolumeclaim "{name}" not found',
        name="claimName",
        assumption=_CLAIM,
    ),
    *_of_volume("volumes[]", "secretName"),
    *_of_volume("volumes[].projected.sources[]", "name"),
    *_of_container("initContainers"),
    *_of_container("containers"),
    ReferenceField(
        *("imagePullSecrets[]", "Secret", Stage.PULL),
        words=_PULL_SECRET,
        assumption=_PULLED,
        is_all=False,
    ),
)
"""Every field of a pod's spec that names an object of a kind that is not of the pod itself."""


class _Miss(NamedTuple):
    """A reference of a pod to what is not there."""

    stage: Stage
    said: str
    within: str
    """The name of the volume or container."""
    use: Use


def absences(pod: Field, objects: Objects) -> Absences:
    """What is not there that a pod or pod template refers to; noted among the `objects`.

    Nothing, if it is taken to be there. Volumes that containers mount and the pod does not have are problems of input.
    """
    spec = pod["spec"]
    invalid = _check_mounts(spec)
    misses = [miss for reference in FIELDS for miss in _misses(reference, spec, objects)]
    misses += _unbound(spec, objects)
    misses += _without_pull_secret(spec, objects)
    for miss in misses:
        objects.note(miss.use)
    held_back = _without_image(spec, objects)
    if not objects.strict:
        return Absences(refused=invalid, held_back=held_back)
    first: dict[Stage, str] = {}
    for miss in misses:
        first.setdefault(miss.stage, miss.said)
        if miss.stage is Stage.CONFIG:
            held_back.setdefault(miss.within, miss.said)
    unschedulable = first.get(Stage.SCHEDULING, "")
    # A pod that names its node meets its kubelet without having met the scheduler.
    unmounted = first.get(Stage.MOUNT, "")
    if unschedulable and not unmounted:
        unmounted = Stage.MOUNT.said(f"Unable to attach or mount volumes: {unschedulable}")
    refused = f'pods "{{}}" is forbidden: {first[Stage.ADMISSION]}' if Stage.ADMISSION in first else invalid
    kinds = {miss.use.reference.kind for miss in misses if miss.stage in (Stage.MOUNT, Stage.CONFIG)}
    return Absences(refused, unschedulable, unmounted, held_back, bool(kinds & {"ConfigMap", "Secret"}))


def _without_image(spec: Field, objects: Objects) -> dict[str, str]:
    """Name of a container -> what its kubelet says of its image, which does not exist (pkg/kubelet/images).

    Images are taken to exist. Of those that cannot, since no host can have the name of their registry (RFC 2606), this
    is noted.
    """
    found = {}
    for container in (*spec.checked["initContainers"], *spec.checked["containers"]):
        image, within = container["image"].text(), container["name"].text()
        words = f'ImagePullBackOff: Back-off pulling image "{image}"'
        if not objects.has_image(image):
            found[within] = words
        elif image.partition("/")[0].partition(":")[0].endswith(".invalid"):
            reference, place = Reference("Image", "", image), container["image"]
            objects.note(_miss(reference, spec.manifest, place, Stage.IMAGE, words, within, _EXISTS).use)
    return found


def _misses(field: ReferenceField, spec: Field, objects: Objects) -> Iterator[_Miss]:
    for outer, place in _at(spec if field.is_all else spec.checked, field.path.split(".")):
        named = place[field.name] if field.name else place
        asked = [key for _, key in _at(place, field.keys.split("."))] if field.keys else []
        name, optional, keys = named.text(), place["optional"].flag(), [(key, key.text()) for key in asked]
        if not name or optional or spec.checked[field.settled_by].text():
            continue
        reference = Reference(field.kind, _namespace(spec, field.kind), name)
        if not objects.has(reference):
            missing = [(named, reference, field.words)]
        else:
            lacking = [(at, key) for at, key in keys if key and objects.lacks(reference, key)]
            missing = [(at, reference._replace(key=key), field.words_of_key) for at, key in lacking]
        within = outer["name"].text()
        for at, absent, template in missing:
            assumption = "the key is taken to be in it" if absent.key else field.assumption
            words = template.format(**absent._asdict(), within=within)
            yield _miss(absent, spec.manifest, at, field.stage, words, within, assumption)


def _miss(
    reference: Reference,
    maker: Manifest,
    at: Field,
    stage: Stage,
    words: str,
    within: str = "",
    assumption: str = _ASSUMPTION,
) -> _Miss:
    said = stage.said(words)
    use = Use(reference, maker, at.manifest.where(at.path), assumption, stage.becomes, said, stage.acts)
    return _Miss(stage, said, within, use)


def _namespace(spec: Field, kind: str) -> str:
    return "" if kind in NAMESPACE_FREE else spec.manifest.namespace


def _at(field: Field, steps: Sequence[str], outer: Field | None = None) -> Iterator[tuple[Field, Field]]:
    """Whatever is written at the end of a path, with the item of the first list on the way (if there is one)."""
    if not steps:
        yield outer.checked if outer is not None else field.checked, field
        return
    inner = field[steps[0].removesuffix("[]")]
    if not steps[0].endswith("[]"):
        if inner.present:
            yield from _at(inner, steps[1:], outer)
        return
    for item in inner:
        yield from _at(item, steps[1:], outer or item)


def _unbound(spec: Field, objects: Objects) -> Iterator[_Miss]:
    """Claims of a volume or a storage class that is not there: they stay unbound.

    Claims that name no class want the default class, or else a volume without a class.
    """
    for claim in _claims(spec, objects):
        if claim["spec"].present and (found := _missing_storage(claim, objects)) is not None:
            kind, name, at, assumption = found
            yield _miss(Reference(kind, "", name), spec.manifest, at, Stage.SCHEDULING, _UNBOUND, assumption=assumption)


def _missing_storage(claim: Field, objects: Objects) -> tuple[str, str, Field, str] | None:
    """What a claim needs and is not there: (kind, name, the field that asks for it, what is assumed)."""
    volume, wanted = claim["spec"]["volumeName"], class_of(claim)
    name = wanted.text()
    if volume.text():
        given = objects.get("PersistentVolume", "", volume.text()) is not None
        return None if given else ("PersistentVolume", volume.text(), volume, _ANOTHER_VOLUME)
    if not wanted.present:
        given = objects.has_default_class or objects.has_volumes("")
        return None if given else ("StorageClass", DEFAULT_CLASS, claim["spec"], _DISKS)
    if objects.has_volumes(name):
        return None
    is_class_given = objects.get("StorageClass", "", name) is not None
    if is_class_given and objects.strict:
        return None  # whether its volumes are wanted at once is for the scheduler to say
    if is_class_given or not name:
        return "PersistentVolume", f"(of class {name or NO_CLASS})", wanted, _HAND_MADE
    return "StorageClass", name, wanted, _DISKS


def _without_pull_secret(spec: Field, objects: Objects) -> Iterator[_Miss]:
    """A pod that names no secrets to pull images with gets those of its account, by admission."""
    checked, namespace = spec.checked, spec.manifest.namespace
    name = checked["serviceAccountName"].text() or checked["serviceAccount"].text() or "default"
    account = objects.get("ServiceAccount", namespace, name)
    if account is None or list(checked["imagePullSecrets"]):
        return
    for secret in _whole(account)["imagePullSecrets"]:
        reference = Reference("Secret", namespace, secret["name"].text())
        if reference.name and not objects.has(reference):
            words = _PULL_SECRET.format(name=reference.name)
            yield _miss(reference, spec.manifest, secret["name"], Stage.PULL, words, assumption=_PULLED)


def _claims(spec: Field, objects: Objects) -> Iterator[Field]:
    """The claims that the pod has, or gets from its StatefulSet, as far as they are given."""
    manifest = spec.manifest
    for volume in spec.checked["volumes"]:
        yield volume["ephemeral"]["volumeClaimTemplate"]
        name = volume["persistentVolumeClaim"]["claimName"].text()
        given = objects.get("PersistentVolumeClaim", manifest.namespace, name)
        if given is not None:
            yield _whole(given)
    yield from _claim_templates(manifest)


def _claim_templates(manifest: Manifest) -> Field:
    return _whole(manifest)["spec"]["volumeClaimTemplates"]


def _whole(manifest: Manifest) -> Field:
    """The object as a whole; reads of it do not count."""
    return Field(manifest.value, manifest, Findings())


def _check_mounts(spec: Field) -> str:
    """Containers mount volumes that the pod has (pkg/apis/core/validation); why its pods are refused if not.

    The API server refuses the objects themselves, but for StatefulSets: it does not validate their templates
    (pkg/apis/apps/validation, ValidatePodTemplateSpecForStatefulSet), and refuses their pods.
    """
    checked, refused = spec.checked, ""
    known = {volume["name"].text() for volume in checked["volumes"]}
    known |= {template["metadata"]["name"].text() for template in _claim_templates(spec.manifest)}
    for containers in ("initContainers", "containers"):
        for container in checked[containers]:
            for mount in (*container["volumeMounts"], *container["volumeDevices"]):
                name = mount["name"].text()
                if not name or name in known:
                    continue
                hint = did_you_mean(name, known)
                if spec.manifest.kind != "StatefulSet":
                    mount["name"].problem(f'not found: "{name}"{hint}')
                    continue
                mount["name"].warn(f'not found: "{name}": the API server refuses its pods{hint}')
                path = dotted(("spec", *mount["name"].path[len(spec.path) :]))
                refused = refused or f'Pod "{{}}" is invalid: {path}: Not found: "{name}"'
    return refused

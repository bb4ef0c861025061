"""The objects that others may refer to, and the references that lead to none of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from models.input.problems import Location, Problem, printable
from models.manifests.account import Named
from models.manifests.fields import Effect
from models.manifests.manifest import Manifest
from models.volume import NO_PROVISIONER

NOT_GIVEN = "not among the input"
NO_CLASS = "(none)"
DEFAULT_CLASS = "(default)"
"""The name that the default storage class gets where none is given."""
IS_DEFAULT_CLASS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
"""The annotations by which a storage class says that it is the default one."""
_EVERYWHERE = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}
"""(kind, name) of what the controller manager makes in every namespace."""
_BUILT_IN = {
    ("ConfigMap", "kube-system", "extension-apiserver-authentication"),
    ("PriorityClass", "", "system-cluster-critical"),
    ("PriorityClass", "", "system-node-critical"),
}
"""(kind, namespace, name) of what the API server makes."""
_TOKEN_KEYS = {"ca.crt", "namespace", "token"}
"""What the controller manager puts into a Secret of type kubernetes.io/service-account-token."""


class Reference(NamedTuple):
    """An object, or one key of it, that others refer to."""

    kind: str
    namespace: str
    """"" for kinds that are in no namespace."""
    name: str
    key: str = ""
    """The key that it lacks; "" if the object itself is not there."""

    def __str__(self) -> str:
        middle = f"{self.namespace}/" if self.namespace not in ("", "default") else ""
        return printable(f"{self.kind}/{middle}{self.name}" + (f"[{self.key}]" if self.key else ""))


class Use(NamedTuple):
    """A place where something is referred to that is not there."""

    reference: Reference
    maker: Manifest
    """Whose pods need it."""
    where: Location
    assumption: str
    """What is taken to hold."""
    becomes: str
    """What becomes of the pods if it does not."""
    words: str
    """What Kubernetes says then."""
    acts: bool
    """That can be simulated."""


class Objects:
    """The given objects, by name; and what was asked for in vain.

    With `strict`, what is not given is not there; without, it is taken to be there. Images are taken to exist, but for
    those that match one of `missing_images`, patterns as for files ("registry.example/*", "web:2").
    """

    def __init__(
        self, given: Iterable[Manifest] = (), *, strict: bool = False, missing_images: Sequence[str] = ()
    ) -> None:
        self._missing_images = missing_images
        self._given: dict[tuple[str, str, str], Manifest] = {}
        self._classes: set[str] = set()
        """Storage classes of the PersistentVolumes: claims find these without a StorageClass."""
        self.strict = strict
        self._uses: dict[Reference, list[Use]] = {}
        for manifest in given:
            self._given.setdefault((manifest.kind, manifest.namespace, manifest.name), manifest)
            if manifest.kind == "PersistentVolume":
                self._classes.add(str(_mapping(manifest.value, "spec").get("storageClassName", "")))

    def get(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """The object, if it is given."""
        return self._given.get((kind, namespace, name))

    def has(self, reference: Reference) -> bool:
        """Whether the object is there: given, or made by every control plane."""
        key = reference[:3]
        everywhere = reference.kind, reference.name
        return key in self._given or key in _BUILT_IN or everywhere in _EVERYWHERE

    def has_image(self, image: str) -> bool:
        """Whether the image can be pulled."""
        return not any(fnmatchcase(image, pattern) for pattern in self._missing_images)

    def has_volumes(self, name: str) -> bool:
        """Whether claims of this storage class find volumes, or have them made, as far as the objects tell.

        "" stands for no class: volumes that are made by hand, as those of classes without a provisioner are.
        """
        given = self._given.get(("StorageClass", "", name))
        return name in self._classes or (given is not None and given.value.get("provisioner") != NO_PROVISIONER)

    @property
    def has_default_class(self) -> bool:
        """Whether one of the storage classes is that of claims which name none."""
        classes = (manifest.value for manifest in self._given.values() if manifest.kind == "StorageClass")
        annotations = (_mapping(_mapping(value, "metadata"), "annotations") for value in classes)
        return any(each.get(name) == "true" for each in annotations for name in IS_DEFAULT_CLASS)

    def lacks(self, reference: Reference, key: str) -> bool:
        """Whether the ConfigMap or Secret, which is there, is without this key."""
        manifest = self._given.get(reference[:3])
        if manifest is None:
            return False
        known = {key for part in ("data", "binaryData", "stringData") for key in _mapping(manifest.value, part)}
        if manifest.value.get("type") == "kubernetes.io/service-account-token":
            known |= _TOKEN_KEYS
        return key not in known

    def note(self, use: Use) -> None:
        """Something refers to what is not there."""
        self._uses.setdefault(use.reference, []).append(use)

    def absent(self, makers: Collection[Manifest]) -> tuple[list[Named], list[Problem]]:
        """What is referred to and not there, as far as these objects ask: (named, what it does, as warnings).

        Named is what is taken to be there, once a reference; warnings are about what acts.
        """
        named, warnings = [], []
        asking = {id(manifest) for manifest in makers}
        for reference, noted in self._uses.items():
            uses = [use for use in noted if id(use.maker) in asking]
            acting = [use for use in uses if self.strict and use.acts]
            assumed = [use for use in uses if not (self.strict and use.acts)]
            if acting:
                message = f"{NOT_GIVEN}: {_who(acting)}: {_consequences(acting)}"
                warnings.append(Problem(acting[0].where, str(reference), message))
            if assumed:
                count = len({use.where for use in assumed})
                assumption = " and ".join(dict.fromkeys(use.assumption for use in assumed))
                sentence = f"{_who(assumed)}; {assumption}: without it {_consequences(assumed)}"
                named.append(Named(str(reference), Effect.TOO_GOOD, sentence, count, assumed[0].where, NOT_GIVEN))
        return named, warnings


def _who(uses: Sequence[Use]) -> str:
    return f"asked for by {_listed(use.maker.key for use in uses)}"


def _consequences(uses: Sequence[Use]) -> str:
    """What becomes of pods, each with the first words that are said then."""
    said: dict[str, str] = {}
    for use in uses:
        said.setdefault(use.becomes, use.words)
    return "; ".join(f"{becomes} ({words})" for becomes, words in said.items())


def _listed(words: Iterable[str], most: int = 3) -> str:
    """Each once; beyond `most` only how many there are."""
    unique = list(dict.fromkeys(words))
    more = f" and {len(unique) - most} more" if len(unique) > most else ""
    return ", ".join(unique[:most]) + more


def _mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}

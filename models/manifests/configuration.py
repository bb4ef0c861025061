"""ConfigMaps and Secrets, and how pods read them."""

from collections.abc import Iterator

from models.configuration import Configuration, ConfigurationReference, Via
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field

_ENV = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_ENV_KEY = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
_VOLUME = {"configMap": ("ConfigMap", "name"), "secret": ("Secret", "secretName")}
_SOURCE = {"configMap": ("ConfigMap", "name"), "secret": ("Secret", "name")}


@converts("ConfigMap", "Secret")
def configuration(field: Field, admission: Admission) -> Configuration:
    """A ConfigMap or Secret; its data is the application's own business.

    What happens to it is what the experiment declares: configChange, secretRotation, secretExpiry, accessRefused.
    """
    manifest = field.manifest
    return Configuration(manifest.kind, manifest.name, manifest.namespace, field["immutable"].flag())


def configuration_references(spec: Field) -> tuple[ConfigurationReference, ...]:
    """The ConfigMaps and Secrets that the containers of a pod's spec read, each once for a container and a way.

    Missing ones are another matter: models.manifests.references.
    """
    checked = spec.checked  # that they are read is noted where missing ones are looked for
    volumes = {volume["name"].text(): list(_of_volume(volume)) for volume in checked["volumes"]}
    found: list[ConfigurationReference] = []
    mounted: set[str] = set()
    for containers in ("initContainers", "containers"):
        for container in checked[containers]:
            name = container["name"].text()
            found += [ConfigurationReference(key, Via.ENV, name) for key in _of_env(container)]
            for mount in container["volumeMounts"]:
                volume = mount["name"].text()
                mounted.add(volume)
                part = mount["subPath"].text() or mount["subPathExpr"].text()
                via = Via.SUB_PATH if part else Via.VOLUME
                found += [ConfigurationReference(key, via, name, volume) for key in volumes.get(volume, ())]
    for volume, keys in volumes.items():
        if volume not in mounted:
            found += [ConfigurationReference(key, Via.VOLUME, "", volume) for key in keys]
    return tuple(dict.fromkeys(found))


def _of_env(container: Field) -> Iterator[str]:
    namespace = container.manifest.namespace
    for source in container["envFrom"]:
        for field, kind in _ENV.items():
            if name := source[field]["name"].text():
                yield f"{kind}/{namespace}/{name}"
    for variable in container["env"]:
        for field, kind in _ENV_KEY.items():
            if name := variable["valueFrom"][field]["name"].text():
                yield f"{kind}/{namespace}/{name}"


def _of_volume(volume: Field) -> Iterator[str]:
    namespace = volume.manifest.namespace
    for fields, sources in ((_VOLUME, [volume]), (_SOURCE, list(volume["projected"]["sources"]))):
        for source in sources:
            for field, (kind, named) in fields.items():
                if name := source[field][named].text():
                    yield f"{kind}/{namespace}/{name}"

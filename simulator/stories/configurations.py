"""ConfigMaps and Secrets as stories change them, and what becomes of the workloads that read them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from models.cluster import Cluster
from models.configuration import Certificate, Configuration, ConfigurationReference, Content, Fails, Via, full_key
from models.input.problems import did_you_mean
from models.pod import PodTemplate
from simulator.kubelet.access import Refusal
from simulator.kubelet.kubelet import Kubelet
from simulator.state.cluster import ClusterState
from simulator.state.objects import ConfigurationState, DaemonSetState, DeploymentState, StatefulSetState

Changeable = ConfigurationState
"""A ConfigMap or Secret that changes during a run."""


class Reload(StrEnum):
    """What the pods do about another content."""

    HOT = "hot"
    """Processes watch the files of their volume, and read them when they are written anew; what is in the environment
    or mounted by subPath they read at their next start."""
    RESTART = "restart"
    """The checksum of the content is an annotation of the pod templates, so every workload that reads it is rolled
    out."""
    NONE = "none"
    """Nothing: a container reads it when it starts the next time, for whatever reason."""


class Rollback(StrEnum):
    """Who brings the old content back once a bad one is detected."""

    AUTOMATIC = "automatic"
    """A program, at once."""
    MANUAL = "manual"
    """People, who take their time."""
    NONE = "none"
    """Nobody: it stays until the next change."""


@dataclass(frozen=True, slots=True)
class Validity:
    """How long certificates are good, and what becomes of them."""

    lifetime: float
    fails: Fails
    cause: str
    """By what name their end goes."""
    made: Callable[[], None]
    """Called when another is in place, new or again, whoever did it."""


class Configurations:
    """The ConfigMaps and Secrets that failure modes and operations are about; others are never looked at."""

    def __init__(self, state: ClusterState, kubelet: Kubelet, cluster: Cluster) -> None:
        self._state = state
        self._kubelet = kubelet
        self._cluster = cluster
        self._records: dict[str, ConfigurationState] = {}
        self._validities: dict[ConfigurationState, Validity] = {}

    def find(self, target: str) -> ConfigurationState:
        """The one that is meant by "Kind/name" or "Kind/namespace/name".

        Raises ValueError if no pod reads it.
        """
        key = full_key(target)
        record = self._records.get(key)
        if record is not None:
            return record
        known = [reference.key for reference in self._references()]
        if key not in known:
            raise ValueError(f"no pod reads {target}{did_you_mean(key, known)}")
        kind, namespace, name = key.split("/")
        given = {spec.key: spec for spec in self._cluster.of_kind(Configuration)}
        spec = given.get(key, Configuration(kind, name, namespace))
        workloads = self._state.workloads
        record = self._records[key] = ConfigurationState(len(workloads.names_of(ConfigurationState)), spec)
        workloads.add(record)
        return record

    def _references(self) -> Iterator[ConfigurationReference]:
        for maker in self._cluster.pod_makers():
            yield from maker.template.configuration

    def is_file(self, record: ConfigurationState) -> bool:
        """Whether all that read it do so from a whole volume, so that another content reaches them as they run."""
        return all(each.via is Via.VOLUME for each in self._references() if each.key == record.spec.key)

    def certify(self, record: ConfigurationState, validity: Validity, now: float) -> None:
        """There is a certificate in it, made now; each content that people make later comes with a new one."""
        self._validities[record] = validity
        self._set(record, replace(record.content, certificate=self._certificate(record, now)), 0)

    def renew(self, record: ConfigurationState, fails: Fails | None, reload: Reload, cause: str, now: float) -> None:
        """A new content, which does this to those that read it (None: it is good)."""
        content = Content(record.generation, fails, reload is Reload.HOT, cause, self._certificate(record, now))
        self._set(record, content, self._state.cause(cause))

    def _certificate(self, record: ConfigurationState, now: float) -> Certificate | None:
        validity = self._validities.get(record)
        return None if validity is None else Certificate(now + validity.lifetime, validity.fails, validity.cause)

    def restore(self, record: ConfigurationState, content: Content, reload: Reload, cause: str) -> None:
        """An old content comes back."""
        self._set(record, replace(content, hot=reload is Reload.HOT), self._state.cause(cause))

    def _set(self, record: ConfigurationState, content: Content, cause: int) -> None:
        self._state.workloads.update(record, replace(record.spec, content=content), cause)
        if record in self._validities:
            self._validities[record].made()

    def is_held(self, record: ConfigurationState, content: Content) -> bool:
        """Whether any container that runs has read this content."""
        return self._kubelet.contents.holds(record.spec.key, content.number)

    def readers(self, record: ConfigurationState) -> list[DeploymentState | StatefulSetState | DaemonSetState]:
        """The workloads whose pods read it."""
        workloads: list[DeploymentState | StatefulSetState | DaemonSetState] = []
        for kind in (DeploymentState, StatefulSetState, DaemonSetState):
            workloads += self._state.workloads.of(kind)
        return [each for each in workloads if _reads(each.spec.template, record.spec.key)]

    def refuse(self, record: ConfigurationState, accounts: tuple[str, ...], cause: str) -> Refusal:
        """From now on pods with these ServiceAccounts (with any, if there are none) cannot read it."""
        refusal = Refusal(record.spec.key, accounts, self._state.cause(cause))
        self._kubelet.access.refuse(refusal)
        return refusal

    def allow(self, refusal: Refusal) -> None:
        """They can again."""
        self._kubelet.access.allow(refusal)


def _reads(template: PodTemplate, key: str) -> bool:
    return any(reference.key == key for reference in template.configuration)


def with_checksum(template: PodTemplate, record: ConfigurationState) -> PodTemplate:
    """The template with the checksum of the content in an annotation, or as it was in the beginning, without."""
    annotation = f"checksum/{record.spec.kind}-{record.spec.name}"
    annotations: Mapping[str, str] = {k: v for k, v in template.annotations.items() if k != annotation}
    if record.content.number:
        annotations = {**annotations, annotation: str(record.content.number)}
    return replace(template, annotations=annotations)

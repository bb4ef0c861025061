"""ConfigMaps and Secrets: what is right or wrong with their content, and how pods read them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Fails(StrEnum):
    """What a content that is no good does to the processes that read it."""

    START = "start"
    """They exit when they start; those that run and are to read it anew reject it, and go on with what they had."""
    REQUESTS = "requests"
    """They start, and fail every request; their probes do not see that."""
    READINESS = "readiness"
    """They start, fail every request and say so: their readiness probe takes them out of the Service, if they have one.
    A rollout stops at them."""
    BOTH = "both"
    """They exit when they start; those that run and read it anew fail every request."""


class Via(StrEnum):
    """How a container gets at the content, which decides when it sees another one."""

    ENV = "env"
    """`env` or `envFrom`: read when the container starts."""
    SUB_PATH = "subPath"
    """A volume that is mounted by subPath: the file stays as it was when the container started."""
    VOLUME = "volume"
    """A whole volume: its files are written anew at the pod's next sync."""


class Origin(StrEnum):
    """Where what is wrong with a container comes from."""

    CONTENT = "content"
    """A ConfigMap or Secret that it reads is no good."""
    CERTIFICATE = "certificate"
    """A certificate in one has run out."""
    RELEASE = "release"
    """It is of a release that is no good."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Something in a content that runs out."""

    expires: float
    """When, in seconds since failures began."""
    fails: Fails
    """What it does from then on to those that hold it."""
    cause: str
    """By what name that goes: "failure mode/object"."""


class Fault(NamedTuple):
    """What is wrong with a container, for what it has read or for what it is."""

    fails: Fails
    origin: Origin
    cause: str
    """By what it is: "operation/object"."""


@dataclass(frozen=True, slots=True)
class Content:
    """One content of a ConfigMap or Secret. Nothing is known of the data but what it does to those that read it."""

    number: int = 0
    """Those of one object are numbered as they are made, from 0; an old one that comes back keeps its number."""
    fails: Fails | None = None
    """None: it is good."""
    hot: bool = False
    """Processes that run read it as soon as it is in their volume."""
    cause: str = ""
    """Who made it: "operation/object"; "" for what was there from the beginning."""
    certificate: Certificate | None = None

    def fault(self, now: float) -> Fault | None:
        """What is wrong with it at this time; None while it is good."""
        if self.fails is not None:
            return Fault(self.fails, Origin.CONTENT, self.cause)
        certificate = self.certificate
        if certificate is not None and now >= certificate.expires:
            return Fault(certificate.fails, Origin.CERTIFICATE, certificate.cause)
        return None


@dataclass(frozen=True, slots=True)
class Configuration:
    """A ConfigMap or a Secret."""

    kind: str
    name: str
    namespace: str = "default"
    immutable: bool = False
    """The API server lets nobody change the content."""
    content: Content = Content()

    @property
    def key(self) -> str:
        """Kind, namespace and name: "Secret/default/db"."""
        return f"{self.kind}/{self.namespace}/{self.name}"

    @property
    def refusal(self) -> str:
        """What the API server says to who changes the content of an immutable one."""
        return f'{self.kind} "{self.name}" is invalid: data: Forbidden: field is immutable when `immutable` is set'


@dataclass(frozen=True, slots=True)
class ConfigurationReference:
    """A pod reads a ConfigMap or Secret."""

    key: str
    """Of the `Configuration`: "Secret/default/db"."""
    via: Via
    container: str
    """Name of the container that reads it; "" for a volume that none mounts, which has to be there all the same."""
    volume: str = ""
    """Name of the volume."""


def full_key(name: str) -> str:
    """The key that is meant by "Kind/name" (in the namespace default) or "Kind/namespace/name"."""
    kind, _, rest = name.partition("/")
    return f"{kind}/{rest}" if "/" in rest else f"{kind}/default/{rest}"

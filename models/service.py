"""Services: which pods answer under one name, and which of them a client is sent to."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Protocol

NamedPort = tuple[str, str]
"""Name and protocol of a container's port: what Services that ask for a port by name go by."""


@dataclass(frozen=True, slots=True)
class Service:
    """Selects pods of its namespace by labels; `selector` None: no endpoints are made for it."""

    name: str
    namespace: str = "default"
    selector: Mapping[str, str] | None = field(default_factory=dict)
    headless: bool = False
    """Clients look up its ready endpoints by name: no proxy stands between, whose policies would act."""
    publish_not_ready_addresses: bool = False
    session_affinity_seconds: float | None = None
    """sessionAffinity ClientIP's time-out, or None."""
    internal_traffic_policy: str = "Cluster"
    """Local: clients on a node are sent to endpoints on that node only."""
    traffic_distribution: str = ""
    """PreferClose, PreferSameZone, PreferSameNode; "" for none."""
    topology_hints: bool = False
    """The annotation service.kubernetes.io/topology-mode is Auto."""
    named_ports: Set[NamedPort] = frozenset()
    """A pod is an endpoint only if a container has one of these; empty: any pod can be (a port is a number)."""

    def selects(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether its selector means pods with these labels (an empty selector means none)."""
        return (
            bool(self.selector)
            and namespace == self.namespace
            and all(labels.get(k) == v for k, v in (self.selector or {}).items())
        )

    def reaches(self, ports: Set[NamedPort]) -> bool:
        """Whether one of its ports leads somewhere in pods whose containers name these (pkg/api/v1/pod, FindPort)."""
        return not self.named_ports or not self.named_ports.isdisjoint(ports)


class _Named(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def namespace(self) -> str: ...


def service_names(services: Sequence[_Named]) -> list[str]:
    """What runs, traffic and experiments call these, which are all Services of a cluster, or their manifests.

    The name; with the namespace, "namespace/name", if there are several namespaces.
    """
    several = len({service.namespace for service in services}) > 1
    return [f"{service.namespace}/{service.name}" if several else service.name for service in services]

"""Services."""

from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.selector import check_labels
from models.service import NamedPort, Service

_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_HINTS = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode")
"""Annotations that ask for topology hints: the first that is written counts (k8s.io/endpointslice, hintsEnabled)."""


@converts("Service")
def service(field: Field, admission: Admission) -> Service:
    """A Service; one of type ExternalName has no endpoints, whatever it selects."""
    spec = field["spec"]
    kind = spec["type"].choice("ClusterIP", _TYPES)
    headless = spec.checked["clusterIP"].text() == "None"
    selector = check_labels(spec["selector"]) if spec["selector"].present and kind != "ExternalName" else None
    if not headless and kind != "ExternalName":
        spec.checked["ports"].required()
    named = target_ports(spec)
    affinity = spec["sessionAffinity"].choice("None", ("None", "ClientIP"))
    config = spec["sessionAffinityConfig"]
    timeout = config["clientIP"]["timeoutSeconds"].integer(10_800, at_least=1, at_most=86_400)
    if not selector:
        reason = "type ExternalName" if kind == "ExternalName" else "no selector"
        spec["selector"].warn(f"{reason}: no endpoints are made for it")
    return Service(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        selector=selector,
        headless=headless,
        publish_not_ready_addresses=spec["publishNotReadyAddresses"].flag(),
        session_affinity_seconds=float(timeout) if affinity == "ClientIP" else None,
        internal_traffic_policy=spec["internalTrafficPolicy"].choice("Cluster", ("Cluster", "Local")),
        traffic_distribution=spec["trafficDistribution"].choice(
            "", ("PreferClose", "PreferSameZone", "PreferSameNode")
        ),
        topology_hints=_topology_hints(field["metadata"]["annotations"]),
        named_ports=frozenset() if headless or not all(named) else frozenset(port for port in named if port),
    )


def target_ports(spec: Field) -> list[NamedPort | None]:
    """Where each port leads in a pod: to one that its containers name, or (None) to a number."""
    found: list[NamedPort | None] = []
    for port in spec["ports"]:
        port.checked["port"].integer(0, at_least=1, at_most=65535)
        protocol = port["protocol"].choice("TCP", _PROTOCOLS)
        target = port.checked["targetPort"]
        if name := target.text():  # whether it is read is known when all pods are
            found.append((name, protocol))
        else:
            port["targetPort"].integer(0)
            found.append(None)
    return found


def _topology_hints(annotations: Field) -> bool:
    written = [annotations[key].text() for key in _HINTS if annotations[key].present]
    return bool(written) and written[0] in ("Auto", "auto")

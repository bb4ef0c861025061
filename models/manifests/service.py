"""Services."""

from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.selector import check_labels
from models.service import Service

_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")


@converts("Service")
def service(field: Field, admission: Admission) -> Service:
    """A Service; one of type ExternalName has no endpoints, whatever it selects."""
    spec = field["spec"]
    kind = spec["type"].choice("ClusterIP", _TYPES)
    headless = spec.checked["clusterIP"].text() == "None"
    selector = check_labels(spec["selector"]) if spec["selector"].present and kind != "ExternalName" else None
    if not headless and kind != "ExternalName":
        spec.checked["ports"].required()
    for port in spec["ports"]:
        port.checked["port"].integer(0, at_least=1, at_most=65535)
        port.checked["protocol"].choice("TCP", ("TCP", "UDP", "SCTP"))
        if not port.checked["targetPort"].text():  # a name is asked for in the pods, once all objects are read
            port["targetPort"].integer(0)
    affinity = spec.checked["sessionAffinity"].choice("None", ("None", "ClientIP"))
    config = spec.checked["sessionAffinityConfig"]
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
    )

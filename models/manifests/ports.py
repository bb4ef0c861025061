"""Ports that Services ask for by name: looked up in the pods that they select, pod by pod.

Source: k8s.io/endpointslice (getEndpointPorts), pkg/api/v1/pod (FindPort): a pod is an endpoint for those ports of a
Service that it has. A pod that has none of them is no endpoint that a client could be sent to. Here a pod is an
endpoint of the whole Service or not at all, so a pod that has some of the ports and not others is named.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.manifests.manifest import Field, Findings, Manifest
from models.manifests.service import target_ports
from models.service import NamedPort, Service


@dataclass(frozen=True, slots=True)
class MadePod:
    """A pod that some object is, or makes."""

    maker: str
    """The object, for people."""
    namespace: str
    labels: Mapping[str, str]
    ports: frozenset[NamedPort]


def look_up_ports(services: Iterable[tuple[Manifest, Service]], pods: Sequence[MadePod], findings: Findings) -> None:
    """Has the ports with names act where a pod has all of the Service's or none; warns of pods without them."""
    for manifest, service in services:
        spec = Field.whole(manifest, findings)["spec"]
        targets = target_ports(Field(manifest.value, manifest, Findings())["spec"])
        if not any(targets):
            continue
        meant = [pod for pod in pods if service.selects(pod.namespace, pod.labels)]
        for port, target in zip(spec["ports"], targets, strict=True):
            if target is None:
                continue
            lacking = [pod for pod in meant if target not in pod.ports and not service.headless]
            acts = not any(service.reaches(pod.ports) for pod in lacking)
            if acts:
                port["targetPort"].text()
            if lacking:
                without = "it has no endpoints" if acts else "this port has no endpoints"
                makers = [] if len(lacking) == len(meant) else list(dict.fromkeys(pod.maker for pod in lacking))
                _warn(port.checked["targetPort"], target, makers, without)


def _warn(field: Field, target: NamedPort, makers: Sequence[str], without: str) -> None:
    """No container has the port, in all pods that the Service selects, or in those of some makers."""
    named = f"{target[0]} ({target[1]})"
    if makers:
        listed = ", ".join(makers)
        field.warn(f"no container of the pods of {listed} has a port named {named}: they are no endpoints for it")
    else:
        field.warn(f"no container of the pods that it selects has a port named {named}: {without}")

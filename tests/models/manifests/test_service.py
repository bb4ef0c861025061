"""What Services say of their traffic, and where their ports lead."""

import pytest
import yaml

from models.cluster import Cluster
from models.input.documents import parse_documents
from models.manifests import ClusterInput, Manifest, build_cluster
from models.service import Service


def web(ports: str = "", init: str = "[]", name: str = "web") -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        "spec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
        f"    spec: {{containers: [{{name: c, image: i:1, ports: [{ports}]}}], initContainers: {init}}}\n"
    )


def service(spec: str = "", ports: str = "{port: 80}", annotations: str = "{}") -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: web, annotations: {annotations}}}\n"
        f"spec: {{selector: {{app: web}}, ports: [{ports}], {spec}}}\n"
    )


def build(*texts: str) -> ClusterInput:
    documents = parse_documents("---\n".join(texts), "f.yaml")
    return build_cluster([Manifest(document.value, document) for document in documents])


def made(spec: str = "", annotations: str = "{}") -> Service:
    [only] = build(web(), service(spec, annotations=annotations)).cluster.services
    return only


def warnings(*texts: str) -> list[str]:
    return [warning.message for warning in build(*texts).warnings]


def reached(cluster: Cluster) -> list[bool]:
    [asking] = cluster.services
    return [asking.reaches(deployment.template.spec.named_ports) for deployment in cluster.deployments]


def test_policies_are_read() -> None:
    plain = made()
    assert (plain.internal_traffic_policy, plain.traffic_distribution, plain.topology_hints) == ("Cluster", "", False)
    assert made("internalTrafficPolicy: Local").internal_traffic_policy == "Local"
    assert made("trafficDistribution: PreferSameNode").traffic_distribution == "PreferSameNode"
    sticky = made("sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}")
    assert (sticky.session_affinity_seconds, plain.session_affinity_seconds) == (60.0, None)
    assert made("sessionAffinity: ClientIP").session_affinity_seconds == 10_800.0


@pytest.mark.parametrize(
    ("annotations", "asked"),
    [
        ({"topology-mode": "Auto"}, True),
        ({"topology-mode": "auto"}, True),
        ({"topology-mode": "Disabled"}, False),
        ({"topology-aware-hints": "auto"}, True),
        ({"topology-aware-hints": "disabled", "topology-mode": "Auto"}, False),
    ],
)
def test_hints_are_asked_for_by_the_older_annotation_first(annotations: dict[str, str], asked: bool) -> None:
    written = {f"service.kubernetes.io/{key}": value for key, value in annotations.items()}
    assert made(annotations=yaml.safe_dump(written, default_flow_style=True).strip()).topology_hints is asked


def test_a_port_is_found_by_name_and_protocol() -> None:
    """pkg/api/v1/pod, FindPort."""
    by_name = service("", "{port: 80, targetPort: http}")
    assert reached(build(web("{name: http, containerPort: 80}"), by_name).cluster) == [True]
    assert reached(build(web("{name: http, containerPort: 80, protocol: UDP}"), by_name).cluster) == [False]
    assert reached(build(web("{containerPort: 80}"), by_name).cluster) == [False]
    assert reached(build(web(), service("", "{port: 80, targetPort: 8080}")).cluster) == [True]


def test_a_port_may_be_that_of_a_sidecar_but_not_of_an_init_container_that_ends() -> None:
    by_name = service("", "{port: 80, targetPort: http}")
    init = "[{{name: i, image: i:1, {more} ports: [{{name: http, containerPort: 80}}]}}]"
    assert reached(build(web(init=init.format(more="restartPolicy: Always,")), by_name).cluster) == [True]
    assert reached(build(web(init=init.format(more="")), by_name).cluster) == [False]


def test_a_pod_is_an_endpoint_if_one_port_leads_somewhere() -> None:
    has = web("{name: http, containerPort: 80}")
    assert reached(build(has, service("", "{port: 80, targetPort: nope}, {port: 81, targetPort: http}")).cluster) == [
        True
    ]
    assert reached(build(has, service("", "{port: 80, targetPort: nope}, {port: 81}")).cluster) == [True]
    assert reached(build(has, service("", "{port: 80, targetPort: a}, {port: 81, targetPort: b}")).cluster) == [False]


def test_names_of_a_headless_service_lead_to_pods_whatever_their_ports() -> None:
    headless = service("clusterIP: None", "{port: 80, targetPort: nope}")
    assert reached(build(web(), headless).cluster) == [True]
    assert warnings(web(), headless) == []


def test_ports_that_lead_nowhere_are_warned_of() -> None:
    by_name = service("", "{port: 80, targetPort: http}")
    has = web("{name: http, containerPort: 80}")
    assert warnings(has, by_name) == []
    assert warnings(web(), by_name) == [
        "no container of the pods that it selects has a port named http (TCP): it has no endpoints"
    ]
    assert warnings(has, web(name="old"), by_name) == [
        "no container of the pods of Deployment/old has a port named http (TCP): they are no endpoints for it"
    ]
    either = service("", "{port: 80, targetPort: http}, {port: 81}")
    assert warnings(web(), either) == [
        "no container of the pods that it selects has a port named http (TCP): this port has no endpoints"
    ]

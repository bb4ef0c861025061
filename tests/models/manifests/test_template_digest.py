"""Which changes of a pod template are changes to the API server."""

import copy
from typing import Any

import pytest

from models.input.documents import Document
from models.input.patches import set_path
from models.manifests import Manifest, build_cluster
from models.manifests.template_digest import template_digest

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "containers": [
            {
                "name": "main",
                "image": "example.org/app:1",
                "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
                "livenessProbe": {"httpGet": {"port": 80}},
                "ports": [{"containerPort": 80}],
            }
        ],
        "volumes": [{"name": "v", "configMap": {"name": "c"}}],
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    template = copy.deepcopy(TEMPLATE)
    set_path(template, path, value)
    return template


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.containers[main].env", [{"name": "A", "value": "B"}]),
        ("spec.containers[main].env", [{"name": "A", "value": ""}]),
        ("spec.containers[main].envFrom", [{"configMapRef": {"name": "c"}}]),
        ("spec.containers[main].command", ["/app"]),
        ("spec.containers[main].args", ["--verbose"]),
        ("spec.containers[main].image", "example.org/app:2"),
        ("spec.containers[main].imagePullPolicy", "Always"),
        ("spec.containers[main].livenessProbe.httpGet.path", "/healthz"),
        ("spec.serviceAccountName", "robot"),
        ("spec.automountServiceAccountToken", False),
        ("spec.volumes[v].configMap.name", "d"),
        ("spec.affinity", {}),
        ("metadata.annotations", {"restartedAt": ""}),
    ],
)
def test_what_is_written_counts_modelled_or_not(path: str, value: Any) -> None:
    assert template_digest(changed(path, value)) != template_digest(TEMPLATE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.restartPolicy", "Always"),
        ("spec.terminationGracePeriodSeconds", 30),
        ("spec.schedulerName", "default-scheduler"),
        ("spec.securityContext", {}),
        ("spec.tolerations", []),
        ("spec.hostNetwork", False),
        ("spec.containers[main].imagePullPolicy", "IfNotPresent"),
        ("spec.containers[main].terminationMessagePath", "/dev/termination-log"),
        ("spec.containers[main].resources.limits.cpu", "1000m"),
        ("spec.containers[main].resources.requests", {"cpu": 1, "memory": "1024Mi"}),
        ("spec.containers[main].resources", {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": None}),
        ("spec.containers[main].livenessProbe.periodSeconds", 10),
        ("spec.containers[main].livenessProbe.httpGet.scheme", "HTTP"),
        ("spec.containers[main].ports[80].protocol", "TCP"),
        ("spec.volumes[v].configMap.defaultMode", 420),
        ("metadata.annotations", {}),
    ],
)
def test_a_default_that_is_written_out_changes_nothing(path: str, value: Any) -> None:
    assert template_digest(changed(path, value)) == template_digest(TEMPLATE)


def test_the_old_name_of_the_service_account_is_the_same() -> None:
    assert template_digest(changed("spec.serviceAccount", "a")) == template_digest(
        changed("spec.serviceAccountName", "a")
    )


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_templates_of_workloads_differ_by_what_is_not_modelled(kind: str) -> None:
    def template(value: dict[str, Any]) -> Any:
        spec = {"selector": {"matchLabels": {"app": "web"}}, "template": value, "serviceName": "web"}
        if kind != "StatefulSet":
            del spec["serviceName"]
        written = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web"}, "spec": spec}
        cluster = build_cluster([Manifest(written, Document("web.yaml", written))]).cluster
        [made] = [*cluster.deployments, *cluster.stateful_sets, *cluster.daemon_sets]
        return made.template

    assert template(changed("spec.containers[main].args", ["-v"])) != template(TEMPLATE)
    assert template(changed("spec.schedulerName", "default-scheduler")) == template(TEMPLATE)

"""StatefulSets as objects write them."""

from typing import Any

import pytest
import yaml

from models.input.documents import Document
from models.input.problems import InputError
from models.manifests import ClusterInput, Manifest, build_cluster
from models.statefulset import PodManagementPolicy, StatefulSet

OBJECT = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: db, labels: {{team: data}}}}
spec:
  selector: {{matchLabels: {{app: db}}}}
  template:
    metadata: {{labels: {{app: db}}}}
    spec: {{containers: [{{name: server, image: "db:1"}}]}}
{spec}
"""


def build(spec: str = "", *others: dict[str, Any]) -> ClusterInput:
    values = [yaml.safe_load(OBJECT.format(spec="".join(f"  {line}\n" for line in spec.splitlines()))), *others]
    return build_cluster([Manifest(value, Document("f.yaml", value)) for value in values])


def stateful_set(spec: str = "") -> StatefulSet:
    [made] = build(spec).cluster.stateful_sets
    return made


def test_defaults_are_filled() -> None:
    made = stateful_set()
    assert (made.name, made.namespace, made.labels, made.replicas) == ("db", "default", {"team": "data"}, 1)
    assert made.pod_management_policy is PodManagementPolicy.ORDERED_READY
    assert (made.on_delete, made.partition, made.start, made.min_ready_seconds) == (False, 0, 0, 0.0)
    assert (made.service_name, made.revision_history_limit) == ("", 10)
    assert [toleration.seconds for toleration in made.template.spec.tolerations] == [300.0, 300.0]
    assert build().not_modelled == {}


def test_everything_is_read() -> None:
    made = stateful_set(
        "serviceName: peers\nreplicas: 3\npodManagementPolicy: Parallel\nminReadySeconds: 7\nrevisionHistoryLimit: 2\n"
        "ordinals: {start: 4}\nupdateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}"
    )
    assert (made.service_name, made.replicas, made.min_ready_seconds, made.start) == ("peers", 3, 7.0, 4)
    assert made.pod_management_policy is PodManagementPolicy.PARALLEL
    assert (made.partition, made.revision_history_limit) == (2, 2)
    assert stateful_set("updateStrategy: {type: OnDelete}").on_delete


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "podManagementPolicy: Paralel",
            'spec.podManagementPolicy: unsupported value: "Paralel": supported values: "OrderedReady", "Parallel"'
            "; did you mean 'Parallel'?",
        ),
        (
            "updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}",
            "spec.updateStrategy.rollingUpdate: only allowed for updateStrategy 'RollingUpdate'",
        ),
        (
            "updateStrategy: {rollingUpdate: {partition: -1}}",
            "spec.updateStrategy.rollingUpdate.partition: must be greater than or equal to 0 (got -1)",
        ),
        ("ordinals: {start: -1}", "spec.ordinals.start: must be greater than or equal to 0 (got -1)"),
        ("replicas: -1", "spec.replicas: must be greater than or equal to 0 (got -1)"),
    ],
)
def test_what_the_api_server_refuses_is_refused(spec: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        build(spec)
    assert [f"{p.path.partition(' ')[2]}: {p.message}" for p in caught.value.problems] == [message]


def test_max_unavailable_is_ignored_with_a_warning() -> None:
    [warning] = build("updateStrategy: {rollingUpdate: {maxUnavailable: 2}}").warnings
    assert "MaxUnavailableStatefulSet is off" in warning.message


def service(name: str, selector: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": selector, "ports": [{"port": 80}]},
    }


def test_a_service_of_a_single_pod_selects_something() -> None:
    label = "statefulset.kubernetes.io/pod-name"
    built = build("replicas: 2", service("second", {label: "db-1"}), service("third", {label: "db-2"}))
    assert [warning.path.split()[0] for warning in built.warnings] == ["Service/third"]

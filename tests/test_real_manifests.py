"""Every real manifest set loads, or is refused for the right reason at the right place."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments.preflight import fields
from experiments.preflight.validation import validate
from models.deployment import Percent
from models.input.documents import load_documents
from models.input.problems import InputError
from models.manifests import build_cluster, read_manifests
from models.manifests.manifest import without_nulls
from models.manifests.schema import schema_errors, schemas

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
MANIFESTS = DATA / "manifests"
needs_data = pytest.mark.skipif(not MANIFESTS.is_dir(), reason="no data beside the repository")

LOADED = {  # set: (Deployments, Services, PodDisruptionBudgets, Pods, Nodes, what has no model)
    "argo-rollouts": (3, 2, 0, 0, 0, {}),
    "bank-of-anthos": (7, 8, 0, 0, 0, {"ServiceAccount": 1}),
    "bookinfo": (6, 4, 0, 0, 0, {"ServiceAccount": 4}),
    "cassandra": (0, 0, 0, 0, 0, {}),
    "chaos-mesh-experiments": (0, 0, 0, 0, 0, {"PodChaos": 2, "Schedule": 3, "Workflow": 4}),
    "dsb-social-network": (31, 31, 0, 0, 0, {}),
    "guestbook": (3, 3, 0, 0, 0, {}),
    "istio-helloworld": (2, 1, 0, 0, 0, {}),
    "istio-hpa-pdb": (0, 0, 1, 0, 0, {}),
    "kourier": (2, 3, 1, 0, 0, {"ClusterRole": 1, "ClusterRoleBinding": 1, "ServiceAccount": 1}),
    "kube-prometheus": (5, 8, 3, 0, 0, {}),
    "kubernetes-examples-stateful": (
        *(7, 10, 0, 1, 0),
        {
            "APIService": 1,
            "ClusterRole": 1,
            "ClusterRoleBinding": 2,
            "Ingress": 1,
            "PrometheusRule": 1,
            "RoleBinding": 1,
            "ServiceAccount": 1,
            "ServiceMonitor": 3,
        },
    ),
    "kwok-examples": (1, 0, 0, 0, 1, {}),
    "linkerd-demos": (8, 6, 0, 0, 0, {"ServiceAccount": 7}),
    "online-boutique": (12, 12, 0, 0, 0, {"ServiceAccount": 11}),
    "open-simulator/application/complicate": (3, 0, 0, 1, 1, {}),
    "open-simulator/application/gpushare": (0, 0, 0, 3, 0, {}),
    "open-simulator/application/more_pods": (3, 0, 0, 0, 0, {}),
    "open-simulator/application/open_local": (0, 0, 0, 0, 0, {}),
    "open-simulator/cluster": (1, 0, 0, 12, 4, {}),
    "podinfo": (3, 3, 0, 0, 0, {"Kustomization": 1, "Role": 1, "RoleBinding": 1, "ServiceAccount": 2}),
    "sock-shop": (14, 14, 0, 0, 0, {}),
}

VOLUMES = {  # set: (StorageClasses, PersistentVolumes, PersistentVolumeClaims), those that are assumed included
    "bank-of-anthos": (0, 0, 0),
    "cassandra": (1, 0, 0),
    "kubernetes-examples-stateful": (4, 2, 5),
    "open-simulator/cluster": (3, 0, 0),
    "open-simulator/application/open_local": (2, 0, 0),
}

AUTOSCALERS = {
    "bank-of-anthos": 3,
    "istio-hpa-pdb": 1,
    "kourier": 1,
    "kubernetes-examples-stateful": 2,
    "podinfo": 3,
    "sock-shop": 8,
}

REFUSED = {
    "autoscaler": "cluster-autoscale-pdb.yaml:1:13: PodDisruptionBudget/cluster-autoscaler-pdb apiVersion: "
    "policy/v1beta1 PodDisruptionBudget was removed in Kubernetes 1.25; use policy/v1",
    "istio-gateway": "customizations.yaml:245:10: Service/namespace-istio metadata.ownerReferences[0].uid: "
    "required value is missing",
    "open-simulator/application/simple": "rs-calico.yaml:10:1: ReplicaSet/kube-system/calico-kube-controllers "
    "spec.selector: required value is missing",
}


@needs_data
def test_the_tables_name_every_set() -> None:
    sets = {entry.name for entry in MANIFESTS.iterdir() if entry.is_dir()}
    assert {name.partition("/")[0] for name in LOADED.keys() | REFUSED.keys()} == sets


@needs_data
@pytest.mark.parametrize("name", sorted(LOADED))
def test_a_real_set_loads(name: str) -> None:
    built = build_cluster(read_manifests([MANIFESTS / name]).objects)
    made = built.cluster
    counts = [len(made.deployments), len(made.services), len(made.budgets), len(made.pods), len(made.nodes)]
    assert (*counts, dict(built.not_modelled)) == LOADED[name]
    assert len(made.autoscalers) == AUTOSCALERS.get(name, 0)
    assert (len(made.storage_classes), len(made.volumes), len(made.claims)) == VOLUMES.get(name, (0, 0, 0))


@needs_data
@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_broken_set_is_refused_at_the_right_place(name: str) -> None:
    with pytest.raises(InputError) as caught:
        read_manifests([MANIFESTS / name])
    assert str(caught.value) == f"{MANIFESTS / name}/{REFUSED[name]}"


@needs_data
def test_the_page_of_fields_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(MANIFESTS)
    accounts = {name: validate([name]).accounts for name in sorted(LOADED)}
    page = (ROOT / "docs" / "coverage-of-fields.md").read_text()
    assert fields.page(accounts) + "\n" == page
    assert "not in the reviewed list" not in page


@needs_data
def test_online_boutique_is_read_as_it_ships() -> None:
    manifests = read_manifests([MANIFESTS / "online-boutique"])
    built = build_cluster(manifests.objects)
    deployments = {d.name: d for d in built.cluster.deployments}
    assert len(manifests.objects) == 35
    assert manifests.warnings == built.warnings == ()
    assert all(d.replicas == 1 and d.max_surge == Percent(25) for d in deployments.values())
    assert all(d.template.spec.requests.cpu and d.template.spec.requests.memory for d in deployments.values())
    assert sum(d.template.spec.requests.cpu for d in deployments.values()) == 1570
    assert sum(bool(d.template.spec.containers[0].readiness) for d in deployments.values()) == 11
    for service in built.cluster.services:
        assert any(service.selects(d.namespace, d.template.labels) for d in deployments.values()), service.name
    assert built.not_modelled == {"ServiceAccount": 11}


@needs_data
def test_a_file_of_1213_nodes_loads() -> None:
    path = DATA / "traces" / "openb" / "openb_node_list_gpu_node.yaml"
    nodes = build_cluster(read_manifests([path]).objects).cluster.nodes
    assert len(nodes) == 1213
    assert (nodes[0].name, nodes[0].allocatable.cpu, nodes[0].pods) == ("openb-node-0000", 64_000, 1001)


def _plain_values() -> list[Any]:
    files = sorted(path for path in MANIFESTS.rglob("*") if path.suffix in (".yaml", ".yml"))
    return [without_nulls(document.value) for file in files for document in load_documents(file)]


@needs_data
def test_our_validator_agrees_with_kubernetes_validate() -> None:
    oracle = pytest.importorskip("kubernetes_validate")
    compared = 0
    for value in _plain_values():
        root = f"{value.get('apiVersion')}/{value.get('kind')}"
        if root not in schemas()["roots"] or root.startswith("argoproj.io/"):
            continue
        compared += 1
        try:
            oracle.validate(value, schemas()["version"], strict=True)
            valid = True
        except oracle.ValidationError:
            valid = False
        assert valid == (not list(schema_errors(value["apiVersion"], value["kind"], value))), value["metadata"]
    assert compared > 270


def test_the_stored_schemas_are_what_the_generator_writes() -> None:
    pytest.importorskip("kubernetes_validate")
    path = ROOT / "models" / "schemas" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    version, definitions = generate.source(schemas()["version"])
    assert generate.subset(definitions, version) == json.loads(generate.OUTPUT.read_text("utf-8"))


def test_reading_imports_the_validator_only_when_it_validates() -> None:
    code = (
        "import sys, models.manifests; assert not {'jsonschema_rs', 'pandas', 'scipy', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)

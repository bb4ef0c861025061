"""`kubenines import cluster`: the experiment is the one that a person would write of the same manifests."""

import contextlib
import json
import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from experiments.cli import main
from experiments.experiment import Experiment
from experiments.live.importing import import_cluster
from models.cluster import Cluster
from models.input.problems import InputError
from models.manifests import read_manifests
from models.pod import PodTemplate
from tests.experiments.live.live_api import applied, as_list, node
from tests.sources import ROOT
from tests.wrong_types import OTHERS, changed, places

DATA = ROOT.parent / "shared" / "data" / "manifests"
SETS = [
    *("argo-rollouts", "bank-of-anthos", "bookinfo", "cassandra", "dsb-social-network", "guestbook"),
    *("istio-helloworld", "istio-hpa-pdb", "kourier", "kube-prometheus", "linkerd-demos", "online-boutique"),
    *("open-simulator/application/more_pods", "podinfo", "sock-shop"),
]
NODES = [node(f"general-{i + 1}", "abc"[i % 3], labels={"pool": "general"}) for i in range(6)]
POOL = {"name": "general", "count": 6, "zones": ["a", "b", "c"], "allocatable": {"cpu": "4", "memory": "16Gi"}}


def imported(folder: Path, objects: Iterable[Any], *options: str) -> tuple[Experiment, str]:
    (folder / "dump").mkdir(exist_ok=True)
    (folder / "dump" / "objects.json").write_text(json.dumps(as_list(objects)))
    assert main(["import", "cluster", str(folder / "dump"), "-o", str(folder / "live.yaml"), *options]) == 0
    return Experiment.from_yaml(folder / "live.yaml"), (folder / "live.yaml").read_text()


def by_a_person(folder: Path, *manifests: str) -> Experiment:
    spec = {"duration": "1y", "cluster": {"pools": [POOL]}, "manifests": list(manifests)}
    value = {"apiVersion": "kubenines/v1", "kind": "Experiment", "metadata": {"name": "person"}, "spec": spec}
    (folder / "person.yaml").write_text(yaml.safe_dump(value))
    return Experiment.from_yaml(folder / "person.yaml")


def essence(value: Any) -> Any:
    """Without what only says whether two manifests are written alike, and the notes in annotations."""
    if isinstance(value, PodTemplate):
        value = replace(value, digest="", annotations={})
    if is_dataclass(value) and not isinstance(value, type):
        return {"": type(value).__name__, **{f.name: essence(getattr(value, f.name)) for f in fields(value)}}
    if isinstance(value, dict):
        return {key: essence(item) for key, item in value.items()}
    return [essence(item) for item in value] if isinstance(value, tuple | list) else value


def contents(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """Everything in a cluster by its name: of the order, which a dump has lost, nothing is left."""
    return {
        f.name: {
            f"{getattr(one, 'namespace', '')}/{getattr(one, 'kind', '')}/{getattr(one, 'name', one)}": essence(one)
            for one in getattr(cluster, f.name)
        }
        for f in fields(Cluster)
    }


@pytest.mark.skipif(not DATA.is_dir(), reason="no data beside the repository")
@pytest.mark.parametrize("name", SETS)
def test_the_cluster_is_that_of_the_manifests_which_were_applied(name: str, tmp_path: Path) -> None:
    manifests = read_manifests([DATA / name]).objects
    objects = [one.value for one in manifests if one.kind != "Kustomization"]
    experiment, _ = imported(tmp_path, applied(objects, NODES))
    ours, theirs = (one.scenarios()[0] for one in (experiment, by_a_person(tmp_path, str(DATA / name))))
    assert contents(ours.cluster) == contents(theirs.cluster)
    assert {goal.name for goal in ours.services} == {goal.name for goal in theirs.services}


# --- one thing at a time ----------------------------------------------------------------------------------------------

CONTAINER = {"name": "c", "image": "i:1", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}


def workload(name: str = "web", kind: str = "Deployment", namespace: str = "default", **spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [CONTAINER], **spec.pop("pod", {})}}
    body = {"selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": body if kind == "DaemonSet" else {"replicas": 2, **body},
    }


def service(name: str = "web", namespace: str = "default") -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    spec = {"selector": {"app": name}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def nodes_of(experiment: Experiment) -> list[tuple[str, str]]:
    return [(one.name, one.zone) for one in experiment.scenarios()[0].cluster.nodes]


def said(text: str) -> str:
    """The comments, without their breaks."""
    return " ".join(line.strip().lstrip("# ") for line in text.splitlines())


def test_what_controllers_made_is_left_out_and_counted(tmp_path: Path) -> None:
    experiment, text = imported(tmp_path, applied([workload(), service()], NODES))
    cluster = experiment.scenarios()[0].cluster
    assert (len(cluster.deployments), len(cluster.replica_sets), len(cluster.pods)) == (1, 0, 0)
    assert "Left out: 2 Pods, 2 ReplicaSets: their owner, which is among the objects, makes them anew." in said(text)
    assert "1 Service, 1 ServiceAccount: every cluster has them" in said(text)
    assert "No StatefulSet, DaemonSet, PodDisruptionBudget, HorizontalPodAutoscaler is in it" in said(text)


def test_the_folder_of_a_cluster_info_dump_is_read_too(tmp_path: Path) -> None:
    """A list of a type a file, whose items do not say what they are; StatefulSets are not in it."""
    objects = applied([workload(), service(), workload("db", "StatefulSet", serviceName="db")], NODES)
    folder = tmp_path / "dump" / "default"
    (folder / "web-5d8f7c91-0").mkdir(parents=True)
    (folder / "web-5d8f7c91-0" / "logs.txt").write_text("==== START logs\n{}")
    for kind in ("Deployment", "Node", "Pod", "ReplicaSet"):
        listed = [one for one in objects if one["kind"] == kind]
        version = listed[0]["apiVersion"]
        items = [{key: item for key, item in one.items() if key not in ("apiVersion", "kind")} for one in listed]
        whole = {"kind": f"{kind}List", "apiVersion": version, "metadata": {}, "items": items}
        (folder / f"{kind.lower()}s.json").write_text(json.dumps(whole, indent=4))
    assert main(["import", "cluster", str(tmp_path / "dump"), "-o", str(tmp_path / "live.yaml")]) == 0
    cluster = Experiment.from_yaml(tmp_path / "live.yaml").scenarios()[0].cluster
    assert [one.name for one in cluster.deployments] == ["web"]
    assert [one.name for one in cluster.pods] == ["db-0", "db-1"]
    missing = "MISSING: StatefulSet/db, which made 2 Pods, is not among the objects"
    assert missing in said((tmp_path / "live.yaml").read_text())


def test_nodes_that_are_alike_are_a_pool(tmp_path: Path) -> None:
    taint = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
    moment = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
    provider = "eks.amazonaws.com/nodegroup"
    nodes = [
        *(node(f"ip-{i}", "ab"[i % 2], memory=f"{16_000_000 + i}Ki", labels={provider: "web"}) for i in range(4)),
        *(node(f"gpu-{i}", "a", cpu="8", labels={"id": f"x{i}"}, taints=[taint, moment]) for i in range(2)),
        node("old-1", "a", unschedulable=True, labels={provider: "web"}, memory="16000100Ki"),
        node("old-2", "b", ready=False, labels={provider: "web"}, memory="16000100Ki"),
    ]
    experiment, text = imported(tmp_path, applied([workload()], nodes))
    pools = yaml.safe_load(text)["spec"]["cluster"]["pools"]
    assert [(one["name"], one["count"], one["zones"]) for one in pools] == [
        ("nodes", 1, ["a"]),
        ("nodes-a", 1, ["a"]),
        ("web", 6, ["a", "b"]),
    ]
    assert pools[2]["allocatable"] == {"cpu": "4", "memory": "15625Mi"}
    assert pools[0]["taints"] == [taint]
    assert len(nodes_of(experiment)) == 8
    assert "Then not Ready: old-2. Where that is to stay so, take 1 node off `count`." in said(text)
    assert "Then cordoned: old-1." in said(text)
    assert "memory differs by up to" in said(text)


def test_zones_that_cannot_be_dealt_in_turn_are_pools_of_their_own(tmp_path: Path) -> None:
    nodes = [node(f"n-{i}", zone) for i, zone in enumerate("aaaab")]
    experiment, _ = imported(tmp_path, applied([workload()], nodes))
    assert sorted(zone for _, zone in nodes_of(experiment)) == [*"aaaab"]


def test_nodes_that_manifests_name_keep_their_names(tmp_path: Path) -> None:
    nodes = [node(f"n-{i}", "a", labels={"disk": "ssd"}) for i in range(3)]
    pinned = workload(pod={"nodeSelector": {"kubernetes.io/hostname": "n-1"}})
    experiment, text = imported(tmp_path, applied([pinned], nodes))
    assert [name for name, _ in nodes_of(experiment)] == ["nodes-1", "nodes-2", "n-1"]
    assert "Nodes that manifests or volumes name keep their names: n-1." in said(text)
    assert (tmp_path / "live-nodes.yaml").exists()


def test_static_pods_take_their_part_of_the_nodes_and_daemons_run(tmp_path: Path) -> None:
    nodes = [node(f"n-{i}", "a") for i in range(2)]
    static = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "etcd-n-0",
            "namespace": "kube-system",
            "annotations": {"kubernetes.io/config.mirror": "x"},
        },
        "spec": {"containers": [CONTAINER], "nodeName": "n-0"},
        "status": {"phase": "Running"},
    }
    daemon = workload("proxy", "DaemonSet", "kube-system")
    experiment, text = imported(tmp_path, [*applied([workload(), service(), daemon], nodes), static])
    cluster = experiment.scenarios()[0].cluster
    assert sorted(one.allocatable.cpu for one in cluster.nodes) == [3900, 4000]
    assert (len(cluster.daemon_sets), len(cluster.pods)) == (1, 0)
    assert "Taken off what is allocatable: 100m CPU and 64Mi in all, of 1 pod" in said(text)
    assert "1 DaemonSet: 100m CPU and 64Mi of a node with a pod of each" in said(text)


def test_nothing_is_taken_off_for_a_pod_of_a_daemon_that_no_node_here_runs(tmp_path: Path) -> None:
    """It is Pending, or its node is not in the dump; and its DaemonSet is not either."""
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "gone", "uid": "u", "controller": True}
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"gone-{i}", "namespace": "default", "ownerReferences": [owner]},
            "spec": {"containers": [CONTAINER], **where},
        }
        for i, where in enumerate(({}, {"nodeName": "elsewhere"}, {"nodeName": "general-1"}))
    ]
    _, text = imported(tmp_path, [*applied([workload()], NODES), *pods])
    assert "Taken off what is allocatable: 100m CPU and 64Mi in all, of 1 pod that 1 node run" in said(text)


def test_services_of_the_system_are_not_measured_and_its_workloads_stay_as_they_are(tmp_path: Path) -> None:
    dns, its = workload("dns", namespace="kube-system"), service("dns", "kube-system")
    experiment, text = imported(tmp_path, applied([workload(), service(), dns, its], NODES))
    assert [goal.name for goal in experiment.scenarios()[0].services] == ["default/web"]
    replicas = {one.name: one.replicas for one in experiment.scenarios()[1].cluster.deployments}
    assert replicas == {"web": 3, "dns": 2}
    assert "Of kube-system stay 1 Deployment" in said(text)


def test_a_workload_under_an_autoscaler_has_the_replicas_that_it_wanted(tmp_path: Path) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"minReplicas": 2, "maxReplicas": 9, "scaleTargetRef": target},
        "status": {"desiredReplicas": 7, "currentReplicas": 5},
    }
    experiment, text = imported(tmp_path, applied([workload(), scaler], NODES))
    assert experiment.scenarios()[0].cluster.deployments[0].replicas == 7
    assert "Deployment/web has 7 replicas, as its autoscaler (2 to 9) wanted last." in said(text)


def test_machines_that_may_be_taken_back_and_node_autoscalers_are_said(tmp_path: Path) -> None:
    nodes = [node(f"n-{i}", "a", labels={"karpenter.sh/capacity-type": "spot"}) for i in range(2)]
    scaler = workload("cluster-autoscaler", namespace="kube-system")
    experiment, text = imported(tmp_path, applied([workload(), scaler], nodes))
    assert "preset: spot-5" in text
    assert "adds and removes nodes: give pools `min` and `max`" in said(text)
    assert [mode.name for mode in experiment.scenarios()[0].failures] == ["node-failure", "spot", "crash"]
    assert "spread: node" in text


def test_what_is_wrong_is_told_with_its_place_in_the_dump(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "b"}, "spec": {}}
    (tmp_path / "dump.yaml").write_text(yaml.safe_dump(as_list([*applied([workload()], NODES), wrong])))
    assert main(["import", "cluster", str(tmp_path / "dump.yaml"), "-o", str(tmp_path / "live.yaml")]) == 2
    assert "dump.yaml:" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["dump.yaml"]


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path, applied([workload()], NODES))
    assert main(["import", "cluster", str(tmp_path / "dump"), "-o", str(tmp_path / "live.yaml")]) == 2
    assert "live.yaml exists: give another name with -o" in capsys.readouterr().err


@pytest.mark.parametrize("options", [(), ("-o", "out")])
def test_two_files_without_a_command_are_a_trace(options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", *options, "no-nodes.csv", "no-pods.csv"]) == 2
    assert "File 'no-nodes.csv' does not exist" in capsys.readouterr().err


def test_a_kind_of_somebody_elses_that_is_only_called_so_takes_no_place(tmp_path: Path) -> None:
    """A Service of Knative, whose own Service has the same name."""
    template = {"spec": {"containers": [CONTAINER]}}
    of_knative = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "spec": {"template": template},
        "metadata": {"name": "web", "namespace": "default"},
    }
    experiment, text = imported(tmp_path, [of_knative, *applied([workload(), service()], NODES)])
    assert [one.name for one in experiment.scenarios()[0].cluster.services] == ["web"]
    assert "# Left out: 1 Service: they have no model here." in text
    assert "serving.knative.dev" not in (tmp_path / "live-manifests" / "default.yaml").read_text()


def test_an_amount_of_a_static_pod_that_is_none_is_told_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    static = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "proxy", "namespace": "kube-system", "annotations": {"kubernetes.io/config.mirror": "x"}},
        "spec": {"nodeName": "general-1", "containers": [{"name": "c", "resources": {"requests": {"cpu": "much"}}}]},
    }
    (tmp_path / "dump.yaml").write_text(yaml.safe_dump(as_list([static, *applied([workload()], NODES)])))
    assert main(["import", "cluster", str(tmp_path / "dump.yaml"), "-o", str(tmp_path / "live.yaml")]) == 2
    assert "Pod/kube-system/proxy spec.containers: expected a quantity" in capsys.readouterr().err


def test_a_daemon_that_says_only_limits_asks_for_as_much(tmp_path: Path) -> None:
    limited = {"name": "c", "image": "i:1", "resources": {"limits": {"cpu": "2", "memory": "1Gi"}}}
    daemon = workload("proxy", "DaemonSet", pod={"containers": [limited]})
    _, text = imported(tmp_path, applied([daemon], NODES))
    assert "1 DaemonSet: 2 CPU and 1Gi of a node with a pod of each" in said(text)


# --- fields of another type than an API server gives them -----------------------------------------------------------

CSI_NODE = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "CSINode",
    "metadata": {"name": "n-0"},
    "spec": {"drivers": [{"name": "ebs.csi.aws.com", "nodeID": "x", "allocatable": {"count": 25}}]},
}
SCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 4},
    "status": {"desiredReplicas": 3},
}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}, "type": "Opaque"}
MOUNTED = workload(
    pod={
        "containers": [{**CONTAINER, "volumeMounts": [{"name": "data", "mountPath": "/d"}]}],
        "volumes": [{"name": "data", "emptyDir": {}}],
    }
)
DUMP = [node("n-0", "a"), node("n-1", "b", labels={"x": "y"}), CSI_NODE, MOUNTED, SCALER, SECRET]


@pytest.mark.parametrize(
    ("number", "path", "new", "expected"),
    [
        (0, ("status", "conditions", 0, "type"), ["Ready"], None),
        (2, ("spec", "drivers", 0, "allocatable", "count"), "x",
         "CSINode/n-0 spec.drivers[0].allocatable.count: expected a whole number of volumes (got 'x')"),
        (2, ("spec", "drivers", 0, "allocatable", "count"), {}, "expected a whole number of volumes (got a mapping)"),
        (3, ("spec", "replicas"), "x", "Deployment/web spec.replicas: "),
        (3, ("spec", "template", "spec", "containers", 0, "volumeMounts", 0, "name"), ["x"], "volumeMounts[0].name: "),
        (4, ("status", "desiredReplicas"), True, None),
        (5, ("type",), {"a": 1}, "Secret/s type: "),
    ],
)  # fmt: skip
def test_a_field_of_another_type_is_read_over_or_told_with_its_place(
    number: int, path: tuple[Any, ...], new: Any, expected: str | None, tmp_path: Path
) -> None:
    objects: list[Any] = [*DUMP]
    objects[number] = changed(objects[number], path, new)
    if number == 3 and path[-1] == "replicas":
        objects[4] = {key: item for key, item in SCALER.items() if key != "status"}
    (tmp_path / "dump.json").write_text(json.dumps(as_list(objects)))
    if expected is None:
        import_cluster([str(tmp_path / "dump.json")], tmp_path / "live.yaml")
        return
    with pytest.raises(InputError, match=re.escape(expected)) as raised:
        import_cluster([str(tmp_path / "dump.json")], tmp_path / "live.yaml")
    assert all(problem.location.line for problem in raised.value.problems)


@given(data=st.data())
def test_any_value_in_any_place_is_imported_or_bad_input(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    number = data.draw(st.integers(0, len(DUMP) - 1))
    path = data.draw(st.sampled_from(list(places(DUMP[number]))))
    objects: list[Any] = [*DUMP]
    objects[number] = changed(objects[number], path, data.draw(st.sampled_from(OTHERS)))
    file = tmp_path_factory.getbasetemp() / "dump.json"
    file.write_text(json.dumps(as_list(objects)))
    with contextlib.suppress(InputError):
        import_cluster([str(file)], file.with_name("live.yaml"))

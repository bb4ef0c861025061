"""Pods that would not start are told before a run, in the scheduler's words, with the label that would mend it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments.cli import main
from experiments.experiment import Experiment
from experiments.preflight import starting
from models.cluster import Cluster
from models.deployment import Deployment
from models.labels import LabelSelector, Operator, Requirement
from models.node import Node, Resources
from models.pod import Affinity, Container, NodeSelectorTerm, PodSpec, PodTemplate

NODES = (
    Node("a", Resources(4000, 1 << 34), labels={"disktype": "hdd", "tier": "web"}),
    Node("b", Resources(4000, 1 << 34), labels={"disktype": "ssd", "tier": "db"}),
)


def deployment(**spec: Any) -> Deployment:
    template = PodTemplate(PodSpec((Container("web", image="web"),), **spec), {"app": "web"})
    return Deployment("web", template, LabelSelector.of({"app": "web"}))


def required(*terms: list[Requirement]) -> Affinity:
    return Affinity(node_required=tuple(NodeSelectorTerm(tuple(term)) for term in terms))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"node_selector": {"gpu": "yes"}}, 'no node has gpu=yes; a pool has it by labels: {gpu: "yes"}'),
        (
            {"node_selector": {"disktype": "ssd", "gpu": "yes"}},
            'no node has gpu=yes; a pool has it by labels: {gpu: "yes"}',
        ),
        (
            {"node_selector": {"disktype": "ssd", "tier": "web"}},
            'no node has disktype=ssd and tier=web; a pool has it by labels: {disktype: "ssd", tier: "web"}',
        ),
        (
            {"affinity": required([Requirement("gpu", Operator.EXISTS)])},
            'no node has a label gpu; a pool has it by labels: {gpu: ""}',
        ),
        (
            {"affinity": required([Requirement("disktype", Operator.IN, ("nvme", "optane"))])},
            'no node has disktype=nvme or optane; a pool has it by labels: {disktype: "nvme"}',
        ),
        (
            {"affinity": required([Requirement("disktype", Operator.NOT_IN, ("hdd", "ssd"))])},
            "no node has disktype NotIn hdd ssd",
        ),
        (
            {"affinity": required(*([Requirement("disktype", Operator.IN, (value,))] for value in ("nvme", "tape")))},
            "no node matches its node affinity: disktype=nvme or disktype=tape",
        ),
    ],
)
def test_what_no_node_has_is_told_with_the_label_that_would_mend_it(spec: dict[str, Any], said: str) -> None:
    assert starting.unmatched(Cluster(nodes=NODES, deployments=(deployment(**spec),))) == [f"Deployment/web: {said}"]


def test_nothing_is_told_of_what_suits_a_node_or_where_there_are_no_nodes() -> None:
    assert starting.unmatched(Cluster(nodes=NODES, deployments=(deployment(node_selector={"tier": "db"}),))) == []
    assert starting.unmatched(Cluster(deployments=(deployment(node_selector={"gpu": "yes"}),))) == []


def test_pods_that_are_pending_alike_are_told_together_and_a_few_of_many_by_name() -> None:
    reason = "0/1 nodes are available: 1 Insufficient cpu."
    assert starting.told({f"web-{i}": reason for i in range(7)} | {"db-0": "FailedMount: no claim"}) == [
        f"not placed: web-0, web-1, web-2, web-3, web-4 and 2 more: {reason}",
        "not started: db-0: FailedMount: no claim",
    ]


BIG = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "10"}}}]},
        },
    },
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}
NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "a"},
    "status": {"allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"}},
}


HOUR = {"kind": "fixed", "value": "1h"}


@pytest.fixture
def too_big(tmp_path: Path) -> Path:
    """An experiment whose pod asks for more than a node has, under two policies; failures are no part of a start."""
    manifests = tmp_path / "web.yaml"
    manifests.write_text(yaml.safe_dump_all([BIG, SERVICE]))
    cpu = "spec.template.spec.containers[web].resources.requests.cpu"
    experiment = (
        Experiment.from_manifests(manifests)
        .failures({"name": "crash", "type": "nodeCrash", "timeToFailure": HOUR, "timeToRepair": HOUR})
        .policy("small", patches=[{"target": {"kind": "Deployment"}, "set": {cpu: "1"}}])
        .policy("also-big", replicas=1)
    )
    path = tmp_path / "experiment.yaml"
    path.write_text(yaml.safe_dump(experiment.resolved))
    return path


PENDING = "not placed under as-shipped, also-big: web-r0-0: 0/6 nodes are available: 6 Insufficient cpu."


def test_validate_warns_of_pods_that_no_node_has_room_for_and_is_strict_if_asked(
    too_big: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(too_big)]) == 0
    assert f"warning: {too_big}: {PENDING}" in capsys.readouterr().err
    assert main(["validate", str(too_big), "--strict"]) == 2
    assert f"{too_big}: {PENDING}" in capsys.readouterr().err
    assert main(["validate", str(too_big), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["notStarted"] == [PENDING]


def test_plan_names_them_too(too_big: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(too_big), "--set", "duration=1d"]) == 0
    assert PENDING in capsys.readouterr().out


def test_manifests_with_nodes_of_their_own_are_started_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifests = tmp_path / "web.yaml"
    manifests.write_text(yaml.safe_dump_all([NODE, BIG]))
    assert main(["validate", str(manifests)]) == 0
    assert "not placed: web-r0-0: 0/1 nodes are available: 1 Insufficient cpu." in capsys.readouterr().err

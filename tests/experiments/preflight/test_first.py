"""The first experiment about manifests: what it found, and what it proposes."""

from pathlib import Path

import pytest

from experiments.experiment import Experiment
from experiments.preflight.first import first_experiment

WORKLOAD = """\
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: c, image: "i:1", resources: {{requests: {{cpu: {cpu}, memory: 64Mi}}}}}}]}}
---
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: "on"}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
"""
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: keep}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
"""
AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {minReplicas: 2, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
---
"""


def workload(name: str = "web", replicas: int = 1, cpu: str = "100m", kind: str = "Deployment") -> str:
    return WORKLOAD.format(name=name, replicas=replicas, cpu=cpu, kind=kind)


def first(folder: Path, *documents: str) -> tuple[str, Experiment]:
    file = folder / "app.yaml"
    file.write_text("".join(documents))
    text = first_experiment([str(file)], ["app.yaml"], "experiment.yaml")
    (folder / "experiment.yaml").write_text(text)
    return text, Experiment.from_yaml(folder / "experiment.yaml")


def test_what_was_found_stands_in_comments(tmp_path: Path) -> None:
    text, experiment = first(tmp_path, workload(), SERVICE, BUDGET, AUTOSCALER)
    assert "# Found: 1 Service, 1 Deployment, 1 PodDisruptionBudget, 1\n#   HorizontalPodAutoscaler.\n" in text
    assert "# Of 1 workload 0 with one replica, 0 without a PodDisruptionBudget.\n" in text
    assert "  # Deployment/web: 1 replica, autoscaled between 2 and 9, PodDisruptionBudget\n  #   keep\n" in text
    assert '  - {name: "on"}\n' in text  # bare, it would be a boolean for others who read YAML
    assert [goal.name for goal in experiment.scenarios()[0].services] == ["on"]
    assert experiment.objectives == ()


def test_its_first_lines_say_a_command_that_can_be_pasted(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(workload())
    text = first_experiment([str(tmp_path / "app.yaml")], ["app.yaml"], "my app.yaml")
    assert "# Run with: kubenines run 'my app.yaml'\n" in text


@pytest.mark.parametrize(
    ("documents", "policies"),
    [
        ((workload(),), ("as-shipped", "three-replicas", "three-spread")),
        ((workload(replicas=4),), ("as-shipped", "spread")),
        ((workload(kind="DaemonSet").replace("  replicas: 1\n", ""),), ("as-shipped",)),
    ],
)
def test_policies_are_those_that_would_change_something(
    documents: tuple[str, ...], policies: tuple[str, ...], tmp_path: Path
) -> None:
    assert first(tmp_path, *documents, SERVICE)[1].policies == policies


def test_nobody_loses_replicas(tmp_path: Path) -> None:
    _, experiment = first(tmp_path, workload(), workload("big", replicas=5), SERVICE)
    by_policy = [{of.name: of.replicas for of in one.cluster.deployments} for one in experiment.scenarios()]
    assert by_policy == [{"web": 1, "big": 5}, {"web": 3, "big": 5}, {"web": 3, "big": 5}]


def test_budgets_of_the_manifests_stay(tmp_path: Path) -> None:
    _, experiment = first(tmp_path, workload(), workload("other"), SERVICE, BUDGET)
    assert [budget.name for budget in experiment.scenarios()[-1].cluster.budgets] == ["keep"]
    _, experiment = first(tmp_path, workload(), workload("other"), SERVICE)
    assert [budget.name for budget in experiment.scenarios()[-1].cluster.budgets] == ["web", "other"]


def test_the_nodes_have_room_for_three_of_everything(tmp_path: Path) -> None:
    _, small = first(tmp_path, workload(), SERVICE)
    _, large = first(tmp_path, workload(cpu="3"), workload("other", replicas=20), SERVICE)
    for experiment, nodes, cpu in ((small, 6, 4000), (large, 6, 8000)):
        cluster = experiment.scenarios()[0].cluster
        assert (len(cluster.nodes), cluster.nodes[0].allocatable.cpu) == (nodes, cpu)
    _, many = first(tmp_path, *(workload(name, cpu="2") for name in ("web", *"abcdefghijk")), SERVICE)
    assert len(many.scenarios()[0].cluster.nodes) == 27

"""`load:` in experiment files."""

from pathlib import Path

import pytest

from experiments.experiment import Experiment
from models.input.problems import InputError
from models.load import Load

APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1", resources: {requests: {cpu: 100m}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 10, targetCPUUtilizationPercentage: 50}
"""

HEAD = """\
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: x}
spec:
  duration: 1d
  cluster: {pools: [{name: general, count: 3, allocatable: {cpu: "4", memory: 16Gi}}]}
  manifests: [app.yaml]
"""


def experiment(folder: Path, load: str = "") -> Experiment:
    (folder / "app.yaml").write_text(APP)
    (folder / "e.yaml").write_text(HEAD + load)
    return Experiment.from_yaml(folder / "e.yaml")


def test_a_load_reaches_the_simulation(tmp_path: Path) -> None:
    made = experiment(
        tmp_path,
        "  load:\n"
        "  - {target: Deployment/web, steps: [{at: 0s, total: 200m}, {at: 12h, total: '0.5'}]}\n"
        "  - {target: Deployment/web, metric: memory, steps: [{at: 0s, total: 1Ki}]}\n",
    )
    [scenario] = made.scenarios()
    assert scenario.loads == (
        Load("Deployment/web", ((0.0, 200.0), (43_200.0, 500.0))),
        Load("Deployment/web", ((0.0, 1_024_000.0),), "memory"),
    )
    assert made.warnings == ()


def test_an_autoscaler_without_a_load_is_a_warning(tmp_path: Path) -> None:
    [warning] = experiment(tmp_path).warnings
    assert warning.startswith("HorizontalPodAutoscaler/web: no load is given for Deployment/web (cpu)")


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (
            "  load: [{target: Deployment/wob, steps: [{at: 0s, total: 1}]}]\n",
            "e.yaml:8:19: spec.load[0].target: there is no Deployment/wob; did you mean 'Deployment/web'?",
        ),
        (
            "  load: [{target: Deployment/web, steps: [{at: 0s, total: 1}, {at: 0s, total: 2}]}]\n",
            "e.yaml:8:10: spec.load[0]: the steps of the load of Deployment/web must increase in time",
        ),
        (
            "  load: [&a {target: Deployment/web, steps: [{at: 0s, total: 1}]}, *a]\n",
            "e.yaml:8:22: spec.load[1].target: its cpu load is given twice",
        ),
    ],
)
def test_mistakes_in_a_load_are_named(tmp_path: Path, load: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        experiment(tmp_path, load)
    assert message in str(caught.value)

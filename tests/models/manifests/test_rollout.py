"""Rollouts of Argo Rollouts as manifests: what is read, with which defaults, and what is said of the rest."""

from pathlib import Path
from typing import Any

import pytest

from models.deployment import Deployment, Percent
from models.input.problems import InputError
from models.manifests import ClusterInput, build_cluster, read_manifests
from models.rollout import Analysis, BlueGreen, Canary, Metric, Pause, SetWeight

HEAD = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}
"""
TEMPLATE = """\
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors}
spec:
  metrics:
  - {name: rate, initialDelay: 1m, interval: 5m, count: 3, failureLimit: 1, provider: {prometheus: {query: x}}}
"""


@pytest.fixture
def built(tmp_path: Path) -> Any:
    def build(strategy: str, more: str = "") -> ClusterInput:
        path = tmp_path / "f.yaml"
        path.write_text(f"{HEAD}  strategy: {strategy}\n{more}")
        return build_cluster(read_manifests([path]).objects)

    return build


def test_a_canary_is_read_with_its_steps_and_analyses(built: Any) -> None:
    pauses = "{pause: {duration: 10m}}, {pause: {duration: 30}}"
    steps = f"[{{setWeight: 20}}, {pauses}, {{analysis: {{templates: [{{templateName: errors}}]}}}}]"
    found = built(f"{{canary: {{maxSurge: 1, maxUnavailable: 0, steps: {steps}}}}}", TEMPLATE)
    (rollout,) = found.cluster.of_kind(Deployment)
    metric = Metric(60.0, 300.0, 3, 1)
    assert rollout.progression == Canary((SetWeight(20), Pause(600.0), Pause(30.0), Analysis((metric,))))
    assert (rollout.kind, rollout.replicas, rollout.max_surge, rollout.max_unavailable) == ("Rollout", 1, 1, 0)
    assert (metric.fails_after, metric.succeeds_after) == (360.0, 660.0)
    assert found.warnings == ()


def test_what_nothing_here_does_is_said(built: Any) -> None:
    found = built("{canary: {steps: [{setWeight: 20}, {pause: {}}, {analysis: {templates: [{templateName: gone}]}}]}}")
    assert [warning.message for warning in found.warnings] == [
        "without a duration it waits to be promoted by somebody, which nothing here does",
        "there is no AnalysisTemplate 'gone': it is taken to measure once, at once",
    ]
    (rollout,) = found.cluster.of_kind(Deployment)
    assert (rollout.max_surge, rollout.max_unavailable) == (Percent(25), Percent(25))


def test_blue_green_has_the_defaults_of_its_controller(built: Any) -> None:
    (rollout,) = built("{blueGreen: {activeService: web}}").cluster.of_kind(Deployment)
    assert rollout.progression == BlueGreen(True, 0.0, 30.0, 30.0, None, None, None)
    assert (rollout.progress_deadline_seconds, rollout.aborts_at_deadline) == (600.0, False)


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("{}", "expected one of `canary` and `blueGreen`"),
        ("{canary: {}, blueGreen: {activeService: web}}", "expected one of `canary` and `blueGreen`"),
        ("{canary: {stepz: []}}", "unknown field; did you mean 'steps'?"),
        ("{blueGreen: {}}", "required value is missing"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(built: Any, strategy: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        built(strategy)
    assert [problem.message for problem in caught.value.problems] == [message]
    assert caught.value.problems[0].location.line == 7

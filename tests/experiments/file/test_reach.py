"""Endpoints that are asked for and cannot be there are told before anything runs."""

from pathlib import Path

import pytest

from experiments import Experiment

SHOP = Path(__file__).resolve().parents[3] / "experiments" / "manifests" / "shop.yaml"
AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: frontend}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: frontend}
  minReplicas: 1
  maxReplicas: 50
"""


def warnings(at_least: int, *manifests: Path) -> list[str]:
    experiment = Experiment.from_manifests(SHOP, *manifests).set(
        "services", [{"name": "frontend", "available": {"when": "readyEndpoints", "atLeast": at_least}}]
    )
    return [line for line in experiment.policy("three", replicas=3).warnings if "is never available" in line]


@pytest.mark.parametrize(("at_least", "policies"), [(1, 0), (2, 1), (3, 1), (50, 2)])
def test_a_service_that_needs_more_endpoints_than_pods_is_told_with_its_policy(at_least: int, policies: int) -> None:
    assert len(warnings(at_least)) == policies


def test_the_cause_is_named_with_both_numbers() -> None:
    assert warnings(50)[0] == (
        "Service frontend is never available under as-shipped: available.atLeast asks for 50 endpoints, and its "
        "workloads for 1 pod at most"
    )


def test_what_autoscalers_may_make_counts(tmp_path: Path) -> None:
    (tmp_path / "hpa.yaml").write_text(AUTOSCALER)
    assert len(warnings(50, tmp_path / "hpa.yaml")) == 0
    assert len(warnings(51, tmp_path / "hpa.yaml")) == 2


def test_numbers_of_replicas_that_operations_set_are_left_to_the_run() -> None:
    shop = Experiment.from_manifests(SHOP)
    scale = {"name": "more", "type": "scale", "target": "Deployment/frontend", "replicas": 50, "at": "1d"}
    asked = shop.set("services", [{"name": "frontend", "available": {"when": "readyEndpoints", "atLeast": 50}}])
    assert not any("is never available" in line for line in asked.set("operations", [scale]).warnings)

"""Traffic that waits: what is refused, and what is named where a model does not know it."""

from pathlib import Path
from typing import Any

import pytest

from experiments import Experiment
from models.input.problems import InputError

APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: server, image: example.com/web:1, resources: {requests: {cpu: 100m, memory: 64Mi}}%s}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
HEAD = """apiVersion: kubenines/v1
kind: Experiment
metadata: {name: test}
spec:
  duration: 1d
  replications: 2
  cluster: {pools: [{name: general, count: 2, allocatable: {cpu: "4", memory: 16Gi}}]}
  manifests: [app.yaml]
"""
RATE = "service: web, rate: {kind: constant, value: 10}, capacity: 20"


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read_with(traffic: str, more: str = "", probe: str = "") -> Experiment:
        (tmp_path / "app.yaml").write_text(APP % probe)
        (tmp_path / "e.yaml").write_text(f"{HEAD}  traffic: [{{{RATE}{traffic}}}]\n{more}")
        return Experiment.from_yaml(tmp_path / "e.yaml")

    return read_with


PATIENT = ", timeout: 1s, retries: {attempts: 1}"


@pytest.mark.parametrize(
    ("traffic", "named"),
    [
        ("", ()),
        (PATIENT, ("with `queue` (or `requests`) those that wait for longer than 1s are lost",)),
        (f"{PATIENT}, queue: 100", ()),
        (f"{PATIENT}, requests: {{}}", ()),
        (f"{PATIENT}, longestWait: 2s", ("longestWait sheds nothing in time, as clients give up after 1s",)),
        (f"{PATIENT}, longestWait: 500ms", ()),
        (", retries: {attempts: 1, backoff: 1s, jitter: 0.5}", ("without `requests` the mean back-off counts",)),
        (", retries: {attempts: 1, hedgeAfter: 1s}", ("without `requests` only what is never answered in time",)),
    ],
)
def test_what_a_model_does_not_know_is_named(traffic: str, named: tuple[str, ...], read: Any) -> None:
    warnings = read(traffic).warnings
    assert len(warnings) == len(named)
    assert all(part in warning for part, warning in zip(named, warnings, strict=True))


def test_with_probes_it_is_known_how_long_requests_wait(read: Any) -> None:
    assert read(PATIENT, probe=", readinessProbe: {tcpSocket: {port: 80}}").warnings == ()


SPIKE = "  failures: [{name: a, type: %s, target: %s, timeToFailure: {kind: fixed, value: 1d}%s}]\n"


@pytest.mark.parametrize(
    ("traffic", "failure", "message"),
    [
        ("", SPIKE % ("loadSpike", "wep", ", timeToRepair: {kind: fixed, value: 1h}"), "there is no traffic to 'wep'"),
        ("", SPIKE % ("cacheLoss", "web", ""), "the traffic to 'web' has no cache that could be lost"),
        (", circuitBreaker: {threshold: 1}", "", "a circuit breaker's threshold must be between 0 and 1"),
        (", cache: {hitShare: 1, fillTime: 1m}", "", "a hit share must be between 0 and 1"),
        (", retries: {attempts: 1, jitter: 2}", "", "jitter is a share of the back-off"),
        (", retries: {hedgeAfter: 1s}", "", "hedgeAfter sends one of the further `attempts`"),
        (", requests: {}, longestWait: 1s", "", "longestWait is for pods with a queue"),
        (", requests: {}, retries: {attempts: 2, hedgeAfter: 1s}", "", "hedgeAfter is for one further attempt"),
    ],
)
def test_a_mistake_is_told_with_its_place(traffic: str, failure: str, message: str, read: Any) -> None:
    with pytest.raises(InputError) as error:
        read(traffic, failure)
    [problem] = map(str, error.value.problems)
    assert message in problem
    assert "e.yaml:9:" in problem or "e.yaml:10:" in problem

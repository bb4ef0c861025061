"""A small result folder of a real run: one Service on two nodes that crash, under two policies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from experiments.experiment import Experiment
from experiments.plots import Plots
from experiments.results import Results

APPLICATION = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, resources: {requests: {cpu: 500m}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
EXPERIMENT = """
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: small}
spec:
  duration: 20d
  warmup: 1d
  replications: 2
  seed: 5
  manifests: [app.yaml]
  cluster: {pools: [{name: a, count: 2, allocatable: {cpu: 4, memory: 8Gi}}]}
  failures: [{name: crash, type: nodeCrash, timeToFailure: {kind: exponential, mean: 3d},
              timeToRepair: {kind: fixed, value: 20m}}]
  policies: [{name: one}, {name: two, patches: [{target: {kind: Deployment}, set: {spec.replicas: 2}}]}]
"""


@contextmanager
def without_pictures() -> Iterator[None]:
    """Runs that end in this context draw and report nothing, which takes longer than they do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plots, "save", lambda *arguments: [])
        patch.setattr(Results, "to_html", lambda *arguments: None)
        yield


def small_results(where: Path, **options: int) -> Path:
    """Runs it twice under each policy, without pictures; the folder stands alone."""
    (where / "app.yaml").write_text(APPLICATION)
    (where / "small.yaml").write_text(EXPERIMENT)
    with without_pictures():
        Experiment.from_yaml(where / "small.yaml").run(out=where / "results", **options)
    (where / "app.yaml").unlink()
    return where / "results"

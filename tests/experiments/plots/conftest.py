"""A small real experiment for pictures: what fakes cannot show, such as pods, nodes and rollouts."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from experiments.experiment import Experiment
from experiments.results import Results
from experiments.runner import run as runner
from tests.experiments import fakes
from tests.experiments.fakes import Unit
from tests.experiments.small_results import without_pictures

mpl.use("Agg")

APPLICATION = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, resources: {requests: {cpu: 500m, memory: 1Gi}}}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  replicas: 2
  serviceName: store
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec: {containers: [{name: store, image: store, resources: {requests: {cpu: 250m, memory: 2Gi}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: store}
spec: {selector: {app: store}, clusterIP: None, ports: [{port: 80}]}
"""
CRASHES = {
    "name": "node-crash",
    "type": "nodeCrash",
    "timeToFailure": {"kind": "exponential", "mean": "2d"},
    "timeToRepair": {"kind": "fixed", "value": "20m"},
}
RELEASE = {"name": "release", "type": "rollout", "target": "Deployment/web", "every": "2d", "newImage": True}
STORE = {"name": "store-release", "type": "rollout", "target": "StatefulSet/store", "every": "2d", "newImage": True}


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Figures that a test opened are forgotten after it."""
    yield
    plt.close("all")


def of_many(count: int) -> Results:
    """So many policies, from the worst on; every third is never down."""
    units = {f"p{i:02d}": Unit(1e14 if i % 3 == 2 else 864000.0 * (1 + i), 1800.0) for i in range(count)}
    return runner.run(fakes.plan(units), replications=4, simulate=fakes.simulate)


@pytest.fixture(scope="session", params=(1, 2, 6, 20))
def many(request: pytest.FixtureRequest) -> Results:
    """Results of so many policies."""
    return of_many(request.param)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Two policies, three replications of four days on three nodes, with the transitions of the first two."""
    where = tmp_path_factory.mktemp("shop")
    (where / "app.yaml").write_text(APPLICATION)
    experiment = (
        Experiment.from_manifests(where / "app.yaml")
        .cluster(nodes=3)
        .set("spec.duration", "4d")
        .set("spec.warmup", "1d")
        .set("spec.seed", 4)
        .set("spec.services", [{"name": "web", "slo": {"objective": "99.5%", "period": "1d"}}, {"name": "store"}])
        .set("spec.objectives", [{"service": "web", "atLeast": "99.9%"}])
        .failures(CRASHES)
        .policy("three", replicas=3, operations=[RELEASE, STORE])
    )
    return kept(experiment, where / "results", 3, 2)


def kept(experiment: Experiment, folder: Path, replications: int, events: int) -> Results:
    """The results in a folder, without pictures."""
    with without_pictures():
        experiment.run(out=folder, replications=replications, events=events, progress=False)
    return Results.open(folder)

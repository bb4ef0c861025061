"""Small applications for the tests of lint, written as manifests."""

import textwrap
from pathlib import Path

from experiments.lint.finding import Finding
from experiments.lint.linting import Report, lint

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 60
      containers:
      - name: web
        image: example.com/web:1.2.3
        ports: [{name: http, containerPort: 8080}]
        lifecycle: {preStop: {sleep: {seconds: 5}}}
        resources:
          requests: {cpu: 100m, memory: 128Mi}
          limits: {memory: 256Mi}
        readinessProbe: {httpGet: {path: /ready, port: http}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
"""
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector: {matchLabels: {app: web}}
"""
SOUND = (DEPLOYMENT, SERVICE, BUDGET)
"""An application in which no rule finds anything."""
EXPERIMENT = """\
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: e}
spec:
  duration: 1d
  cluster:
    pools:
    - {name: general, count: 3, zones: [a, b, c], allocatable: {cpu: "4", memory: 16Gi}}
  manifests: [app.yaml]
"""


def write(folder: Path, *documents: str, name: str = "app.yaml") -> Path:
    """A file of these documents."""
    path = folder / name
    path.write_text("---\n".join(textwrap.dedent(document) for document in documents))
    return path


def report(folder: Path, *documents: str, experiment: str | None = None) -> Report:
    """What lint says of an application of these documents, on the nodes of an experiment if one is given."""
    app = write(folder, *documents)
    if experiment is None:
        return lint([str(app)])
    return lint([str(write(folder, experiment, name="e.yaml"))])


def found(folder: Path, *documents: str, experiment: str | None = None) -> dict[str, Finding]:
    """The findings by rule; of several of one rule the last."""
    return {one.rule: one for one in report(folder, *documents, experiment=experiment).findings}

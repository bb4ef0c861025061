"""Small applications to break, written as manifests, and the attack on them."""

import textwrap
from pathlib import Path
from typing import Any

from experiments.attack.question import Question
from experiments.attack.search import attack
from experiments.attack.verdict import Attack
from experiments.experiment import Experiment
from experiments.store.files import write

_LAWS = "timeToFailure: {kind: exponential, mean: 100d}, timeToRepair: {kind: fixed, value: 1h}"
NODE = f"- {{name: node-crash, type: nodeCrash, {_LAWS}}}"
ZONE = f"- {{name: zone-outage, type: zoneOutage, {_LAWS}}}"
CRASH = "- {name: crash, type: containerCrash, timeToFailure: {kind: exponential, mean: 30d}}"
DRAIN = "- {name: drain, type: drain, every: 30d, maintenance: {kind: fixed, value: 15m}}"
ROLLOUT = "- {name: release, type: rollout, target: Deployment/web, every: 7d}"
"""What may strike."""

APART = """\
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
    - {labelSelector: {matchLabels: {app: web}}, topologyKey: kubernetes.io/hostname}
"""
RATHER_APART = """\
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm: {labelSelector: {matchLabels: {app: web}}, topologyKey: kubernetes.io/hostname}
"""
TOGETHER = """\
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
    - {labelSelector: {matchLabels: {app: web}}, topologyKey: kubernetes.io/hostname}
"""
IN_ZONE_A = "nodeSelector: {topology.kubernetes.io/zone: a}"
OVER_ZONES = """\
topologySpreadConstraints:
- maxSkew: 1
  topologyKey: topology.kubernetes.io/zone
  whenUnsatisfiable: DoNotSchedule
  labelSelector: {matchLabels: {app: web}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


def budget(rule: str) -> str:
    """A PodDisruptionBudget of the pods."""
    return f"""\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: web}}
spec: {{{rule}, selector: {{matchLabels: {{app: web}}}}}}
"""


def tolerating(seconds: int) -> str:
    """For how long the pods stay on a node that is gone."""
    keys = ("node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready")
    return "tolerations:\n" + "".join(
        f"- {{key: {key}, operator: Exists, effect: NoExecute, tolerationSeconds: {seconds}}}\n" for key in keys
    )


def deployment(
    replicas: int, *pod: str, name: str = "web", strategy: str = "{}", cpu: str = "500m", probed: bool = True
) -> str:
    """A Deployment behind the Service; `pod`: more of the spec of its pods; `probed`: whether readiness is probed."""
    probe = ", readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}" if probed else ""
    more = textwrap.indent("\n".join(pod), " " * 6)
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web, name: {name}}}}}
  strategy: {strategy}
  template:
    metadata: {{labels: {{app: web, name: {name}}}}}
    spec:
      containers:
      - {{name: main, image: "web:1", resources: {{requests: {{cpu: {cpu}}}}}{probe}}}
{more}
"""


def experiment(
    folder: Path,
    *objects: str,
    nodes: int,
    zones: str = "",
    failures: tuple[str, ...] = (),
    operations: tuple[str, ...] = (),
    available: str = "{when: readyEndpoints}",
    more: str = "",
) -> Path:
    """The file of an experiment about these objects, behind the Service `web`; nodes have 2 CPUs each."""
    write(folder / "app.yaml", "---\n".join((SERVICE, *objects)))
    broken = ["  failures:", *(f"  {one}" for one in failures)] if failures else []
    done = ["  operations:", *(f"  {one}" for one in operations)] if operations else []
    path = folder / "experiment.yaml"
    of_zones = f"zones: [{zones}], " if zones else ""
    lines = [
        "apiVersion: kubenines/v1",
        "kind: Experiment",
        "metadata: {name: app}",
        "spec:",
        "  duration: 30d",
        f'  cluster: {{pools: [{{name: n, count: {nodes}, {of_zones}allocatable: {{cpu: "2", memory: 8Gi}}}}]}}',
        "  manifests: [app.yaml]",
        f"  services: [{{name: web, available: {available}}}]",
        *broken,
        *done,
        more,
    ]
    write(path, "\n".join(lines) + "\n")
    return path


def attacked(path: Path, **asked: Any) -> Attack:
    """What the attack on the experiment of a file finds."""
    read = Experiment.from_yaml(path)
    scenario = read.scenarios()[0]
    return attack(read.name, Question(scenario, scenario.services, **asked))


def ways(of: Attack) -> list[tuple[str, ...]]:
    """The smallest ways to break the Service `web`: the names of the steps of each, in order of the names."""
    return sorted(tuple(step.action.name for step in one.way.steps) for one in of.verdicts[0].breaks)

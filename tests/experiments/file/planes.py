"""A small experiment of one application, for which it is said what runs its containers."""

from pathlib import Path

from experiments import Experiment

SPEC = """apiVersion: kubenines/v1
kind: Experiment
metadata: {name: planes}
spec:
  duration: 30d
  replications: 2
  cluster: {pools: [{name: general, count: 3, zones: [a, b, c], allocatable: {cpu: "4", memory: 16Gi}}]}
  manifests: [app.yaml]
  failures:
  - {name: dns, type: dnsOutage, timeToFailure: {kind: exponential, mean: 90d}, timeToRepair: {kind: fixed, value: 10m}}
  - name: crash
    type: nodeCrash
    timeToFailure: {kind: exponential, mean: 3d}
    timeToRepair: {kind: fixed, value: 10m}
"""
SERVICE = """apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
"""


def planes(folder: Path, workload: str, more: str = "") -> Experiment:
    """The experiment of a workload and its Service, with more of a spec."""
    (folder / "app.yaml").write_text(SERVICE + workload, encoding="utf-8")
    path = folder / "planes.yaml"
    path.write_text(SPEC + more, encoding="utf-8")
    return Experiment.from_yaml(path)

"""`controlPlane: {type: plainHosts}` in an experiment."""

from pathlib import Path

import pytest

from experiments import Experiment
from experiments.attribution.stages import Stage
from models.distributions import Fixed
from models.input.problems import InputError
from simulator.control_planes.plain_hosts import PlainHosts
from simulator.hosts.options import Checks, Playbook, Systemd, Vrrp
from tests.experiments.file.planes import planes

APP = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        readinessProbe: {httpGet: {port: 80}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
"""


def experiment(folder: Path, more: str) -> Experiment:
    return planes(folder, APP, more)


def test_the_options_are_read(tmp_path: Path) -> None:
    more = """  controlPlane:
    type: plainHosts
    systemd: {restartSec: 1s, startLimitBurst: 3, startLimitInterval: 1m}
    reset: {kind: fixed, value: 10m}
    checks: {inter: 5s, fall: 2, rise: 3, timeout: 1s}
    vrrp: {advertInterval: 2s, priority: 150}
    loadBalancers: [general-1, general-2]
    playbook: {serial: 2, drainWait: 30s, timeout: 1m, maxFailPercentage: 50}
"""
    [scenario] = experiment(tmp_path, more).scenarios()
    assert scenario.control_plane == PlainHosts(
        Systemd(1.0, 3, 60.0),
        Fixed(600.0),
        Checks(5.0, 2, 3, 1.0),
        Vrrp(2.0, 150),
        ("general-1", "general-2"),
        Playbook(2, 30.0, 60.0, 50),
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{type: plainHost}", "did you mean 'plainHosts'"),
        ("{type: plainHosts, loadBalancers: [general-1]}", "must be two nodes"),
        ("{type: plainHosts, loadBalancers: [general-1, genral-2]}", "no node 'genral-2'; did you mean 'general-2'"),
        ("{type: plainHosts, playbook: {maxFailPercentage: 101}}", "from 0 to 100"),
        ("{type: plainHosts, checks: {inter: 1s}}", "`timeout` from 0 to `inter`"),
        ("{type: plainHosts, vrrp: {priority: 255}}", "from 1 to 254"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        experiment(tmp_path, f"  controlPlane: {written}\n")
    assert said in str(error.value)
    assert "planes.yaml:15:" in str(error.value)


def test_what_has_no_counterpart_is_named_with_its_place(tmp_path: Path) -> None:
    found = experiment(tmp_path, "  policies: [{name: hosts, controlPlane: {type: plainHosts}}]\n")
    ours = [one for one in found.design.named if one.why == "no counterpart in plainHosts"]
    assert {one.field: (str(one.effect), one.first.line) for one in ours} == {
        "HorizontalPodAutoscaler/web": ("too bad", 19),
        "Pod spec.containers.readinessProbe of Deployment/web": ("unknown", 17),
    }
    [warning] = [warning for warning in found.warnings if "counterpart" in warning]
    assert "planes.yaml:10:" in warning
    assert "no counterpart in plainHosts" in warning


def test_the_same_luck_meets_both_and_losses_are_told_in_the_words_of_each(tmp_path: Path) -> None:
    both = experiment(tmp_path, "  policies: [{name: kube}, {name: hosts, controlPlane: {type: plainHosts}}]\n")
    found = both.run(workers=1)
    assert found.failed.empty
    stages = {policy: {str(part.stage) for part in found.parts("web", policy)} for policy in found.policies}
    assert Stage.TOLERATED in stages["kube"]
    assert stages["hosts"] >= {Stage.UNDETECTED, Stage.HOST_DOWN, Stage.NOT_UP}
    assert not stages["hosts"] & {Stage.TOLERATED, Stage.QUEUED, Stage.WAITING}
    # One replica: away for an hour each time, where Kubernetes makes another after 6 min.
    assert found.availability("web", "hosts").value < found.availability("web", "kube").value

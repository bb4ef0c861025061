"""`controlPlane` in an experiment: which one runs the containers of which policy, and what has no counterpart in it."""

from pathlib import Path
from typing import get_type_hints

import pytest

from experiments import Experiment
from experiments.attribution.stages import Stage
from experiments.attribution.words import WORDS
from models.input.problems import InputError
from models.manifests.counterparts import without_counterpart
from simulator.control_planes.swarm import Swarm
from simulator.control_planes.wiring import Orchestrator
from simulator.registry import classes
from simulator.swarm.options import FailureAction, Order, UpdateConfig
from tests.experiments.file.planes import planes

APP = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule}
      containers:
      - name: web
        image: web:1
        lifecycle: {preStop: {sleep: {seconds: 5}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
"""


def experiment(folder: Path, more: str = "") -> Experiment:
    return planes(folder, APP, more)


def test_without_one_it_is_kubernetes_and_to_say_so_changes_no_id(tmp_path: Path) -> None:
    [plain] = experiment(tmp_path).scenarios()
    [said] = experiment(tmp_path, "  controlPlane: {type: kubernetes}\n").scenarios()
    assert plain.control_plane is said.control_plane is None
    assert plain.id == said.id


def test_a_policy_has_the_one_that_is_given_last(tmp_path: Path) -> None:
    more = """  controlPlane: {type: swarm, heartbeatPeriod: 2s}
  policies:
  - {name: swarm}
  - {name: kubernetes, controlPlane: {type: kubernetes}}
  - name: tuned
    controlPlane:
      type: swarm
      stopGracePeriod: 20s
      restart: {delay: 1s, maxAttempts: 3}
      update: {parallelism: 2, order: start-first, failureAction: rollback, maxFailureRatio: 0.3, monitor: 1m}
"""
    swarm, kubernetes, tuned = experiment(tmp_path, more).scenarios()
    assert swarm.control_plane == Swarm(heartbeat_period=2.0)
    assert kubernetes.control_plane is None
    assert isinstance(tuned.control_plane, Swarm)
    assert tuned.control_plane.restart.delay == 1.0
    assert tuned.control_plane.update == UpdateConfig(
        2, Order.START_FIRST, failure_action=FailureAction.ROLLBACK, monitor=60.0, max_failure_ratio=0.3
    )
    assert len({swarm.id, kubernetes.id, tuned.id}) == 3


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{type: swam}", "swarm"),
        ("{type: swarm, heartbeatPeriods: 2s}", "heartbeatPeriod"),
        ("{type: swarm, heartbeatPeriod: 2 parsecs}", "heartbeatPeriod"),
        ("{type: swarm, update: {order: stop-last}}", "stop-first"),
        ("{type: swarm, update: {maxFailureRatio: 2}}", "from 0 to 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        experiment(tmp_path, f"  controlPlane: {written}\n")
    assert said in str(error.value)
    assert "planes.yaml:15:" in str(error.value)


def test_what_manifests_say_without_a_counterpart_is_named_by_object_with_its_place(tmp_path: Path) -> None:
    found = experiment(tmp_path, "  policies: [{name: swarm, controlPlane: {type: swarm}}]\n").design.named
    ours = [one for one in found if one.why == "no counterpart in swarm"]
    named = {one.field: (str(one.effect), Path(one.first.file).name, one.first.line) for one in ours}
    assert named == {
        "PodDisruptionBudget/web": ("too bad", "app.yaml", 21),
        "Pod spec.topologySpreadConstraints of Deployment/web": ("too bad", "app.yaml", 15),
        "Pod spec.containers.lifecycle.preStop of Deployment/web": ("too bad", "app.yaml", 19),
    }


def test_failure_modes_without_a_counterpart_are_named_and_do_not_strike(tmp_path: Path) -> None:
    both = experiment(tmp_path, "  policies: [{name: shipped}, {name: swarm, controlPlane: {type: swarm}}]\n")
    shipped, swarm = both.scenarios()
    assert [mode.name for mode in shipped.failures] == ["dns", "crash"]
    assert [mode.name for mode in swarm.failures] == ["crash"]
    [warning] = [warning for warning in both.warnings if "counterpart" in warning]
    assert "planes.yaml:10:" in warning
    assert "dnsOutage has no counterpart in swarm, so nothing comes of it under policy 'swarm'" in warning


@pytest.mark.parametrize("name", sorted(classes("controlPlane")))
def test_every_control_plane_says_what_it_is(name: str) -> None:
    kind = classes("controlPlane")[name]
    chosen: Orchestrator = kind()
    assert chosen.called == name
    known = {*classes("failure"), *classes("operation"), "scheduler", "nodeAutoscaler", "load"}
    assert set(chosen.without) <= known
    assert set(get_type_hints(Orchestrator)) <= set(dir(chosen))
    if name != "kubernetes":
        assert without_counterpart((), name) == ()
        assert set(WORDS[name].values()) <= set(Stage)


def test_the_same_luck_meets_both_and_losses_are_told_in_each_ones_words(tmp_path: Path) -> None:
    both = experiment(tmp_path, "  policies: [{name: shipped}, {name: swarm, controlPlane: {type: swarm}}]\n")
    found = both.run(workers=1)
    assert found.failed.empty
    stages = {policy: {str(part.stage) for part in found.parts("web", policy)} for policy in found.policies}
    assert Stage.TOLERATED in stages["shipped"]
    assert Stage.NOT_DOWN in stages["swarm"]
    assert not stages["swarm"] & {Stage.TOLERATED, Stage.UNDETECTED, Stage.QUEUED}
    assert found.availability("web", "swarm").value > found.availability("web", "shipped").value

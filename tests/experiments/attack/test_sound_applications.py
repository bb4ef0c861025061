"""Applications that any two failures and operations leave up: the attack finds nothing, and has tried all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.attack.app import (
    APART,
    CRASH,
    DRAIN,
    NODE,
    OVER_ZONES,
    ROLLOUT,
    TOGETHER,
    ZONE,
    attacked,
    budget,
    deployment,
    experiment,
    tolerating,
)

NONE_MISSING = "{rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}"
STATEFUL = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 3
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: main, image: "web:1"}]
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: DoNotSchedule
        labelSelector: {matchLabels: {app: web}}
"""
Built = Callable[[Path], Path]
SOUND: dict[str, tuple[Built, dict[str, Any]]] = {
    "three replicas, each on a node of its own": (
        lambda folder: experiment(folder, deployment(3, APART), nodes=4, failures=(NODE,)),
        {},
    ),
    "three replicas, each in a zone of its own": (
        lambda folder: experiment(folder, deployment(3, OVER_ZONES), nodes=3, zones="a, b, c", failures=(ZONE,)),
        {},
    ),
    "a budget that lets a drain take none of few": (
        lambda folder: experiment(
            folder, deployment(2, TOGETHER), budget("minAvailable: 1"), nodes=3, operations=(DRAIN,)
        ),
        {},
    ),
    "a rollout that takes none away before another is there": (
        lambda folder: experiment(
            folder, deployment(3, strategy=NONE_MISSING), nodes=3, failures=(CRASH,), operations=(ROLLOUT,)
        ),
        {},
    ),
    "a toleration that is over soon": (
        lambda folder: experiment(folder, deployment(1, tolerating(10)), nodes=3, failures=(NODE,)),
        {"longer_than": 240.0},
    ),
    "room for what a lost node ran": (
        lambda folder: experiment(
            folder,
            deployment(3, tolerating(10), cpu="1500m"),
            nodes=4,
            failures=(NODE,),
            available="{when: readyEndpoints, atLeast: 2}",
        ),
        {"longer_than": 240.0},
    ),
    "a StatefulSet over three zones": (
        lambda folder: experiment(folder, STATEFUL, nodes=3, zones="a, b, c", failures=(ZONE,)),
        {},
    ),
    "two Deployments behind one Service": (
        lambda folder: experiment(
            folder, deployment(2, APART), deployment(2, APART, name="spare"), nodes=4, failures=(NODE,)
        ),
        {},
    ),
    "a quorum of five, each on a node of its own": (
        lambda folder: experiment(folder, deployment(5, APART), nodes=5, failures=(NODE,), available="{when: quorum}"),
        {},
    ),
    "three replicas that crash": (
        lambda folder: experiment(folder, deployment(3), nodes=2, failures=(CRASH,)),
        {},
    ),
    "all that usually happens, to four replicas over three zones": (
        lambda folder: experiment(
            folder, deployment(4, OVER_ZONES, APART), budget("maxUnavailable: 1"), nodes=6, zones="a, b, c"
        ),
        {},
    ),
}
SLOW = ("all that usually happens, to four replicas over three zones",)


@pytest.mark.parametrize(
    "soundness", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in SOUND]
)
def test_nothing_is_found_up_to_two(soundness: str, tmp_path: Path) -> None:
    built, asked = SOUND[soundness]
    found = attacked(built(tmp_path), **asked)
    (verdict,) = found.verdicts
    assert verdict.breaks == ()
    assert (verdict.survives(1), verdict.survives(2)) == (True, True)
    assert found.not_tried == {}
    assert found.exit_code == 0

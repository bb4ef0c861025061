"""Applications with one weakness each: the attack finds it, and no way that is shorter or beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.attack.app import (
    CRASH,
    DRAIN,
    IN_ZONE_A,
    NODE,
    RATHER_APART,
    ROLLOUT,
    TOGETHER,
    ZONE,
    attacked,
    budget,
    deployment,
    experiment,
    tolerating,
    ways,
)

VOLUME_IN_ZONE_A = """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: shared}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteMany]
  storageClassName: ""
  nfs: {server: files, path: /}
  nodeAffinity:
    required:
      nodeSelectorTerms: [{matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [a]}]}]
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: shared}
spec: {storageClassName: "", volumeName: shared, accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
"""
MOUNTED = "volumes: [{name: shared, persistentVolumeClaim: {claimName: shared}}]"
SLOW_START = "  behaviour: {startup: {kind: fixed, value: 2m}}"
ALL_AT_ONCE = "{rollingUpdate: {maxUnavailable: 100%, maxSurge: 0}}"

Built = Callable[[Path], Path]
PLANTED: dict[str, tuple[Built, dict[str, Any], list[tuple[str, ...]]]] = {
    "a single replica": (
        lambda folder: experiment(folder, deployment(1), nodes=2, failures=(NODE, CRASH)),
        {},
        [("crash",), ("node-crash",)],
    ),
    "all replicas on one node": (
        lambda folder: experiment(folder, deployment(3, TOGETHER), nodes=3, failures=(NODE, CRASH)),
        {},
        [("node-crash",)],
    ),
    "all replicas in one zone": (
        lambda folder: experiment(
            folder, deployment(2, IN_ZONE_A, RATHER_APART), nodes=4, zones="a, b", failures=(NODE, ZONE)
        ),
        {},
        [("zone-outage",)],
    ),
    "a budget that lets a drain take all": (
        lambda folder: experiment(
            folder,
            deployment(2, TOGETHER),
            budget("maxUnavailable: 100%"),
            nodes=3,
            failures=(CRASH,),
            operations=(DRAIN,),
        ),
        {},
        [("drain",)],
    ),
    "a volume that is in one zone": (
        lambda folder: experiment(
            folder,
            VOLUME_IN_ZONE_A,
            CLAIM,
            deployment(2, MOUNTED, RATHER_APART),
            nodes=4,
            zones="a, b",
            failures=(NODE, ZONE),
        ),
        {},
        [("zone-outage",)],
    ),
    "a rollout that replaces all at once": (
        lambda folder: experiment(
            folder,
            deployment(2, strategy=ALL_AT_ONCE),
            nodes=2,
            failures=(CRASH,),
            operations=(ROLLOUT,),
            more=SLOW_START,
        ),
        {},
        [("release",)],
    ),
    "one of two Deployments that is never ready": (
        lambda folder: experiment(
            folder, deployment(1), deployment(2, name="spare", cpu="3"), nodes=3, failures=(CRASH,)
        ),
        {},
        [("crash",)],
    ),
    "replicas that would rather be apart, and too few nodes for a quorum": (
        lambda folder: experiment(
            folder, deployment(3, RATHER_APART), nodes=2, failures=(NODE, CRASH), available="{when: quorum}"
        ),
        {},
        [("node-crash",)],
    ),
    "a toleration that is longer than anybody waits": (
        lambda folder: experiment(folder, deployment(1, tolerating(300)), nodes=3, failures=(NODE, CRASH)),
        {"longer_than": 240.0},
        [("node-crash",)],
    ),
    "no room for what a lost node ran": (
        lambda folder: experiment(
            folder,
            deployment(3, tolerating(10), cpu="1500m"),
            nodes=3,
            failures=(NODE,),
            available="{when: readyEndpoints, atLeast: 2}",
        ),
        {"longer_than": 240.0},
        [("node-crash", "node-crash")],
    ),
    "a rollout that goes on before what it started can answer": (
        lambda folder: experiment(
            folder,
            deployment(3, strategy="{rollingUpdate: {maxUnavailable: 0}}", probed=False),
            nodes=3,
            failures=(CRASH,),
            operations=(ROLLOUT,),
        ),
        {},
        [("release", "crash")],
    ),
    "a second crash while the first is remembered": (
        lambda folder: experiment(folder, deployment(1), nodes=2, failures=(CRASH,)),
        {"longer_than": 8.0},
        [("crash", "crash")],
    ),
}


@pytest.mark.parametrize("weakness", PLANTED)
def test_a_planted_weakness_is_found(weakness: str, tmp_path: Path) -> None:
    built, asked, expected = PLANTED[weakness]
    found = attacked(built(tmp_path), **asked)
    assert ways(found) == expected
    assert found.exit_code == 1
    (verdict,) = found.verdicts
    assert verdict.survives(1) is (len(expected[0]) > 1)
    assert verdict.survives(2) is False
    assert verdict.breaks[0].timeline is not None

"""Pods that the API server refuses: the reason stands above the table, and `why` has a stage for it.

The files are in tests/data/cases. One replica on three nodes that fail every 10 days for 2 hours: 99.950 %.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from experiments.experiment import Experiment
from experiments.report.remarks import above
from experiments.results import Results
from models.quota import ResourceQuota
from models.reference import Absences
from tests.experiments.attribution.scenarios import home, lost, run, transition
from tests.simulator.clusters import FOREVER, Kind, cluster, deployment, down, nodes, template

CASES = Path(__file__).parents[1] / "data" / "cases"


def results(case: str, *settings: str) -> Results:
    return Experiment.from_yaml(CASES / case / "e.yaml", settings).run()


def stages(found: Results) -> set[str]:
    return set(found.tables["losses"]["stage"])


def test_a_quota_of_no_pods() -> None:
    found = results("quota")
    assert set(found.runs["availability"]) == {0.0}
    assert above(found) == [
        'not made under as-shipped: up to 1 pod in 4 replications: FailedCreate: pods "web-r0-" is forbidden: '
        "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0"
    ]
    assert stages(found) == {"not created: exceeded quota"}


def test_an_account_that_is_not_there() -> None:
    found = results("sa-missing", "references=strict")
    assert set(found.runs["availability"]) == {0.0}
    assert stages(found) == {"not created: forbidden"}


def test_a_namespace_that_takes_hardened_pods_only() -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": labels}}
    policies = [{"name": "free"}, {"name": "restricted", "add": [namespace]}]
    found = Experiment.from_yaml(CASES / "sa-missing" / "e.yaml").set("policies", policies).run(replications=1)
    assert found.runs.groupby("policy")["availability"].mean()["restricted"] == 0.0
    [refused] = above(found)
    assert refused.startswith("not made under restricted: up to 1 pod in 1 replication: FailedCreate: pods")
    assert 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container' in refused
    losses = found.tables["losses"]
    assert set(losses.loc[losses["policy"] == "restricted", "stage"]) == {"not created: forbidden"}


def test_a_replacement_without_room_waits_for_it_and_for_the_next_try() -> None:
    """What a quota adds is a stage of its own; detection and toleration stay what they were."""
    free = cluster(nodes(2), deployment())
    tight = replace(free, quotas=(ResourceQuota("q", {"pods": 1}),))
    crash = down(home(free), at=10.0, lasting=FOREVER)
    before, after = lost(run(free, crash)), run(tight, crash)
    found = lost(after)
    waited = found.pop((crash.name, "not created: exceeded quota"))
    assert found == pytest.approx(before, abs=1e-3)
    deleted = transition(after, Kind.POD_DELETING, 1)
    assert waited == pytest.approx(transition(after, Kind.POD_PHASE, 1, since=deleted) - deleted, abs=2e-3)
    assert 60.0 < waited < 700.0


def test_what_a_pod_lacks_is_another_reason_than_a_quota() -> None:
    refused = replace(template("web"), absences=Absences(refused='pods "{}" is forbidden: no'))
    found = lost(run(cluster(nodes(1), deployment(pods=refused))))
    assert found == {("", "not created: forbidden"): 2000.0}

"""Differences that attribution contradicts, and those that it bears out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments import Experiment, Results
from experiments.findings.contradiction import contradiction
from experiments.report import difference, plain, remarks, text
from experiments.runner import run as runner
from tests.experiments import fakes
from tests.experiments.fakes import Unit

SHOP = Path(__file__).resolve().parents[3] / "experiments" / "manifests" / "shop.yaml"
RELEASE = {"name": "release", "type": "rollout", "target": "Deployment/frontend", "every": "7d"}
CRASH = {"name": "crash", "type": "containerCrash", "timeToFailure": {"kind": "exponential", "mean": "10d"}}
COLUMNS = ["policy", "replication", "service", "cause", "stage", "lost_s", "lengths_s"]


@pytest.fixture(scope="module")
def worse() -> Results:
    """Two policies of which the second is worse, without doubt."""
    units = {"as-shipped": Unit(864000.0, 1800.0), "released": Unit(432000.0, 1800.0)}
    return runner.run(fakes.plan(units), replications=20, simulate=fakes.simulate)


def told(of: Results, cause: str, **differing: Any) -> Results:
    """The findings with all downtime of the second policy due to a cause, and the policies differing by so much."""
    rows = [
        (row.policy, row.replication, row.service, cause if row.policy == "released" else "crash", "start", down, "[]")
        for row in of.runs.itertuples()
        if (down := row.downtime_s) > 0
    ]
    losses = pd.DataFrame(rows, columns=COLUMNS)
    policies = [{"name": "as-shipped", "failures": [CRASH]}, {"name": "released", "failures": [CRASH], **differing}]
    return Results(of.manifest, {**of.tables, "losses": losses}, {"spec": {"policies": policies}})


def test_a_difference_in_causes_that_both_policies_have_is_marked_and_explained(worse: Results) -> None:
    of = told(worse, "crash", operations=[RELEASE])
    found = contradiction(of, "cart", "released")
    assert found is not None
    assert (found.modes, found.attributed) == (("release",), 0.0)
    assert difference.shown(of, "cart", "released").endswith("*** †")
    (sentence,) = difference.remarks(of)
    assert sentence.startswith(
        "† released differs from as-shipped only by release. That is to blame for 0s at frontend, 0s"
    )
    assert sentence in remarks.notes(of)
    assert sentence in plain.comparison(of)["notes"]
    assert [row[-1].endswith(" †") for row in text.table(of).rows] == [False, True, False, True]


@pytest.mark.parametrize(
    ("cause", "differing"),
    [
        ("release", {"operations": [RELEASE]}),
        ("crash", {"operations": [RELEASE], "patches": [{"set": {"spec.replicas": 2}}]}),
        ("crash", {"failures": [{**CRASH, "timeToFailure": {"kind": "fixed", "value": "5d"}}]}),
        ("crash", {}),
    ],
    ids=["the operation cost it", "replicas differ too", "the mode is another", "nothing differs"],
)
def test_a_difference_that_attribution_may_explain_is_not(worse: Results, cause: str, differing: Any) -> None:
    of = told(worse, cause, **differing)
    assert contradiction(of, "cart", "released") is None
    assert difference.remarks(of) == []
    assert "†" not in difference.shown(of, "cart", "released")


def test_nothing_is_marked_where_nothing_is_resolved_or_was_taken_apart(worse: Results) -> None:
    of = told(worse, "crash", operations=[RELEASE])
    assert contradiction(of, "cart", "as-shipped", "as-shipped") is None
    assert contradiction(Results(of.manifest, worse.tables, of.resolved), "cart", "released") is None
    few = {
        name: table.loc[table["replication"] < 1] if "replication" in table else table
        for name, table in of.tables.items()
    }
    assert contradiction(Results(replace(of.manifest, replications=1), few, of.resolved), "cart", "released") is None


def test_what_a_cheaper_operation_spares_is_marked_with_its_sign(worse: Results) -> None:
    of = told(worse, "crash", operations=[RELEASE])
    found = contradiction(of, "cart", "as-shipped", "released")
    assert found is not None
    assert found.modes == ("release",)
    assert of.comparison("cart", "as-shipped", "released").difference.high < 0


@pytest.mark.slow
def test_releases_that_cost_nothing_hardly_ever_seem_to_and_are_marked_where_they_do() -> None:
    """Rolling updates that take no endpoint away: pods lie elsewhere, other bursts hit them, the law is the same."""
    spared = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    patch = {"target": {"kind": "Deployment"}, "set": {"spec.strategy": spared}}
    released = [{**RELEASE, "name": f"release-{name}", "target": f"Deployment/{name}"} for name in ("frontend", "cart")]
    bursts = {
        "name": "node-burst",
        "type": "nodeBurst",
        "burstShare": 0.5,
        "meanSize": 3,
        "timeToFailure": {"kind": "exponential", "mean": "30d"},
        "timeToRepair": {"kind": "lognormal", "median": "8m", "p95": "1h"},
    }
    experiment = (
        Experiment.from_manifests(SHOP)
        .cluster(nodes=6)
        .set("services", [{"name": "frontend"}, {"name": "cart"}])
        .failures(bursts)
        .policy("kept", replicas=2, spread="node", patches=[patch])
        .policy("released", extends=["kept"], operations=released)
        .only("kept", "released")
    )
    starred = 0
    for seed in range(1, 7):
        of = experiment.set("seed", seed).run(replications=30)
        resolved = [name for name in of.services if (against := of.comparison(name, "released")) and against.resolved]
        assert all(contradiction(of, name, "released") for name in resolved)
        assert all(of.comparison(name, "released").outages > 20 for name in of.services)
        starred += bool(resolved)
    assert starred <= 1

"""Situations that people met with Services on real clusters: what Kubernetes does must come out.

The files are in tests/data/cases; each test names the rule and where it is known from.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments.experiment import Experiment
from experiments.results import Results

CASES = Path(__file__).parents[1] / "data" / "cases"


def experiment(case: str, file: str = "e.yaml", **fields: Any) -> Experiment:
    found = Experiment.from_yaml(CASES / case / file)
    for path, value in fields.items():
        found = found.set(path.replace("__", "."), value)
    return found


def availability(found: Results) -> float:
    return float(found.runs["availability"].mean())


def answered(found: Results) -> float:
    """The share of requests that were answered."""
    return float(1 - found.requests["lost"].sum() / found.requests["offered"].sum())


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.equals(other)


def test_terminating_endpoints_serve_while_no_other_is_ready() -> None:
    """KEP-1669, GA in 1.28 (kubernetes/kubernetes#85643): the old pod serves for 25 s, the new one is up after 16 s."""
    found = experiment("terminating-endpoints").run()
    assert availability(found) == 1.0
    assert found.requests["lost"].sum() == 0.0
    assert found.requests["offered"].sum() > 0.0


def test_terminating_endpoints_serve_single_requests_too() -> None:
    traffic = {"service": "web", "rate": {"kind": "constant", "value": 0.05}, "requests": {}}
    found = experiment("terminating-endpoints", spec__traffic=[traffic], spec__replications=1).run()
    assert found.requests["offered"].sum() > 100_000
    assert found.requests["lost"].sum() == 0.0


def test_an_outage_begins_when_the_last_terminating_endpoint_stops() -> None:
    """The new one is up after 75 s, the image is there: what availability lacks, requests lack too, but for lags."""
    found = experiment("terminating-endpoints", spec__behaviour__startup={"kind": "fixed", "value": "75s"}).run()
    outages = found.outages["end_s"] - found.outages["start_s"]
    assert len(outages) > 100
    assert outages.median() == pytest.approx(75 - 25, abs=3)
    assert answered(found) == pytest.approx(availability(found), abs=0.1 * (1 - availability(found)))


def test_clients_on_nodes_without_an_endpoint_get_nothing_by_internal_traffic_policy_local() -> None:
    """kubernetes/kubernetes#121371: one replica, three nodes."""
    by_manifest, by_experiment = (
        experiment("service-traffic-policy", name).run() for name in ("e.yaml", "e-said.yaml")
    )
    assert same(by_manifest.requests, by_experiment.requests)
    assert answered(by_manifest) == pytest.approx(1 / 3, abs=0.001)
    assert same(by_manifest.runs, by_experiment.runs)


def test_a_policy_of_a_service_is_as_the_experiment_says_it_otherwise() -> None:
    by_manifest, by_experiment = (experiment("local-clients", name).run() for name in ("e.yaml", "e-truth.yaml"))
    assert same(by_manifest.requests, by_experiment.requests)
    assert answered(by_manifest) == pytest.approx(1 / 3, abs=0.001)
    assert availability(by_manifest) == availability(by_experiment)


def test_an_experiment_may_overrule_the_policy_of_a_service() -> None:
    everywhere = experiment("local-clients", **{"spec__traffic[0]__routing": []}).run()
    assert answered(everywhere) > 0.999


def test_local_clients_are_named_where_no_traffic_shows_them() -> None:
    assert experiment("local-clients").named == ()
    [named] = experiment("local-clients", spec__traffic=[]).named
    assert (named.field, named.effect, named.count) == ("Service spec.internalTrafficPolicy", "too good", 1)
    assert str(named.first).endswith("m.yaml:39:26")


def test_a_client_stays_with_its_endpoint_by_session_affinity() -> None:
    """With few clients the endpoints have unequal loads; the lost are those of the endpoint that died."""
    given = experiment("service-traffic-policy", "e-session.yaml", spec__replications=1, spec__duration="2d")
    level = {"service": "web", "rate": {"kind": "constant", "value": 0.5}, "requests": {"clients": 1}}
    sticky = given.set("spec.traffic", [level]).run()
    said = given.set("spec.traffic", [{**level, "balancing": {"type": "sessionAffinity"}}]).run()
    spread = given.set("spec.traffic", [{**level, "balancing": {"type": "random"}}]).run()
    assert same(sticky.requests, said.requests)
    assert not same(sticky.requests, spread.requests)
    assert given.named == ()


def test_a_named_port_that_no_container_has_leads_nowhere() -> None:
    """k8s.io/endpointslice: the pod is an endpoint for the ports that it has, here none."""
    given = experiment(
        "named-target-port", spec__traffic=[{"service": "web", "rate": {"kind": "constant", "value": 1}}]
    )
    found = given.run()
    assert availability(found) == answered(found) == 0.0
    [warning] = given.warnings
    assert "no container of the pods that it selects has a port named nope (TCP): it has no endpoints" in warning
    lost = found.tables["losses"].groupby("stage")["lost_s"].sum()
    assert lost["not an endpoint"] / lost.sum() > 0.99

"""Traffic through a whole experiment: tables, estimates, the end of a run, the report."""

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments import Experiment, Results
from experiments.findings.pairs import of_pair
from experiments.findings.requests import lost_to
from experiments.report.requests import table
from experiments.report.text import show, summary_html
from experiments.store.tables import COLUMNS

SHOP = str(Path(__file__).resolve().parents[3] / "experiments" / "manifests" / "shop.yaml")
TWO = {"target": {"kind": "Deployment", "name": "frontend"}, "set": {"spec.replicas": 2}}


def experiment(folder: Path, traffic: dict[str, Any] | None = None, name: str = "e", **spec: Any) -> Experiment:
    given = {
        "service": "frontend",
        "rate": {"kind": "constant", "value": 2},
        "endpointLag": {"kind": "fixed", "value": "2s"},
    }
    document = {
        "apiVersion": "kubenines/v1",
        "kind": "Experiment",
        "metadata": {"name": "requests"},
        "spec": {
            "duration": "30d",
            "cluster": {"pools": [{"name": "n", "count": 3, "allocatable": {"cpu": "4", "memory": "16Gi"}}]},
            "manifests": [SHOP],
            "services": [{"name": "frontend"}],
            "failures": [
                {"name": "oom", "type": "containerCrash", "timeToFailure": {"kind": "exponential", "mean": "1d"}},
            ],
            "traffic": [given | (traffic or {})],
            "calls": [{"from": "frontend", "to": "cart"}, {"from": "cart", "to": "store"}],
            "policies": [{"name": "two", "patches": [TWO]}],
            **spec,
        },
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return Experiment.from_yaml(path)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("requests")
    patient = {"name": "patient", "extends": ["two"], "traffic": [_retrying()]}
    policies = [{"name": "two", "patches": [TWO]}, patient]
    return experiment(folder, policies=policies).run(replications=8, out=folder / "out")


def _retrying() -> dict[str, Any]:
    rate = {"kind": "constant", "value": 2}
    return {
        "service": "frontend",
        "rate": rate,
        "endpointLag": {"kind": "fixed", "value": "2s"},
        "retries": {"attempts": 1},
    }


def test_every_lost_request_has_a_reason(results: Results) -> None:
    requests, lost = results.tables["requests"], results.tables["lost_requests"]
    assert list(requests.columns) == list(COLUMNS["requests"])
    assert requests["service"].unique().tolist() == ["frontend", "frontend+calls"]
    assert (requests["offered"] == 2 * 30 * 86400.0).all()
    keys = ["policy", "replication", "service"]
    total = lost.groupby(keys)["lost"].sum()
    assert total.to_dict() == pytest.approx(requests.query("lost > 0").set_index(keys)["lost"].to_dict())
    assert ((lost["start_s"] >= 0) & (lost["start_s"] < lost["end_s"])).all()
    assert (lost["end_s"] <= 30 * 86400.0).all()


def test_requests_are_lost_while_time_says_that_all_is_well(results: Results) -> None:
    """Two pods die each day and are listed until it is noticed (0.5 s) and 2 s more: half of the requests then."""
    found = results.request_availability("frontend", "two")
    assert found is not None
    assert found.low < found.value < found.high < 1
    assert results.availability("frontend", "two").is_bound
    assert 1 - found.value == pytest.approx(2 * 2.5 / 2 / 86400.0, rel=0.2)
    assert lost_to(of_pair(results.tables["lost_requests"], "frontend", "two"))[0][0] == "dead endpoint (oom)"


def test_a_retry_elsewhere_saves_them(results: Results) -> None:
    plain, patient = (results.request_availability("frontend", policy) for policy in ("two", "patient"))
    assert plain is not None
    assert patient is not None
    assert patient.is_bound
    assert results.tables["requests"].groupby("policy")["retries"].sum()["patient"] > 100


def test_a_chain_is_no_better_than_its_links(results: Results) -> None:
    alone, chain = (results.request_availability(s, "two") for s in ("frontend", "frontend+calls"))
    assert alone is not None
    assert chain is not None
    assert chain.value < alone.value
    assert results.availability("frontend+calls", "two").high < 1
    assert {"call (cart)", "call (store)"} <= {
        reason for reason, _ in lost_to(of_pair(results.tables["lost_requests"], "frontend+calls", "two"))
    }


def test_a_callee_keeps_its_namespace(results: Results) -> None:
    lost = results.tables["lost_requests"]
    spaced = lost.assign(cause=lost["cause"].mask(lost["why"] == "call", "shop/" + lost["cause"]))
    named = Results(results.manifest, dict(results.tables) | {"lost_requests": spaced})
    assert {"call (shop/cart)", "call (shop/store)"} <= {
        why for why, _ in lost_to(of_pair(named.tables["lost_requests"], "frontend+calls", "two"))
    }


def test_the_summary_has_both_availabilities(results: Results) -> None:
    summary = results.summary()
    assert len(summary) == 4
    seen = summary["request_availability"].notna()
    assert seen.tolist() == [True, False, True, True]
    assert (summary["request_availability_low"] < summary["request_availability"])[seen].all()


def test_the_end_of_a_run_shows_requests(results: Results, tmp_path: Path) -> None:
    assert [row[0] for row in table(results).rows] == ["frontend", "frontend", "frontend+calls", "frontend+calls"]
    with (tmp_path / "out.txt").open("w", encoding="utf-8") as file:
        show(results, file)
    text = (tmp_path / "out.txt").read_text(encoding="utf-8")
    assert "REQUESTS TO" in text
    assert "dead endpoint (oom)" in text
    assert "REQUESTS TO" in summary_html(results)
    assert '<h2 id="requests">' in results.to_html(tmp_path / "report.html").read_text(encoding="utf-8")


def test_results_are_read_as_they_were_written(results: Results) -> None:
    assert results.path is not None
    again = Results.open(results.path)
    for name in ("requests", "lost_requests"):
        assert again.tables[name].equals(results.tables[name])
    assert again.summary().equals(results.summary())


def test_without_traffic_nothing_is_said_of_requests(tmp_path: Path) -> None:
    plain = experiment(tmp_path, traffic=None, calls=[]).set("traffic", []).run(replications=2)
    assert not table(plain)
    assert plain.request_availability("frontend", "two") is None
    assert "request_availability" not in plain.summary().columns
    assert "REQUESTS TO" not in summary_html(plain)


def test_single_requests_tell_the_same_as_fluid_traffic(tmp_path: Path) -> None:
    """The same runs; the numbers of lost requests differ by chance only."""
    rate = {"rate": {"kind": "constant", "value": 0.5}, "serviceTime": {"kind": "fixed", "value": "1ms"}}
    fluid = experiment(tmp_path, rate).run(replications=6)
    single = experiment(tmp_path, rate | {"requests": {}}, name="single").run(replications=6)
    lost = [run.tables["requests"].query("service == 'frontend'")["lost"].sum() for run in (fluid, single)]
    assert lost[0] > 100
    assert abs(lost[1] - lost[0]) < 4 * math.sqrt(lost[0])
    assert single.tables["requests"].query("service == 'frontend'")["latency_p99_s"].between(0.9e-3, 1.2e-3).all()
    chains = [run.tables["requests"].query("service == 'frontend+calls'")["lost"].to_list() for run in (fluid, single)]
    assert chains[0] == chains[1]


def test_a_zone_outage_overloads_the_zones_that_are_left_and_more_so_near_their_clients() -> None:
    config = Path(SHOP).parents[1] / "configs" / "zone-outage.yaml"
    results = Experiment.from_yaml(config).run(replications=4)
    found, lost = results.tables["requests"], results.tables["lost_requests"]
    peaks = found.groupby("policy")["peak_load"].max()
    # Two pods of zone a have 40 % of 240 requests/s, and half of another zone's 30 % on top; each can do 62.
    assert peaks["near"] > peaks["anywhere"] > 1
    overload = lost[lost["why"] == "overload"].groupby("policy")["lost"].sum()
    assert overload["near"] > overload["anywhere"]
    assert (found["overloaded_s"] < 0.01 * 365 * 86400.0).all()

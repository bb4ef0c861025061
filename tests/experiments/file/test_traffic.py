"""Traffic and calls in the experiment file."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments import Experiment
from experiments.design.scenario import canonical
from experiments.metrics.chain import chains
from experiments.store.inputs import with_copies
from models.distributions import Fixed
from models.input.problems import InputError
from models.request_level import Bursts, Connections, FirstComeFirstServed, OutlierEjection, RequestLevel
from models.traffic import Call, Clients, RequestRate, Retries, Traffic
from simulator.traffic.balancing.round_robin import RoundRobin
from simulator.traffic.balancing.uniform_random import Random
from simulator.traffic.routing.traffic_distribution import PreferSameZone

SHOP = str(Path(__file__).resolve().parents[3] / "experiments" / "manifests" / "shop.yaml")
PLAIN = {"service": "frontend", "rate": {"kind": "constant", "value": 10}}


def written(folder: Path, **spec: Any) -> Path:
    document = {
        "apiVersion": "kubenines/v1",
        "kind": "Experiment",
        "metadata": {"name": "traffic"},
        "spec": {
            "duration": "30d",
            "replications": 2,
            "cluster": {
                "pools": [{"name": "n", "count": 3, "zones": ["a", "b"], "allocatable": {"cpu": "4", "memory": "16Gi"}}]
            },
            "manifests": [SHOP],
            "services": [{"name": "frontend"}],
            **spec,
        },
    }
    path = folder / "experiment.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def traffic(folder: Path, *items: dict[str, Any], **spec: Any) -> tuple[Traffic, ...]:
    (scenario,) = Experiment.from_yaml(written(folder, traffic=list(items), **spec)).scenarios()
    return scenario.traffic


def problems(folder: Path, **spec: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        Experiment.from_yaml(written(folder, **spec))
    return [f"{problem.path}: {problem.message}" for problem in caught.value.problems]


def test_what_is_not_said_is_left_to_the_service(tmp_path: Path) -> None:
    assert traffic(tmp_path, PLAIN) == (Traffic("frontend", RequestRate.constant(10.0)),)
    whatever = traffic(tmp_path, {**PLAIN, "routing": [], "balancing": {"type": "random"}})
    assert whatever == (Traffic("frontend", RequestRate.constant(10.0), Random(), ()),)


def test_everything_can_be_said(tmp_path: Path) -> None:
    full = {
        **PLAIN,
        "balancing": {"type": "roundRobin"},
        "routing": [{"type": "preferSameZone"}],
        "endpointLag": {"kind": "fixed", "value": "2s"},
        "clients": [{"at": "zone/a", "weight": 3}, {"at": "node/n-2"}, {"at": "outside"}],
        "timeout": "500ms",
        "retries": {"attempts": 2, "elsewhere": False, "backoff": "100ms", "budgetShare": 0.2},
        "serviceTime": {"kind": "fixed", "value": "20ms"},
        "capacity": 50,
        "requests": {
            "arrivals": {"type": "bursts", "burst": "10s", "pause": "50s"},
            "pod": {"type": "firstComeFirstServed", "concurrency": 4, "queue": 10},
            "clients": 100,
            "ejection": {"consecutive": 3, "most": 0.5},
            "connections": {"number": 10, "maxAge": "10m"},
        },
    }
    ejection = OutlierEjection(3, most=0.5)
    level = RequestLevel(Bursts(10.0, 50.0), FirstComeFirstServed(4, 10), 100, ejection, Connections(10, 600.0))
    assert traffic(tmp_path, full) == (
        Traffic(
            "frontend",
            RequestRate.constant(10.0),
            RoundRobin(),
            (PreferSameZone(),),
            Fixed(2.0),
            (Clients("zone/a", 3.0), Clients("node/n-2"), Clients("outside")),
            0.5,
            Retries(2, False, 0.1, 0.2),
            Fixed(0.02),
            50.0,
            level,
        ),
    )


@pytest.mark.parametrize(
    ("rate", "meant"),
    [
        ({"kind": "wave", "mean": 10, "peak": 15, "peakAt": "20h"}, RequestRate.wave(10.0, 15.0, 72000.0)),
        (
            {"kind": "steps", "steps": [{"at": "0s", "rate": 1}, {"at": "8h", "rate": 5}], "period": "1d"},
            RequestRate(((0.0, 1.0), (28800.0, 5.0)), 86400.0),
        ),
        ({"kind": "trace", "path": "rates.csv"}, RequestRate(((0.0, 3.0), (60.0, 4.5)))),
    ],
)
def test_rates(tmp_path: Path, rate: dict[str, Any], meant: RequestRate) -> None:
    (tmp_path / "rates.csv").write_text("time,rate\n0,3\n60,4.5\n")
    assert traffic(tmp_path, {"service": "frontend", "rate": rate})[0].rate == meant


def test_a_policy_may_bring_other_traffic(tmp_path: Path) -> None:
    patient = {"name": "patient", "traffic": [{**PLAIN, "retries": {"attempts": 1}}]}
    child = {"name": "child", "extends": ["patient"]}
    path = written(tmp_path, traffic=[PLAIN], policies=[{"name": "plain"}, patient, child])
    experiment = Experiment.from_yaml(path)
    assert [s.traffic[0].retries.attempts for s in experiment.scenarios()] == [0, 1, 1]
    again = tmp_path / "again.yaml"
    again.write_text(yaml.safe_dump(experiment.resolved), encoding="utf-8")
    assert [s.id for s in Experiment.from_yaml(again).scenarios()] == [s.id for s in experiment.scenarios()]


def test_the_resolved_file_says_what_was_left_out(tmp_path: Path) -> None:
    (found,) = Experiment.from_yaml(written(tmp_path, traffic=[PLAIN])).resolved["spec"]["traffic"]
    assert not {"balancing", "routing"} & set(found)  # as each policy's Service says
    assert found["endpointLag"]["kind"] == "lognormal"
    assert found["clients"] == [{"at": "nodes", "weight": 1.0}]
    assert found["retries"] == {"attempts": 0, "elsewhere": True, "backoff": "0s", "budgetShare": 1.0, "jitter": 0.0}


def test_connections_are_used_again_if_one_says_so(tmp_path: Path) -> None:
    (plain,) = traffic(tmp_path, PLAIN | {"requests": {}})
    (kept,) = traffic(tmp_path, PLAIN | {"requests": {"connections": {}}})
    assert plain.requests == RequestLevel()
    assert kept.requests == RequestLevel(connections=Connections(number=100, max_age=None))


def test_a_trace_is_an_input_and_goes_along_with_the_results(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("time,rate\n0,3\n")
    trace = {"service": "frontend", "rate": {"kind": "trace", "path": "rates.csv"}}
    experiment = Experiment.from_yaml(written(tmp_path, traffic=[trace]))
    assert tmp_path / "rates.csv" in experiment.inputs
    kept = with_copies(experiment.resolved, experiment.source_path, experiment.inputs)
    assert kept["spec"]["traffic"][0]["rate"]["path"] == "inputs/2-rates.csv"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"service": "frontent"}, "spec.traffic[0].service: there is no Service 'frontent'; did you mean 'frontend'?"),
        ({"clients": [{"at": "zone/c"}]}, "spec.traffic[0].clients[0].at: there is no zone 'c'"),
        ({"weights": [{"at": "zone/c", "weight": 2}]}, "spec.traffic[0].weights[0].at: there is no zone 'c'"),
        (
            {"weights": [{"at": "nodes", "weight": 2}]},
            "spec.traffic[0].weights[0]: expected zone/<zone> or",
        ),
        (
            {"clients": [{"at": "here"}]},
            "spec.traffic[0].clients[0]: expected nodes, outside, zone/<zone> or node/<name> (got 'here')",
        ),
        (
            {"rate": {"kind": "wave", "mean": 10, "peak": 18, "period": "1s"}},
            "spec.traffic[0].rate: it changes 248,832,096 times in a run: expected at most 1,000,000",
        ),
        (
            {"rate": {"kind": "constant", "value": 1e300}, "requests": {}},
            "spec.traffic[0].rate: up to 2.59e+306 requests and bursts would be followed one by one in a run",
        ),
        (
            {"queue": 2**64},
            "spec.traffic[0].queue: expected a number not greater than 9007199254740992 (got 18446744073709551616)",
        ),
        (
            {"requests": {"clients": 10**9}},
            "spec.traffic[0].requests: there must be 1 to 1,000,000 clients (got 1000000000)",
        ),
        (
            {"requests": {"connections": {"number": 10**9}}},
            "spec.traffic[0].requests.connections: expected at most 1,000,000 connections (got 1000000000)",
        ),
        (
            {"requests": {"pod": {"type": "firstComeFirstServed", "concurrency": 10**9}}},
            "spec.traffic[0].requests.pod: a pod works on at most 100,000 requests at once (got 1000000000)",
        ),
        (
            {"requests": {"arrivals": {"type": "batches", "size": 1e9}}},
            "spec.traffic[0].requests.arrivals: batches have 1 to 1,000,000 requests on average (got 1000000000.0)",
        ),
        (
            {"rate": {"kind": "wave", "mean": 10, "peak": 30}},
            "spec.traffic[0]: expected mean <= peak <= 2 mean (got 10.0 and 30.0)",
        ),
        (
            {"requests": {"connections": {"number": 0}}},
            "spec.traffic[0].requests.connections: expected at least one connection, and a positive and finite maxAge",
        ),
        (
            {"requests": {"connections": {"maxage": "10m"}}},
            "spec.traffic[0].requests.connections.maxage: unknown field; did you mean 'maxAge'?",
        ),
        ({"retries": {"attempts": 1000}}, "spec.traffic[0].retries: expected at most 100 attempts (got 1000)"),
        ({"retries": {"attempt": 1}}, "spec.traffic[0].retries.attempt: unknown field; did you mean 'attempts'?"),
    ],
)
def test_mistakes_are_found(tmp_path: Path, item: dict[str, Any], message: str) -> None:
    assert [found[: len(message)] for found in problems(tmp_path, traffic=[PLAIN | item])] == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("when,rate\n0,1\n", "rates.csv: there is no column 'time'; there is when, rate"),
        ("time,rate\n0,1\n5,much\n", "rates.csv:3:1: expected two numbers (got '5' and 'much')"),
        ("time,rate\n5,1\n0,1\n", "rates.csv: the steps of a rate of requests must increase in time"),
        ("time,rate\n0,nan\n", "rates.csv:2:1: expected two numbers (got '0' and 'nan')"),
        ("time,rate,rate\n0,1,2\n", "rates.csv: 2 columns have the name 'rate'"),
        ("time,rate\n", "rates.csv: a rate of requests needs at least one step"),
        ("time,rate\nnan,1\n", "rates.csv:2:1: expected two numbers (got 'nan' and '1')"),
        ("time,rate\n0,1,2\n", "rates.csv:2:1: expected 2 fields, as in the first line (got 3)"),
        (f"time,rate\n0,{'9' * 200_000}\n", "rates.csv:2:1: not CSV: field larger than field limit (131072)"),
    ],
)
def test_traces_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "rates.csv").write_text(text)
    trace = {"service": "frontend", "rate": {"kind": "trace", "path": "rates.csv"}}
    (found,) = problems(tmp_path, traffic=[trace])
    assert found.startswith("spec.traffic[0].rate.path: ")
    assert found.endswith(message)


def test_traffic_is_given_once(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, traffic=[PLAIN, PLAIN])
    assert found.startswith("spec.traffic[1].service: its traffic is given twice (line ")


def test_a_service_that_calls_others_is_measured_with_them(tmp_path: Path) -> None:
    calls = [{"from": "frontend", "to": "cart"}, {"from": "cart", "to": "store"}]
    calls += [{"from": "frontend", "to": "catalogue", "required": False}]
    goal = [{"service": "frontend+calls", "atLeast": "99%"}]
    (scenario,) = Experiment.from_yaml(written(tmp_path, calls=calls, objectives=goal)).scenarios()
    assert scenario.calls[2] == Call("frontend", "catalogue", required=False)
    (chain,) = chains(scenario)
    assert (chain.name, chain.needs) == ("frontend+calls", ("frontend", "cart", "store"))


@pytest.mark.parametrize(
    ("calls", "messages"),
    [
        ([("frontend", "carts")], ["spec.calls[0].to: there is no Service 'carts'; did you mean 'cart'?"]),
        ([("cart", "cart")], ["spec.calls[0]: the Service 'cart' calls itself"]),
        (
            [("frontend", "cart"), ("cart", "store"), ("store", "frontend"), ("cart", "payment")],
            ["spec.calls[2]: Services call each other in a circle: frontend -> cart -> store -> frontend"],
        ),
    ],
)
def test_calls_that_cannot_be(tmp_path: Path, calls: list[tuple[str, str]], messages: list[str]) -> None:
    assert problems(tmp_path, calls=[{"from": a, "to": b} for a, b in calls]) == messages


def test_a_call_is_given_once(tmp_path: Path) -> None:
    call = {"from": "frontend", "to": "cart"}
    (found,) = problems(tmp_path, calls=[call, call])
    assert found.startswith("spec.calls[1]: this call is given twice (line ")


def test_what_requests_ask_of_pods_can_be_said(tmp_path: Path) -> None:
    asked = {"cpuPerRequest": "2500u", "idleCpu": "20m", "rateMetric": "http_requests_per_second", "queue": 100}
    with pytest.raises(InputError, match="expected a duration"):
        traffic(tmp_path, PLAIN | asked)
    [found] = traffic(tmp_path, PLAIN | asked | {"cpuPerRequest": "2.5ms"})
    assert found.cpu_per_request == 0.0025
    assert (found.idle_cpu, found.rate_metric, found.queue) == (20, "http_requests_per_second", 100)


def test_what_is_not_said_of_pods_changes_no_key(tmp_path: Path) -> None:
    """Results from before there was anything to say are those of the same experiment."""
    experiment = Experiment.from_yaml(written(tmp_path, traffic=[PLAIN]))
    assert {"cpuPerRequest", "idleCpu", "rateMetric", "queue"}.isdisjoint(experiment.resolved["spec"]["traffic"][0])
    assert "queue" not in canonical(experiment.scenarios()[0].traffic)


@pytest.mark.parametrize("field", ["cpuPerRequest", "rateMetric"])
def test_what_autoscalers_measure_is_not_given_twice(tmp_path: Path, field: str) -> None:
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "frontend"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "frontend"}, "maxReplicas": 5},
    }
    metric, value = {"cpuPerRequest": ("cpu", "2ms"), "rateMetric": ("rps", "rps")}[field]
    spec = {
        "load": [{"target": "Deployment/frontend", "metric": metric, "steps": [{"at": "0s", "total": 1}]}],
        "policies": [{"name": "scaled", "add": [scaler]}],
    }
    [problem] = problems(tmp_path, traffic=[PLAIN | {field: value}], **spec)
    assert problem.startswith(
        f"spec.traffic[0].{field}: autoscalers get the {metric} of Deployment/default/frontend from"
    )
    assert traffic(tmp_path, PLAIN | {"capacity": 10}, **spec)  # nothing that is given: what would follow gives way

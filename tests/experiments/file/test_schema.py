from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from experiments.file import mistakes
from experiments.file.described import as_written, changed, file_model, partial_model
from experiments.file.fields import written_duration
from experiments.file.schema import ExperimentFile
from experiments.file.source import read
from models.behaviour import PodBehaviour
from models.distributions import (
    Distribution,
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    LogNormal,
    Uniform,
    Weibull,
)
from models.input.documents import parse_documents
from models.labels import LabelSelector, Operator, Requirement, parse_selector
from models.timing import Timing
from models.units import parse_duration
from simulator.registry import classes

DAY = 86_400.0


@dataclass(frozen=True)
class Leak:
    """A failure mode that nothing else knows."""

    name: str
    time_to_failure: Distribution
    every: float = 60.0
    probability: float = 0.5
    select: LabelSelector = LabelSelector()
    zones: tuple[str, ...] = ()
    at: float | None = None
    hard: bool = True
    count: int = 1
    pause: Distribution = Fixed(1.0)


LAW = {"kind": "exponential", "mean": "1d"}


def law(**written: Any) -> Any:
    return file_model(Leak).model_validate({"name": "x", "timeToFailure": written}).value().time_to_failure


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"kind": "exponential", "mean": "30d"}, Exponential(30 * DAY)),
        ({"kind": "fixed", "value": "40m"}, Fixed(2400.0)),
        ({"kind": "weibull", "shape": 0.7, "scale": "1d"}, Weibull(0.7, DAY)),
        ({"kind": "weibull", "shape": 1, "mean": "1d"}, Weibull(1.0, DAY)),
        ({"kind": "lognormal", "median": "8m", "sigma": 1.2}, LogNormal(480.0, 1.2)),
        ({"kind": "lognormal", "median": "8m", "p95": "1h"}, LogNormal.from_quantile(480.0, 3600.0)),
        ({"kind": "lognormal", "mean": "8m", "sigma": 1.2}, LogNormal.from_mean(480.0, 1.2)),
        ({"kind": "gamma", "shape": 2.0, "scale": "1h"}, Gamma(2.0, 3600.0)),
        ({"kind": "gamma", "shape": 2.0, "mean": "2h"}, Gamma(2.0, 3600.0)),
        ({"kind": "uniform", "low": "0s", "high": "1m"}, Uniform(0.0, 60.0)),
        ({"kind": "empirical", "values": ["3s", "1s"]}, Empirical((1.0, 3.0))),
    ],
)
def test_a_law_is_read_as_written(written: dict[str, Any], expected: Distribution) -> None:
    assert law(**written) == expected


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"kind": "weibull", "shape": 1}, "exactly one of 'scale' and 'mean'"),
        ({"kind": "weibull", "shape": 1, "scale": "1d", "mean": "1d"}, "exactly one of 'scale' and 'mean'"),
        ({"kind": "lognormal", "median": "1m"}, "'median' and 'sigma'"),
        ({"kind": "lognormal", "median": "1m", "p95": "30s"}, "p95 must be greater than the median"),
        ({"kind": "exponential", "mean": "0s"}, "mean must be positive"),
        ({"kind": "exponential", "mean": 5}, "a number needs its unit"),
        ({"kind": "gamma", "shape": 0, "scale": "1d"}, "shape must be positive"),
        ({"kind": "empirical", "values": []}, "non-empty"),
    ],
)
def test_a_law_that_makes_no_sense_is_refused(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        law(**written)


def test_a_failure_that_comes_again_at_once_is_refused() -> None:
    """A failure and repair of 0 s would go on for ever at one moment."""
    written = {"type": "nodeCrash", "name": "x", "timeToRepair": {"kind": "fixed", "value": "0s"}}
    for law_of_failure in ({"kind": "fixed", "value": "0s"}, {"kind": "exponential", "mean": "1ms"}):
        with pytest.raises(ValidationError, match="failures must be 1 s apart in the mean, or more"):
            file_model(Leak, "nodeCrash").model_validate(written | {"timeToFailure": law_of_failure})


def test_any_dataclass_is_read_by_its_fields() -> None:
    written = {
        "name": "leak",
        "type": "leak",
        "timeToFailure": LAW,
        "every": "2m",
        "probability": 0.25,
        "select": {"labels": "app=web,tier in (a,b)"},
        "zones": ["a", "b"],
        "at": "1h",
        "hard": False,
        "count": 3,
        "pause": {"kind": "fixed", "value": "2s"},
    }
    expected = Leak(
        "leak",
        Exponential(DAY),
        120.0,
        0.25,
        parse_selector("app=web,tier in (a,b)"),
        ("a", "b"),
        3600.0,
        False,
        3,
        Fixed(2.0),
    )
    assert file_model(Leak, "leak").model_validate(written).value() == expected


def test_the_defaults_of_a_dataclass_are_the_defaults_of_the_file() -> None:
    assert file_model(Leak).model_validate({"name": "x", "timeToFailure": LAW}).value() == Leak("x", Exponential(DAY))


def test_labels_may_be_a_mapping() -> None:
    found = file_model(Leak).model_validate({"name": "x", "timeToFailure": LAW, "select": {"labels": {"app": "web"}}})
    assert found.value().select == LabelSelector.of({"app": "web"})


@pytest.mark.parametrize(
    "value",
    [
        Leak("a", Weibull(0.7, 1234.5), select=parse_selector("app=web,!canary,tier in (a,b),x notin (y),z")),
        Leak("b", Empirical((0.1, 7.0)), at=0.001, pause=LogNormal(1.5, 0.3)),
        Leak("c", Gamma(2.0, 10.1), zones=("a",), pause=Uniform(0.0, 1 / 3)),
        Timing(node_eviction_rate=0.2, unreachable_toleration_seconds=30.5),
        PodBehaviour(),
    ],
)
def test_what_is_written_of_a_value_reads_back_as_the_same_value(value: Any) -> None:
    assert file_model(type(value)).model_validate(as_written(value)).value() == value


def test_a_requirement_that_no_text_can_say_is_refused() -> None:
    with pytest.raises(ValueError, match="Gt"):
        as_written(LabelSelector((Requirement("a", Operator.GT, ("1",)),)))


@given(st.floats(min_value=0, max_value=1e12, allow_nan=False))
def test_a_duration_reads_back_exactly(seconds: float) -> None:
    assert parse_duration(written_duration(seconds)) == pytest.approx(seconds, rel=0, abs=0)


def test_changes_keep_what_is_not_given() -> None:
    written = {"startup": {"kind": "fixed", "value": "3s"}}
    changes = partial_model(PodBehaviour).model_validate(written)
    assert changed(PodBehaviour(), changes) == PodBehaviour(startup=Fixed(3.0))
    assert changed(PodBehaviour(), None) == PodBehaviour()


# ------------------------------------------------------------------------------------------------------- the file

HEAD = """\
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: x}
spec:
  duration: 1y
  cluster: {pools: [{name: general, count: 3, allocatable: {cpu: "4", memory: 16Gi}}]}
  manifests: [shop.yaml]
"""


def problems(text: str) -> list[str]:
    (document,) = parse_documents(text, "e.yaml")
    return sorted(map(str, read(document).problems))


def test_a_small_file_is_enough() -> None:
    assert problems(HEAD) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("  duraton: 1y", "e.yaml:8:3: spec.duraton: unknown field"),
        ("  seed: -1", "e.yaml:8:9: spec.seed: expected a number not less than 0 (got -1)"),
        ("  seed: '1'", "e.yaml:8:9: spec.seed: expected a whole number (got '1')"),
        ("  seed: true", "e.yaml:8:9: spec.seed: expected a whole number (got true)"),
        ("  warmup: 5", "e.yaml:8:11: spec.warmup: expected a duration like 30s, 5m, 12h, 30d or 1y"),
        ("  confidence: 0.95", "e.yaml:8:15: spec.confidence: expected a percentage like 80% (got 0.95"),
        ("  replications: 0", "e.yaml:8:17: spec.replications: expected a number not less than 1 (got 0)"),
        ("  replications: 1000001", "e.yaml:8:17: spec.replications: expected a number not greater than 1000000"),
        ("  seed: 99999999999999999999", "e.yaml:8:9: spec.seed: expected a number not greater than 92233720368547758"),
        ("  confidence: 0%", "e.yaml:8:15: spec.confidence: expected more than 0% and less than 100% (got 0%)"),
        ("  confidence: 100%", "e.yaml:8:15: spec.confidence: expected more than 0% and less than 100% (got 100%)"),
        ("  precision: {relative: 0%}", "e.yaml:8:25: spec.precision.relative: expected more than 0% and less than"),
        ("  precision: {relative: 5%, confidence: 100%}", "spec.precision.confidence: expected more than 0% and less"),
        (
            "  traffic: [{service: a, rate: {kind: constant, value: .inf}}]",
            "e.yaml:8:56: spec.traffic[0].rate.value: expected a number (got '.inf')",
        ),
        (
            "  traffic: [{service: a, rate: {kind: constant, value: '5'}}]",
            "e.yaml:8:56: spec.traffic[0].rate.value: expected a number (got '5')",
        ),
        ("  failures: node", "e.yaml:8:13: spec.failures: expected a list (got 'node')"),
        ("  failures: [node]", "e.yaml:8:14: spec.failures[0]: expected a mapping (got 'node')"),
        (
            "  failures: [{name: a}]",
            "e.yaml:8:14: spec.failures[0]: 'type' is required here; expected one of 'accessRefused', ",
        ),
        (
            "  failures: [{name: a, type: containerCrash, timeToFailure: 30d}]",
            "e.yaml:8:61: spec.failures[0].timeToFailure: expected a mapping (got '30d'); a law is written "
            "{kind: exponential, mean: 30d}",
        ),
        (
            "  failures: [{name: a, type: containerCrash, timeToFailure: {mean: 30d}}]",
            "e.yaml:8:61: spec.failures[0].timeToFailure: 'kind' is required here; expected one of 'empirical', ",
        ),
        (
            "  failures: [{name: a, type: containerCrash, timeToFailure: {kind: exponential}}]",
            "e.yaml:8:61: spec.failures[0].timeToFailure: 'mean' is required here",
        ),
        (
            "  failures: [{name: a, type: nodeCrsh}]",
            "e.yaml:8:30: spec.failures[0]: unknown 'type' 'nodeCrsh'; expected one of "
            f"{', '.join(map(repr, classes('failure')))}; did you mean 'nodeCrash'?",
        ),
        (
            "  failures: [{name: a, type: containerCrash, timeToFailure: {kind: weibul}}]",
            "e.yaml:8:68: spec.failures[0].timeToFailure: unknown 'kind' 'weibul'; expected one of 'exponential', "
            "'weibull', 'lognormal', 'gamma', 'fixed', 'uniform', 'empirical'; did you mean 'weibull'?",
        ),
        (
            "  operations: [{name: r, type: rolout, target: Deployment/a, every: 7d}]",
            "e.yaml:8:32: spec.operations[0]: unknown 'type' 'rolout'; expected one of 'addNode', 'configChange', "
            "'cordon', 'drain', 'forceDelete', 'nodeUpgrade', 'outOfService', 'removeNode', 'rollout', 'scale', "
            "'secretRotation'; did "
            "you mean 'rollout'?",
        ),
        (
            "  operations: [{name: r, type: rollout, target: Deployment/a}]",
            "e.yaml:8:16: spec.operations[0]: a rollout needs `every` or `at`",
        ),
        (
            "  services: [{name: a, available: {when: ready}}]",
            "e.yaml:8:42: spec.services[0].available: unknown 'when' 'ready'; expected one of 'readyEndpoints', "
            "'capacity'",
        ),
        (
            "  services: [{name: a, available: {when: capacity, atLeast: 0.8}}]",
            "e.yaml:8:61: spec.services[0].available.atLeast: expected a percentage like 80%",
        ),
        (f"  policies: [{{name: {'a' * 101}}}]", "spec.policies[0].name: expected at most 100 characters (got 'aaa"),
        ("  policies: [{name: a b}]", "e.yaml:8:21: spec.policies[0].name: expected letters, digits, '-', '_' and '.'"),
        (
            "  policies: [{name: 5}]",
            "e.yaml:8:21: spec.policies[0].name: expected text (got 5; write it in quotes: '5')",
        ),
        (
            "  policies: [{name: a, patches: [{target: {kind: Deployment}}]}]",
            "e.yaml:8:34: spec.policies[0].patches[0]: expected 'set', 'merge', 'replicas', 'spread' or 'budget'",
        ),
        ("  policies: [{name: a, add: [5]}]", "e.yaml:8:30: spec.policies[0].add[0]: expected a file or a Kubernetes"),
        (
            "  objectives: [{service: a, metric: latency, atLeast: 99%}]",
            "e.yaml:8:37: spec.objectives[0]: unknown 'metric' 'latency'; expected one of 'availability', "
            "'requestAvailability', 'downtimePerYear', 'outagesPerYear'",
        ),
        (
            "  objectives: [{service: a, metric: outagesPerYear, atLeast: 99%}]",
            "e.yaml:8:62: spec.objectives[0]: 'outagesPerYear' is good when it is low; expected 'atMost'",
        ),
        (
            "  objectives: [{service: a, metric: outagesPerYear, atLeast: 4}]",
            "e.yaml:8:62: spec.objectives[0]: 'outagesPerYear' is good when it is low; expected 'atMost'",
        ),
        ("  objectives: [{service: a, metric: [], atLeast: 4%}]", "e.yaml:8:37: spec.objectives[0]: unknown 'metric'"),
        ("  objectives: [5]", "e.yaml:8:16: spec.objectives[0]: expected a mapping"),
        (
            "  objectives: [{service: a, atMost: 99%}]",
            "e.yaml:8:37: spec.objectives[0]: 'availability' is good when it is high; expected 'atLeast'",
        ),
        (
            "  objectives: [{service: a, atLeast: 99%, atMost: 3}]",
            "e.yaml:8:51: spec.objectives[0]: 'availability' is good when it is high; expected 'atLeast'",
        ),
        (
            "  objectives: [{service: a, metric: downtimePerYear}]",
            "e.yaml:8:16: spec.objectives[0]: 'atMost' is required",
        ),
        (
            "  objectives: [{service: a, atleast: 99%}]",
            "e.yaml:8:29: spec.objectives[0].atleast: unknown field; did you",
        ),
        ("  objectives: [{service: a, atLeast: 99}]", "e.yaml:8:38: spec.objectives[0].atLeast: expected a percentage"),
        (
            "  objectives: [{service: a, metric: downtimePerYear, atMost: 5}]",
            "e.yaml:8:62: spec.objectives[0]: expected a duration",
        ),
        (
            "  objectives: [{service: a, metric: outagesPerYear, atMost: 5h}]",
            "e.yaml:8:61: spec.objectives[0]: expected a number, not less than 0 (got '5h')",
        ),
        (
            "  behaviour: {timing: {nodeMonitorGracePerod: 5s}}",
            "e.yaml:8:24: spec.behaviour.timing.nodeMonitorGracePerod: unknown field; did you mean "
            "'nodeMonitorGracePeriod'?",
        ),
        (
            "  behaviour: {timing: {nodeMonitorPeriod: 0s}}",
            "spec.behaviour.timing: nodeMonitorPeriod must be at least 0.001 s",
        ),
        (
            '  failures: [{name: "a\\x1b", type: containerCrash, timeToFailure: {kind: fixed, value: 1d}}]',
            "e.yaml:8:21: spec.failures[0].name: expected 1 to 100 characters that can be printed",
        ),
        (
            "  operations: [{name: a, type: drain, every: 1ms}]",
            "e.yaml:8:46: spec.operations[0].every: must be 1 s or more",
        ),
        (
            '  operations: [{name: "", type: cordon, at: 1d}]',
            "e.yaml:8:23: spec.operations[0].name: expected 1 to 100 characters that can be printed",
        ),
        ("  precision: {relative: 10%}\n  replications: 5", "expected 'replications' or 'precision', not both"),
    ],
)
def test_a_mistake_is_named_with_its_place(line: str, message: str) -> None:
    (found,) = problems(HEAD + line + "\n")
    assert message in found


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  duration: 1y\n", "", "e.yaml:4:1: spec: 'duration' is required here"),
        ("duration: 1y", "duration: -1y", "e.yaml:5:13: spec.duration: a duration must not be negative (got '-1y')"),
        ("duration: 1y", "duration: 0s", "e.yaml:5:13: spec.duration: expected a duration longer than 0s"),
        ("duration:", "duratoin:", "e.yaml:5:3: spec.duratoin: unknown field; did you mean 'duration'?"),
        ("kubenines/v1", "kubenines/v2", "e.yaml:1:13: unknown 'apiVersion' 'kubenines/v2'; expected 'kubenines/v1'"),
        ("count: 3", "count: 0", "e.yaml:6:44: spec.cluster.pools[0].count: expected a number not less than 1 (got 0)"),
        ('cpu: "4"', "cpu: lots", "spec.cluster.pools[0].allocatable.cpu: expected a quantity like 250m"),
        ('cpu: "4"', "cpu: -4", "spec.cluster.pools[0].allocatable.cpu: a quantity must not be negative"),
        ('cpu: "4"', "cpu: 4, gpu: 1", "spec.cluster.pools[0].allocatable.gpu: unknown resource"),
        ("count: 3", 'count: 3, zones: ["\\x07"]', r"zones[0]: '\x07' is not a valid label: a valid label must be an"),
        ("count: 3", "count: 3, labels: {a b: c}", "labels[\"a b\"]: 'a b' is not a valid label key"),
        ("count: 3", "count: 3, labels: {a: b c}", "labels.a: 'b c' is not a valid label"),
        ("{pools:", "{pool:", "e.yaml:6:13: spec.cluster.pool: unknown field; did you mean 'pools'?"),
        ("metadata: {name: x}\n", "", "'metadata' is required here"),
    ],
)
def test_a_mistake_in_a_required_field_is_one_problem(old: str, new: str, message: str) -> None:
    assert old in HEAD
    (found,) = problems(HEAD.replace(old, new))
    assert message in found


def test_the_rest_of_a_file_is_checked_whatever_is_wrong_before() -> None:
    text = HEAD.replace("duration: 1y", "duration: soon").replace("kubenines/v1", "kubenines/v0")
    found = problems(text + "  failures: [{name: a}, {name: b, type: zoneOutage, zone: [a], timeToFailure: 5}]\n")
    assert sorted(problem.split(": ")[1].split("'")[0] for problem in found) == [
        "spec.duration",
        "spec.failures[0]",
        "spec.failures[1]",
        "spec.failures[1].timeToFailure",
        "spec.failures[1].zone",
        "unknown ",
    ]


@pytest.mark.parametrize("text", ["[]", "5", "text", "{}", "spec: 5", "kind: Experiment\nspec: []"])
def test_something_else_than_an_experiment_is_a_problem_not_a_crash(text: str) -> None:
    (document,) = parse_documents(text, "e.yaml")
    source = read(document)
    assert source.file is None
    assert source.problems


def test_a_new_failure_mode_needs_no_edit_here(monkeypatch: pytest.MonkeyPatch) -> None:
    from experiments.file.described import registered_model
    from simulator import registry

    monkeypatch.setitem(registry._REGISTERED["failure"], "leak", Leak)
    from pydantic import TypeAdapter

    adapter = TypeAdapter(list[registered_model("failure")])  # type: ignore[misc]
    (found,) = adapter.validate_python([{"name": "x", "type": "leak", "timeToFailure": LAW}])
    assert found.value() == Leak("x", Exponential(DAY))


def test_extended_resources_are_amounts(tmp_path: Path) -> None:
    (document,) = parse_documents(HEAD.replace('cpu: "4"', 'cpu: "4", nvidia.com/gpu: 2'), "e.yaml")
    file = read(document).file
    assert file is not None
    assert file.spec.cluster.pools[0].allocatable.__pydantic_extra__ == {"nvidia.com/gpu": 2}


def test_of_many_mistakes_each_takes_no_long_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    make = ExperimentFile.model_json_schema
    monkeypatch.setattr(ExperimentFile, "model_json_schema", lambda: made.append(1) or make())
    mistakes._schema.cache_clear()
    unknown = "".join(f"  unknown{i}: 1\n" for i in range(300))
    assert len(problems(HEAD + unknown)) == 300
    assert len(made) == 1

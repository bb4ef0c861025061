"""Every name that a file may contain is explained, in lines that fit; the JSON Schema says what is wrong with one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from experiments import presets
from experiments.file.explain import NothingToExplain, explain
from experiments.file.json_schema import for_editors, json_schema
from models.manifests.conversion import converters

ROOT = Path(__file__).resolve().parents[3]
CONFIGS = sorted((ROOT / "experiments" / "configs").glob("*.yaml"))


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a schema, but those of conditions."""
    if isinstance(node, dict):
        yield node
        for key, value in node.items():
            if key not in ("if", "const", "enum", "default", "examples"):
                yield from nodes(value)
    elif isinstance(node, list):
        for item in node:
            yield from nodes(item)


def fields(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field in a schema, by its name."""
    for node in nodes(schema):
        if isinstance(node.get("properties"), dict) and "type" in node:
            yield from node["properties"].items()


NAMES = sorted({name for name, _ in fields(json_schema())})
WORDS = sorted({str(word) for node in nodes(json_schema()) for word in (*node.get("enum", ()), node.get("const", ""))})


def test_every_field_says_what_it_means() -> None:
    for schema in (json_schema(), for_editors()):
        found = list(fields(schema))
        assert len(found) > 400
        assert {name for name, field in found if not field.get("description")} == set()


def test_every_name_of_a_file_is_explained() -> None:
    assert {"factor", "remove", "preset", "spread", "maxUnavailable", "nodeMonitorGracePeriod"} <= set(NAMES)
    for name in NAMES:
        page = explain(name, 80)
        assert name in page.splitlines()[0]
        assert len(page.splitlines()) > 1


def test_every_word_that_a_field_may_have_is_explained() -> None:
    assert {"quorum", "zone", "outagesPerYear", "nodeCrash", "weibull", "strict", "lanl-05"} <= set(WORDS)
    for word in filter(None, WORDS):
        assert word in explain(word, 80)


@pytest.mark.parametrize(
    "path", ["", "spec", "failures", "policies", "laws", "metrics", "timing", "presets", "kinds", *NAMES]
)
def test_a_page_fits_the_terminal(path: str) -> None:
    assert [line for line in explain(path, 80).splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("weibull", "laws.weibull: mapping"),
        ("weibull.shape", "laws.weibull.shape: number"),
        ("spec.failures.timeToFailure.median", "lognormal.median: duration"),
        ("nodeCrash", "timeToRepair: law, required"),
        ("rollout.every", "Time between two releases"),
        ("rollout.every", "a duration 30s, 5m, 12h, 7d, 1y, 1h30m"),
        ("metrics", "downtime <= LIMIT a year"),
        ("policies.budget", "minAvailable: count or percentage"),
        ("policies.failures", "remove: true | false"),
        ("policies.operations", "type: drain"),
        ("strict", "spec.references: assumed | strict"),
        ("lanl-05", "timeToFailure: &up {kind: weibull"),
        ("Experiment", "kind: Experiment"),
        ("timeToFailure.preset", "A preset"),
    ],
)
def test_a_page_says_what_one_asks_for(path: str, says: str) -> None:
    assert says in " ".join(explain(path, 80).split())


def test_every_kind_of_object_that_acts_is_explained() -> None:
    page = explain("kinds", 80)
    assert {"ConfigMap", "Secret", "Job", "CronJob", "ResourceQuota", "LimitRange", "StorageClass"} <= set(converters())
    for kind, convert in converters().items():
        assert f"  {kind}\n" in page
        assert (convert.__doc__ or "").split()[:3] == explain(kind, 80).split(kind, 1)[1].split()[:3]
    with pytest.raises(NothingToExplain, match="did you mean 'ConfigMap'"):
        explain("Configmap")


def test_a_name_that_no_file_has_gives_the_nearest_of_all_names() -> None:
    with pytest.raises(NothingToExplain, match="did you mean 'maxUnavailable'"):
        explain("maxUnavailabl")


def test_all_durations_say_how_they_are_written() -> None:
    durations = [node for node in nodes(json_schema()) if node.get("title") in ("Duration", "Seconds")]
    assert len(durations) > 50
    assert all("7d" in duration["examples"] for duration in durations)


# ------------------------------------------------------------------------------------------------------ for editors


def mistakes(value: Any) -> list[str]:
    validator = jsonschema_rs.validator_for(for_editors())
    return [f"{'/'.join(map(str, e.instance_path))}: {e.message}" for e in validator.iter_errors(value)]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_experiment_is_right_by_the_schema(path: Path) -> None:
    assert mistakes(yaml.safe_load(path.read_text())) == []


def test_every_preset_of_a_law_is_right_by_the_schema() -> None:
    names = presets.giving("timeToFailure")
    laws = [{"name": "x", "type": "containerCrash", "timeToFailure": {"preset": name}} for name in names]
    assert mistakes(experiment({"failures": laws})) == []


def experiment(spec: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = yaml.safe_load((ROOT / "experiments/configs/quickstart.yaml").read_text())
    return value | {"spec": value["spec"] | spec}


def law(written: Any) -> dict[str, Any]:
    return {"failures": [{"name": "x", "type": "containerCrash", "timeToFailure": written}]}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (law({"kind": "exponental", "mean": "3d"}), 'timeToFailure/kind: "exponental" is not one of'),
        (law({"kind": "exponential"}), 'spec/failures/0/timeToFailure: "mean" is a required property'),
        (law({"mean": "3d"}), 'spec/failures/0/timeToFailure: "kind" is a required property'),
        (law({"preset": "lanl-5"}), 'spec/failures/0/timeToFailure/preset: "lanl-5" is not one of'),
        (
            law({"kind": "fixed", "value": "3d", "mean": "3d"}),
            "timeToFailure: Additional properties are not allowed ('mean'",
        ),
        (law("30d"), 'spec/failures/0/timeToFailure: "30d" is not of type "object"'),
        ({"policies": [{"name": "a", "spread": "rack"}]}, 'spec/policies/0/spread: "rack" is not one of'),
        (
            {"policies": [{"name": "a", "failures": [{"name": "x", "type": "nodeCrsh"}]}]},
            'spec/policies/0/failures/0/type: "nodeCrsh" is not one of',
        ),
        (
            {"policies": [{"name": "a", "failures": [{"name": "x", "remove": "yes"}]}]},
            'spec/policies/0/failures/0/remove: "yes" is not of type "boolean"',
        ),
    ],
)
def test_a_validator_says_what_is_wrong_and_nothing_else(spec: dict[str, Any], message: str) -> None:
    (found,) = mistakes(experiment(spec))
    assert message in found


def test_no_alternatives_are_left_to_be_tried_one_by_one() -> None:
    schema = for_editors()
    assert schema["$id"] == "urn:kubenines:v1:Experiment"
    assert [node for node in nodes(schema) if "anyOf" in node or "oneOf" in node] == []
    assert "discriminator" not in json.dumps(schema)

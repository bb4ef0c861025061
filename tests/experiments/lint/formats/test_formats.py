"""The same report for programs: JSON, SARIF 2.1.0, annotations of GitHub."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from experiments.lint.finding import Finding, Severity
from experiments.lint.formats.github import annotations
from experiments.lint.formats.plain import plain
from experiments.lint.formats.sarif import sarif
from experiments.lint.formats.text import lines
from experiments.lint.linting import Report
from experiments.lint.rule import rules
from models.input.problems import Location
from tests.experiments.lint.app import BUDGET, DEPLOYMENT, SERVICE, report


@pytest.fixture
def seen(tmp_path: Path) -> Report:
    annotated = "{name: web, annotations: {kubenines.io/lint-ignore: latest-tag}}"
    image = DEPLOYMENT.replace("web:1.2.3", "web:latest").replace("{name: web}", annotated, 1)
    return report(tmp_path, image, SERVICE, BUDGET.replace("Unavailable: 1", "Unavailable: 0"))


def test_json_has_everything(seen: Report) -> None:
    value = json.loads(json.dumps(plain(seen)))
    [finding] = value["findings"]
    assert finding["patch"] == {
        "target": {"kind": "PodDisruptionBudget", "name": "web"},
        "set": {"spec.maxUnavailable": 1},
    }
    assert {**finding, "file": "", "effect": "", "patch": None} == {
        "rule": "budget-blocks-drains",
        "severity": "error",
        "file": "",
        "line": 32,
        "column": 19,
        "object": "PodDisruptionBudget/web",
        "message": "maxUnavailable: 0 allows no eviction of 3 pods (Deployment/web)",
        "effect": "",
        "mend": "maxUnavailable: 1",
        "patch": None,
        "policies": [],
    }
    assert [one["rule"] for one in value["suppressed"]] == ["latest-tag"]
    assert value["notJudged"] == [name for name, rule in rules().items() if rule.needs_cluster]


def test_sarif_is_as_its_schema_wants_it(seen: Report) -> None:
    value: dict[str, Any] = json.loads(json.dumps(sarif(seen)))
    assert value["version"] == "2.1.0"
    assert value["$schema"].endswith("/sarif-schema-2.1.0.json")
    [run] = value["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("kubenines", version("kubenines"))
    assert [rule["id"] for rule in driver["rules"]] == list(rules())
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    first, suppressed = run["results"]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert set(place["region"]) == {"startLine", "startColumn"}
        assert min(place["region"].values()) > 0
        assert place["artifactLocation"]["uri"].endswith("app.yaml")
    assert (first["level"], "suppressions" in first) == ("error", False)
    assert first["message"]["text"].startswith("PodDisruptionBudget/web: maxUnavailable: 0 allows")
    assert suppressed["suppressions"] == [{"kind": "inSource"}]


def test_a_name_with_spaces_is_an_address_in_sarif() -> None:
    finding = Finding("latest-tag", Severity.INFO, Location("my app/é.yaml"), "o", "m", "e", "d")
    [result] = sarif(Report((finding,)))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "my%20app/%C3%A9.yaml"}}
    assert result["level"] == "note"


def test_annotations_are_one_line_each_and_escaped() -> None:
    finding = Finding("latest-tag", Severity.INFO, Location("a,b:c%.yaml", 3, 7), "Pod/x", "80% gone", "e", "do\nit")
    assert annotations(Report((finding,))) == [
        "::notice file=a%2Cb%3Ac%25.yaml,line=3,col=7,title=latest-tag::Pod/x: 80%25 gone; so e. Mend: do\\nit"
    ]
    error = Finding("latest-tag", Severity.ERROR, Location("a.yaml"), "Pod/x", "m", "e", "d", None, ("p", "q"))
    assert annotations(Report((error,))) == [
        "::error file=a.yaml,title=latest-tag::Pod/x: m (under p, q); so e. Mend: d"
    ]


def test_text_tells_once_what_a_smell_does(seen: Report) -> None:
    finding = seen.findings[0]
    told = list(lines(Report((finding, finding), seen.suppressed)))
    assert [text.partition(":")[0] for indent, text in told if indent] == ["so", "mend", "mend"]
    assert told[2][1] == "mend: maxUnavailable: 1 (--fix)"
    assert told[-1][1] == "2 errors; 1 left out by kubenines.io/lint-ignore"
    assert [text for _, text in lines(Report())] == ["nothing found"]

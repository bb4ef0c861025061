"""The same check for people, programs and build servers."""

import json
from typing import Any
from xml.etree import ElementTree

from experiments.check.checking import Checked
from experiments.check.formats import github, junit, plain, sarif, text
from experiments.report import plain as plain_values


def test_text_has_a_line_for_each_threshold(checked: Checked) -> None:
    told = [line for _, line in text.lines(checked)]
    assert told[0].startswith("✓ frontend availability >= 99% under as-shipped:  99.")
    assert told[1].startswith("✗ frontend availability >= 99.9999% under as-shipped:  99.")
    assert told[2].startswith("? cart availability >= ")
    assert told[3] == "1 met, 1 missed, 1 inconclusive"


def test_json_has_the_place_of_each_threshold(checked: Checked) -> None:
    value = json.loads(plain_values.text(plain.checks([checked], 1)))
    assert (value["kind"], value["exitCode"]) == ("Check", 1)
    [one] = value["checks"]
    assert [(of["verdict"], of["file"], of["line"]) for of in one["thresholds"]] == [
        ("met", "fake.yaml", 4),
        ("missed", "fake.yaml", 5),
        ("inconclusive", "fake.yaml", None),
    ]
    assert one["thresholds"][0]["found"]["unit"] == "share"


def test_junit_has_a_case_for_each_threshold_and_counts_them(checked: Checked) -> None:
    root = ElementTree.fromstring(junit.junit([checked, checked], open_fails=True))
    assert dict(root.attrib) == {"name": "kubenines", "tests": "6", "failures": "4", "errors": "0", "skipped": "0"}
    suite = root[0]
    assert suite.attrib == {"name": "fake", "tests": "3", "failures": "2", "errors": "0", "skipped": "0"}
    missed = suite[1]
    assert missed.attrib["name"] == "frontend availability >= 99.9999% under as-shipped"
    assert (missed.attrib["file"], missed.attrib["line"]) == ("fake.yaml", "5")
    assert missed[0].attrib["message"].startswith("found 99.")
    assert "says what it is due to" in missed[0].attrib["message"]


def test_what_is_open_may_be_skipped_in_junit(checked: Checked) -> None:
    suite = ElementTree.fromstring(junit.junit([checked], open_fails=False))[0]
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("1", "1")
    assert "inconclusive" in suite[2].find("skipped").attrib["message"]  # type: ignore[union-attr]


def test_sarif_has_what_is_not_met_at_its_line(checked: Checked) -> None:
    value: dict[str, Any] = json.loads(json.dumps(sarif.sarif([checked])))
    [run] = value["runs"]
    missed, unclear = run["results"]
    assert (missed["level"], unclear["level"]) == ("error", "warning")
    assert run["tool"]["driver"]["rules"][missed["ruleIndex"]]["id"] == missed["ruleId"] == "availability"
    place = missed["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "fake.yaml"}, "region": {"startLine": 5, "startColumn": 5}}
    assert "region" not in unclear["locations"][0]["physicalLocation"]


def test_annotations_are_of_what_is_not_met(checked: Checked) -> None:
    missed, unclear = github.annotations([checked])
    assert missed.startswith("::error file=fake.yaml,line=5,col=5,title=frontend availability >= 99.9999%25::missed")
    assert unclear.startswith("::warning file=fake.yaml,title=cart availability")

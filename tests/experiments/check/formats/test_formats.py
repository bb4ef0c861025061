"""The same check for people, programs and build servers."""

import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

from experiments.check.checking import Checked, check
from experiments.check.formats import github, junit, plain, sarif, text
from experiments.design.objective import Objective
from experiments.report import plain as plain_values
from experiments.runner.run import run
from models.input.problems import Location
from tests.experiments import fakes
from tests.experiments.fakes import Unit


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
    assert missed.startswith(
        "::error file=fake.yaml,line=5,col=5,title=frontend availability >= 99.9999%25::under as-shipped"
    )
    assert ": missed; found 99." in missed
    assert unclear.count("inconclusive") == 1
    assert unclear.startswith("::warning file=fake.yaml,title=cart availability")


def with_a_failed_run() -> Checked:
    plan = fakes.plan({"a": Unit(864000.0, 1800.0, raises=(3,))}, objectives=(Objective("frontend", 0.99),))
    return check(run(plan, simulate=fakes.simulate))


def test_failed_runs_are_an_error_in_annotations_and_told_of_in_sarif() -> None:
    failed = with_a_failed_run()
    [line] = github.annotations([failed])
    assert re.match(r"::error file=fake.yaml,title=1 of \d+ runs failed::failed: policy a, replication 3", line)
    [log] = sarif.sarif([failed])["runs"]
    assert log["results"] == []
    [invocation] = log["invocations"]
    assert invocation["executionSuccessful"] is False
    [told] = invocation["toolExecutionNotifications"]
    assert re.fullmatch(r"fake.yaml: 1 of \d+ runs failed", told["message"]["text"])


def test_nothing_is_told_of_in_sarif_if_all_has_run(checked: Checked) -> None:
    assert "invocations" not in sarif.sarif([checked])["runs"][0]


def test_what_xml_cannot_say_is_escaped_in_junit(checked: Checked) -> None:
    odd = "we\x01ird\n]]>.yaml"
    threshold = replace(checked.thresholds[1], location=Location(odd, 5, 5), advice="\x1b[31m ]]>")
    root = ElementTree.fromstring(junit.junit([replace(checked, thresholds=(threshold,))], open_fails=True))
    case = root[0][0]
    assert case.attrib["file"] == r"we\x01ird\n]]>.yaml"
    assert case[0].attrib["message"].endswith(r"\x1b[31m ]]>")


def test_failed_runs_are_an_error_in_junit_and_named_in_text() -> None:
    failed = with_a_failed_run()
    suite = ElementTree.fromstring(junit.junit([failed], open_fails=True))[0]
    assert (suite.attrib["tests"], suite.attrib["errors"]) == ("2", "1")
    assert suite[0][0].attrib["message"] == "1 of them failed"
    told = [line for _, line in text.lines(failed)]
    assert told[0].startswith("note: failed: policy a, replication 3")
    assert told[1].startswith("✓ frontend availability >= 99% under a")

"""JUnit XML, which build servers read: a test suite for each experiment, a test case for each threshold and policy."""

from collections.abc import Sequence
from xml.etree import ElementTree

from experiments.check.checking import Checked, Threshold
from experiments.check.formats.text import told
from experiments.findings.judgement import INCONCLUSIVE, MET
from experiments.report.remarks import above
from models.input.problems import printable


def junit(found: Sequence[Checked], *, open_fails: bool) -> str:
    """The document; an inconclusive threshold is a failure if `open_fails`, else skipped."""
    suites = [_suite(one, open_fails) for one in found]
    root = ElementTree.Element("testsuites", {"name": "kubenines"} | _total(suites))
    root.extend(suites)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document.decode() + "\n"


def _suite(checked: Checked, open_fails: bool) -> ElementTree.Element:
    name = checked.findings.manifest.name
    cases = [_case(name, threshold, open_fails) for threshold in checked.thresholds]
    if failed := len(checked.findings.failed):
        cases.insert(0, _failed_runs(name, failed, "\n".join(map(printable, above(checked.findings)))))
    suite = ElementTree.Element("testsuite", {"name": name} | _counts(cases))
    suite.extend(cases)
    return suite


def _case(experiment: str, threshold: Threshold, open_fails: bool) -> ElementTree.Element:
    place = threshold.location
    about = {"name": threshold.name, "classname": experiment, "file": place.file}
    case = ElementTree.Element("testcase", about | ({"line": str(place.line)} if place.line else {}))
    verdict, message = threshold.judgement.verdict, printable(f"found {told(threshold)}")
    if verdict == MET:
        ElementTree.SubElement(case, "system-out").text = message
    elif verdict == INCONCLUSIVE and not open_fails:
        ElementTree.SubElement(case, "skipped", message=message)
    else:
        asked = f"asked for {threshold.name}\n{message}"
        ElementTree.SubElement(case, "failure", message=message, type=verdict).text = asked
    return case


def _failed_runs(experiment: str, failed: int, remarks: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", name="all replications run", classname=experiment)
    ElementTree.SubElement(case, "error", message=f"{failed} of them failed", type="failed").text = remarks
    return case


def _counts(cases: Sequence[ElementTree.Element]) -> dict[str, str]:
    tags = [child.tag for case in cases for child in case]
    counted = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    return {"tests": str(len(cases))} | {name: str(tags.count(tag)) for name, tag in counted.items()}


def _total(suites: Sequence[ElementTree.Element]) -> dict[str, str]:
    names = ("tests", "failures", "errors", "skipped")
    return {name: str(sum(int(suite.attrib[name]) for suite in suites)) for name in names}

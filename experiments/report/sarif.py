"""SARIF 2.1.0, which code hosts and editors show beside the lines: a log of one run, from whatever found something.

Source: docs.oasis-open.org/sarif/sarif/v2.1.0.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal
from urllib.parse import quote

from models.input.problems import Location, printable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Result:
    """One thing that was found."""

    rule: str
    """The id of one of the rules of the log."""
    level: Level
    message: str
    location: Location
    """Where it stands; without a line it is the file's."""
    about: str
    """What it is about, in words: "Deployment/web"."""
    suppressed: bool = False
    """Somebody has said in the source that it is not to be shown."""


def log(rules: Sequence[Mapping[str, Any]], results: Sequence[Result]) -> dict[str, Any]:
    """One run by this version of kubenines; `rules` are reportingDescriptors, also those that found nothing."""
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {"name": "kubenines", "version": version("kubenines"), "rules": list(rules)}
    found = [_result(one, numbers[one.rule]) for one in results]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": found}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(of: Result, number: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(of.location.file.replace(os.sep, "/"))}}
    if of.location.line:
        place["region"] = {"startLine": of.location.line, "startColumn": of.location.column}
    told = {
        "ruleId": of.rule,
        "ruleIndex": number,
        "level": of.level,
        "message": {"text": printable(of.message)},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": printable(of.about)}]}],
    }
    return {**told, "suppressions": [{"kind": "inSource"}]} if of.suppressed else told

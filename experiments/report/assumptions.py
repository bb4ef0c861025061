"""What an experiment assumes: which failures and operations happen, by which laws, and how often they did."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from experiments.findings.findings import Findings
from experiments.report.remarks import strikes
from experiments.report.table import Column, Row, Table

COLUMNS = (
    Column("What happens", "name of the failure mode or operation", "name"),
    Column("Kind", "its type", "name"),
    Column("Under", "the policies under which it happens", "words"),
    Column("As", "its parameters", "words"),
    Column("Struck", "how often it struck in all runs"),
)


def table(findings: Findings, spec: Mapping[str, Any]) -> Table:
    """A row for each failure mode and operation, and one more for each policy that has its own."""
    return Table(COLUMNS, tuple(_stories(findings, spec)))


def _stories(findings: Findings, spec: Mapping[str, Any]) -> Iterator[Row]:
    struck = strikes(findings)
    own = {policy["name"]: _told(policy) for policy in spec.get("policies", ())}
    for name, story in _told(spec).items():
        otherwise = [policy for policy in findings.policies if name in own.get(policy, {})]
        under = f"every policy but {', '.join(otherwise)}" if otherwise else "every policy"
        yield _story(story, under, [policy for policy in findings.policies if policy not in otherwise], struck)
    for policy, stories in own.items():
        for story in stories.values():
            if not story.get("remove"):
                yield _story(story, policy, [policy], struck)


def _told(owner: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The failure modes and operations of an experiment or policy, by name."""
    return {story["name"]: story for story in (*owner.get("failures", ()), *owner.get("operations", ()))}


def _story(
    story: Mapping[str, Any], under: str, policies: Iterable[str], struck: Mapping[str, Mapping[str, int]]
) -> Row:
    rest = {key: value for key, value in story.items() if key not in ("name", "type")}
    total = sum(struck.get(policy, {}).get(story["name"], 0) for policy in policies)
    return story["name"], story["type"], under, in_words(rest), str(total)


def in_words(value: Any) -> str:
    """A value of a file in a line: "lognormal, median 8m, p95 1h"; what is empty is left out."""
    if isinstance(value, Mapping):
        kind = [str(value["kind"])] if "kind" in value else []
        words = {
            key: f"({in_words(item)})" if isinstance(item, Mapping) and "kind" not in item else in_words(item)
            for key, item in value.items()
        }
        items = [f"{key} {shown}" for key, shown in words.items() if key != "kind" and shown not in ("", "()")]
        return (", " if kind else "; ").join([*kind, *items])
    if isinstance(value, list | tuple):
        return ", ".join(map(in_words, value))
    return str(value).lower() if isinstance(value, bool) else str(value)

"""docs/lint.md has every rule as it is; `python -m tests.experiments.lint.test_page` writes its table anew."""

import re
from pathlib import Path

from experiments.lint.rule import rules

PAGE = Path(__file__).parents[3] / "docs" / "lint.md"
_BLOCK = re.compile(r"(<!-- rules -->\n).*?(<!-- /rules -->)", re.DOTALL)


def table() -> str:
    rows = ["| rule | severity | finds | so |", "|---|---|---|---|"]
    for name, rule in rules().items():
        nodes = ", needs nodes" if rule.needs_cluster else ""
        rows.append(f"| `{name}` | {rule.severity}{nodes} | {rule.summary} | {rule.effect} |")
    return "".join(f"{row}\n" for row in rows)


def refreshed(page: str) -> str:
    return _BLOCK.sub(lambda found: found[1] + table() + found[2], page)


def test_the_page_has_every_rule_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert refreshed(page) == page


def test_the_page_names_no_rule_that_there_is_not() -> None:
    beside = PAGE.read_text(encoding="utf-8").partition("## Beside other linters")[2]
    ours = [line.rsplit("|", 2)[1] for line in beside.splitlines() if line.startswith("| ")]
    ours.append(beside.partition("Only here:")[2])
    named = {name for cell in ours for name in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", cell)}
    assert named - set(rules()) == set()


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

"""README.md: every piece of YAML is an experiment, or stands below the first one; README.zh-CN.md says the same."""

import re
from pathlib import Path

import pytest

from experiments import Experiment
from tests.sources import ROOT

README = (ROOT / "README.md").read_text("utf-8")
WHOLE, *FURTHER = re.findall(r"^```yaml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "shop.yaml").write_bytes((ROOT / "experiments" / "manifests" / "shop.yaml").read_bytes())
    return tmp_path


@pytest.mark.parametrize("further", ["", *FURTHER, "".join(FURTHER)], ids=lambda text: text.strip().partition(":")[0])
def test_what_the_readme_shows_can_be_pasted(folder: Path, further: str) -> None:
    (folder / "my-shop.yaml").write_text(WHOLE + further)
    experiment = Experiment.from_yaml(folder / "my-shop.yaml")
    assert experiment.warnings == ()
    assert len(experiment.policies) > 2


def test_precision_takes_the_place_of_replications_as_the_readme_says(folder: Path) -> None:
    [said] = re.findall(r"# or (precision: {.*?})", WHOLE)
    (folder / "my-shop.yaml").write_text(WHOLE.replace("replications: 200", said))
    assert Experiment.from_yaml(folder / "my-shop.yaml").precision is not None


# --- the two languages ------------------------------------------------------------------------------------------------

CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")


def without_comments(block: str) -> list[str]:
    """The lines of a block, but for what `#` says to people."""
    return [re.sub(r"\s+# .*", "", line) for line in block.splitlines()]


def shape(text: str) -> dict[str, object]:
    """What two languages of a page have in common: sections, blocks, tables, links, lists, names in tables."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    rows = re.findall(r"^\|.*\|$", prose, re.MULTILINE)
    return {
        "sections": re.findall(r"^(#+) ", prose, re.MULTILINE),
        "blocks": [(tag, without_comments(body)) for tag, body in re.findall(FENCE, text, re.DOTALL | re.MULTILINE)],
        "tables": [row.count(" | ") for row in rows],
        "code in tables": [sorted(re.findall(r"`[^`]+`", row)) for row in rows],
        "links": sorted(set(re.findall(r"\]\(([^)]+)\)", prose)) - {"README.md", "README.zh-CN.md"}),
        "items": len(re.findall(r"^- ", prose, re.MULTILINE)),
    }


FENCE = r"^```(\w+)\n(.*?)^```$"


@pytest.mark.parametrize("what", list(shape("")))
def test_the_chinese_page_says_the_same(what: str) -> None:
    assert shape(CHINESE)[what] == shape(README)[what]


def test_each_language_links_to_the_other_at_the_top() -> None:
    assert "[简体中文](README.zh-CN.md)" in README[:200]
    assert "[English](README.md)" in CHINESE[:200]


@pytest.mark.parametrize("text", [README, CHINESE], ids=["English", "Chinese"])
def test_every_link_leads_somewhere(text: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert len(links) > 20
    assert [link for link in links if not (ROOT / link).exists()] == []

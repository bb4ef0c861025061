"""README and docs/: every command that they show is run, and prints what they show; what is generated is complete."""

import importlib
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from pydantic.alias_generators import to_camel

from experiments.cli import cli, main
from experiments.file.json_schema import json_schema
from experiments.store.tables import COLUMNS
from models.timing import Timing
from simulator import registry
from tests.documented import PAGES_SHOWN, Page, arguments, renewed, steps, unlike
from tests.sources import ROOT

FAR = {"run", "check", "sensitivity"}
"""Commands that take long enough for their page to be a longer check."""
WITH_VERDICT = {"run", "lint", "check", "attack"}
"""Commands whose exit code 1 or 4 says what was found."""
SESSIONS = [
    pytest.param(
        page, id=page.name, marks=[pytest.mark.slow] * any(command.words[1] in FAR for command in page.session)
    )
    for page in PAGES_SHOWN
    if any(page.session) and page.name != "README.zh-CN.md"  # its commands are those of README: tests/test_readme.py
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a reader may be: with manifests, and with the examples as in a checkout."""
    shop = ROOT / "experiments" / "manifests" / "shop.yaml"
    for place in ("deploy", "my-app", "my-manifests"):
        (tmp_path / place).mkdir()
        shutil.copy(shop, tmp_path / place / "shop.yaml")
    for part in ("configs", "manifests"):
        shutil.copytree(ROOT / "experiments" / part, tmp_path / "experiments" / part)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.mark.parametrize("page", SESSIONS)
def test_every_command_of_a_page_runs_and_prints_what_is_shown(
    page: Page, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in steps(page, folder):
        code = main(arguments(command.words, small=not page.shows))
        said = capsys.readouterr()
        assert code in ({0, 1, 4} if command.words[1] in WITH_VERDICT else {0}), (command.line, said.err)
        assert unlike(command.shown, said.out + said.err) == [], f"{command.line}\n{said.out}{said.err}"


def test_what_is_not_kubenines_is_marked_as_not_run_with_a_reason() -> None:
    foreign = {
        f"{page.name}: {command.line}"
        for page in PAGES_SHOWN
        for block in page.blocks
        for command in block.run
        if command.words[0] != "kubenines"
    }
    assert foreign == set()


def named() -> Iterator[tuple[str, list[str]]]:
    """Where a page names a command of ours with its words, in a block that is not run or within a sentence."""
    for page in PAGES_SHOWN:
        for block in page.blocks:
            yield from ((page.name, command.words) for command in block.commands)
        for inline in re.findall(r"(?<!`)`(kubenines [^`\n]+)`(?!`)", page.text):
            yield page.name, inline.split()


def test_every_command_and_option_that_a_page_names_exists() -> None:
    unknown, count = set(), 0
    for page, words in named():
        if words[0].rsplit("/", 1)[-1] != "kubenines" or len(words) < 2 or words[1] in ("...", "--help", "COMMAND"):
            continue
        count += 1
        command: click.Command | None = cli.commands.get(words[1])
        if isinstance(command, click.Group) and len(words) > 2:
            command = command.commands.get(words[2])
        options = {} if command is None else {name for option in command.params for name in option.opts}
        if command is None or any(re.fullmatch(r"--?[a-z][\w-]*", word) and word not in options for word in words[2:]):
            unknown.add(f"{page}: {' '.join(words)}")
    assert unknown == set()
    assert count > 60


def test_what_is_shown_is_renewed_line_by_line() -> None:
    printed = "NAME  VALUE\nfirst  2.1\nsecond  3.4\n  note: as long as it takes, and longer\n"
    shown = ["NAME  VALUE", "first  2.0", "...", "  note: as long as it was ..."]
    assert unlike(shown, printed) == ["first  2.0"]
    new = renewed(shown, printed)
    assert new == ["NAME  VALUE", "first  2.1", "...", "  note: as long as it ..."]
    assert unlike(new, printed) == []


# --- what is generated ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages() -> Iterator[ModuleType]:
    """The module that fills pages; it needs no Sphinx."""
    where = str(ROOT / "docs" / "_ext")
    sys.path.insert(0, where)
    yield importlib.import_module("pages")
    sys.path.remove(where)


def of(pages: ModuleType, name: str) -> str:
    """A page of the reference as it is built."""
    return str(pages.filled((ROOT / "docs" / "reference" / f"{name}.md").read_text("utf-8")))


def sections(text: str) -> set[str]:
    """The headings that are names."""
    return set(re.findall(r"^## `(.+)`$", text, re.MULTILINE))


def test_every_failure_mode_operation_preset_and_command_has_a_section(pages: ModuleType) -> None:
    assert sections(of(pages, "failures")) == set(registry.classes("failure"))
    assert sections(of(pages, "operations")) == set(registry.classes("operation"))
    assert {"weibull", "empirical", "fixed"} <= sections(of(pages, "laws"))
    assert "lanl-05" in sections(of(pages, "presets"))
    assert {f"kubenines {name}" for name in cli.commands} <= sections(of(pages, "commands"))


def test_every_table_of_a_result_folder_and_every_column_is_on_its_page(pages: ModuleType) -> None:
    page = of(pages, "results")
    assert set(COLUMNS) <= sections(page)
    assert [column for table in COLUMNS.values() for column in table if f"`{column}`" not in page] == []


def test_every_field_of_the_experiment_file_is_described_somewhere(pages: ModuleType) -> None:
    page = "".join(of(pages, name) for name in ("experiment-file", "failures", "operations", "laws"))
    schema = json_schema()
    models = [schema, *schema["$defs"].values()]
    fields = {name for model in models for name in model.get("properties", ())} - {"type", "kind", "preset"}
    fields -= {to_camel(name) for name in Timing.__dataclass_fields__}  # on a page of their own
    assert {name for name in fields if not re.search(rf"^`{name}(: [^`]+)?`", page, re.MULTILINE)} == set()


def test_what_the_pages_quote_of_others_is_found(pages: ModuleType) -> None:
    page = pages.filled((ROOT / "docs" / "explanation" / "statistics.md").read_text("utf-8"))
    assert page.count("| one unit |") == 1
    assert "| 1 of 3 pods that stay" in page
    page = pages.filled((ROOT / "docs" / "explanation" / "not-modelled.md").read_text("utf-8"))
    assert "| `NetworkPolicy` | too good |" in page


def test_every_mark_of_a_page_has_somebody_who_writes_it(pages: ModuleType) -> None:
    marks = [mark for page in PAGES_SHOWN for mark in re.findall(r"<!-- fill: (\w+)", page.text)]
    assert set(marks) == set(pages.WRITERS)


@pytest.mark.slow
def test_all_recordings_are_in_the_table_and_agree(pages: ModuleType) -> None:
    table = pages.WRITERS["recordings"]()
    counts = re.findall(r"\| (\d+) of (\d+) \|$", table, re.MULTILINE)
    assert len(counts) == len(list((ROOT / "tests" / "data" / "recordings").glob("*/*.json")))
    assert [held for held, asked in counts if held != asked] == []

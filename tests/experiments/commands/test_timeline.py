"""`kubenines timeline`: which outage is replayed, how, and what is said where there is none."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from experiments.cli import main
from experiments.results import Results
from experiments.runner.run import run
from tests.experiments import fakes
from tests.experiments.small_results import small_results

pytestmark = pytest.mark.usefixtures("without_plots")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(small_results(tmp_path_factory.mktemp("timeline")))


@pytest.fixture
def timeline(capsys: pytest.CaptureFixture[str]) -> Any:
    def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["timeline", *arguments])
        return code, *capsys.readouterr()

    return command


def listed(timeline: Any, *arguments: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(timeline(*arguments, "--list", "--format", "json")[1])["outages"]
    return rows


def test_the_worst_outage_is_replayed_if_none_is_asked_for(timeline: Any, folder: str) -> None:
    code, out, err = timeline(folder)
    assert (code, err) == (0, "")
    worst = max(listed(timeline, folder), key=lambda row: row["end"] - row["start"])
    told = json.loads(timeline(folder, "--format", "json")[1])
    assert (told["policy"], told["replication"], told["start"]) == tuple(
        worst[key] for key in ("policy", "replication", "start")
    )
    first, heads, *lines = out.splitlines()
    assert re.match(
        rf"web under {worst['policy']}: down for .* on day .* of replication .*, most of it due to crash", first
    )
    assert heads.split() == ["TIME", "UP", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert re.match(r"0s +0/1/1 +Fact +NodeDown +Node/a-\d +The node is down, and all that runs on it: crash", lines[0])


def test_any_outage_can_be_asked_for_by_its_number(timeline: Any, folder: str) -> None:
    row = listed(timeline, folder, "--policy", "one")[-1]
    told = json.loads(timeline(folder, "--outage", str(row["number"]), "--format", "json")[1])
    assert (told["start"], told["length"]) == (row["start"], row["end"] - row["start"])
    lengths = sorted(each["end"] - each["start"] for each in listed(timeline, folder))
    typical = json.loads(timeline(folder, "--outage", "typical", "--format", "json")[1])
    assert typical["length"] == lengths[(len(lengths) - 1) // 2]


def test_the_list_has_the_longest_first(timeline: Any, folder: str) -> None:
    code, out, _ = timeline(folder, "--list")
    heads, *lines = out.splitlines()
    assert code == 0
    assert heads.split() == ["NUMBER", "SERVICE", "POLICY", "REPLICATION", "START", "LENGTH", "CAUSE"]
    rows = listed(timeline, folder)
    by_length = sorted(rows, key=lambda row: (row["start"] - row["end"], row["number"]))
    assert [int(line.split()[0]) for line in lines] == [row["number"] for row in by_length]


def test_the_page_stands_alone(timeline: Any, folder: str, tmp_path: Path) -> None:
    page = tmp_path / "outage.html"
    assert timeline(folder, "-o", str(page)) == (0, f"{page}\n", "")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert not re.search(r"""(?:src|href)=|@import|url\((?!#)|https?://(?!www\.w3\.org/2000/svg")""", text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "x.html", "--list"), "-o is for the picture of an outage: not with --list or --format json"),
        (("-o", "x.html", "--format", "json"), "-o is for the picture of an outage"),
        (("-o", "x.svg"), "'x.svg' does not end in .html"),
        (("--service", "wep"), "'wep' is none of 'web'; did you mean 'web'?"),
        (("--policy", "tow"), "'tow' is none of 'one', 'two'; did you mean 'two'?"),
    ],
)
def test_what_cannot_be_is_said(
    timeline: Any, folder: str, arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = timeline(folder, *arguments)
    assert (code, out) == (2, "")
    assert said in " ".join(err.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("which", ["best", "0", "100000"])
def test_an_outage_that_is_not_there_is_bad_input(timeline: Any, folder: str, which: str) -> None:
    code, out, err = timeline(folder, "--outage", which)
    assert (code, out) == (2, "")
    assert f"'{which}' is neither worst nor typical, nor the number of an outage here; --list has the numbers" in err


def test_a_service_that_was_never_down_has_none_and_that_is_said(
    timeline: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Results, "to_html", lambda *arguments: None)
    run(fakes.plan({"fine": fakes.Unit(1e12, 1.0)}, replications=2), out=tmp_path / "fine", simulate=fakes.simulate)
    sentence = "no replication saw cart down under fine, so there is no outage to replay"
    code, out, err = timeline(str(tmp_path / "fine"), "--service", "cart")
    assert (code, out, err) == (2, "", f"kubenines: {sentence}\n")
    assert timeline(str(tmp_path / "fine"), "--service", "cart", "--list") == (0, f"{sentence}\n", "")

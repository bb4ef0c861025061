"""`kubenines lint`: exit codes, filters, fixing, formats."""

import json
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.lint.rule import rules
from tests.experiments.lint.app import BUDGET, DEPLOYMENT, EXPERIMENT, SERVICE, SOUND, write

BLOCKING = BUDGET.replace("Unavailable: 1", "Unavailable: 0")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("documents", "options", "code"),
    [
        (SOUND, (), 0),
        ((DEPLOYMENT, SERVICE, BLOCKING), (), 1),
        ((DEPLOYMENT, SERVICE, BLOCKING), ("--fail-on", "never"), 0),
        ((DEPLOYMENT, SERVICE), (), 0),
        ((DEPLOYMENT, SERVICE), ("--fail-on", "warning"), 0),
        ((DEPLOYMENT, SERVICE), ("--fail-on", "info"), 1),
        ((DEPLOYMENT, SERVICE), ("--fail-on", "info", "--rule", "latest-tag"), 0),
        ((DEPLOYMENT.replace("1.2.3", "latest"), SERVICE), ("--fail-on", "warning"), 1),
        (("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: 1}\n",), (), 2),
    ],
)
def test_the_exit_code_says_whether_anything_bad_was_found(
    tmp_path: Path, documents: tuple[str, ...], options: tuple[str, ...], code: int
) -> None:
    write(tmp_path, *documents)
    assert main(["lint", "app.yaml", *options]) == code


def test_a_rule_that_there_is_not_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, *SOUND)
    assert main(["lint", "app.yaml", "--rule", "lattest-tag"]) == 2
    assert "did you mean 'latest-tag'?" in capsys.readouterr().err
    assert main(["lint"]) == 2
    assert main(["lint", "nowhere.yaml"]) == 2


def test_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--rules"]) == 0
    listed = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines() if line[0] != " "]
    assert listed == list(rules())


def test_fix_writes_shows_what_is_left_and_finds_nothing_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = write(tmp_path, DEPLOYMENT.replace("1.2.3", "latest"), SERVICE, BLOCKING)
    assert main(["lint", "app.yaml", "--fix"]) == 0
    said = capsys.readouterr()
    assert said.err == "fixed 1 finding in 1 file\n"
    assert "[latest-tag]" in said.out
    assert "budget" not in said.out
    assert app.read_text() == "---\n".join((DEPLOYMENT.replace("1.2.3", "latest"), SERVICE, BUDGET))
    assert main(["lint", "app.yaml", "--fix"]) == 0
    assert capsys.readouterr().err == "fixed 0 findings in 0 files\n"


def test_fix_mends_the_manifests_of_an_experiment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = write(tmp_path, DEPLOYMENT, SERVICE, BLOCKING)
    write(tmp_path, EXPERIMENT, name="e.yaml")
    assert main(["lint", "e.yaml"]) == 1
    assert "app.yaml:32:19: error: PodDisruptionBudget/web: " in capsys.readouterr().out
    assert main(["lint", "e.yaml", "--fix"]) == 0
    assert app.read_text() == "---\n".join(SOUND)


def test_every_format_is_printed_the_same_each_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, DEPLOYMENT, SERVICE, BLOCKING)
    for form in ("text", "json", "sarif", "github"):
        out = []
        for _ in range(2):
            assert main(["lint", "app.yaml", "--format", form]) == 1
            out.append(capsys.readouterr().out)
        assert out[0] == out[1]
        if form in ("json", "sarif"):
            assert json.loads(out[0])
    assert out[0].startswith("::error file=app.yaml,line=32,col=19,title=budget-blocks-drains::")


def test_what_is_below_a_severity_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, DEPLOYMENT.replace("1.2.3", "latest"), SERVICE)
    assert main(["lint", "app.yaml", "--severity", "warning"]) == 0
    out = capsys.readouterr().out
    assert "1 warning\n" in out
    assert "info" not in out

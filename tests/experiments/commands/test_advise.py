"""`kubenines advise`: what it prints, writes and exits with."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from experiments.cli import main
from experiments.runner import job
from tests.experiments.advice.problems import BY_NAME


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    BY_NAME["long-toleration"].experiment(tmp_path, replications=8)
    return "problem.yaml"


def test_it_says_what_helps_and_what_to_paste(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", file, "-j", "1", "-q"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("web under as-shipped: toleration-web saves ")
    assert "tolerationSeconds: 30" in said
    assert "kubectl patch" in said
    assert (Path("results") / "long-toleration-advice" / "patches" / "toleration-web.yaml").exists()
    assert main(["validate", "results/long-toleration-advice/advice.yaml"]) == 0


def test_what_is_about_to_be_run_is_said_unless_it_is_to_be_quiet(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["advise", file, "-j", "1", "-n", "4", "--progress", "none"]
    main(words)
    told = " ".join(capsys.readouterr().err.split())
    tried = json.loads((Path("results") / "long-toleration-advice" / "advice.json").read_text())
    pairs = [of for of in tried["mends"] if "-and-" in of["name"]]
    mends = len(tried["mends"]) - len(pairs)
    costs = f"{mends} mends to try, each by up to 4 replications like what there is; then of at most 3 pairs"
    assert costs in told
    assert ("on other luck" in told) is bool(pairs)
    main([*words, "-q", "--fresh"])
    assert "to try" not in capsys.readouterr().err


def test_an_interrupt_in_the_last_replication_of_one_run_ends_the_next(
    file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_cell = job.run_cell

    def ended(spec: Any) -> Any:
        if spec.replication == 1:
            signal.raise_signal(signal.SIGINT)
        return run_cell(spec)

    monkeypatch.setattr(job, "run_cell", ended)
    assert main(["advise", file, "-j", "1", "-q", "-n", "2"]) == 130
    assert "interrupted after 2 of 6 replications" in capsys.readouterr().err
    manifest = json.loads((Path("results") / "long-toleration-advice" / "manifest.json").read_text())
    assert manifest["status"] == "interrupted"


def test_json_has_policies_and_manifests(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", file, "-j", "1", "-q", "-n", "4", "-o", "out", "--format", "json"]) in (0, 4)
    said = json.loads(capsys.readouterr().out)
    assert (said["kind"], said["policy"], said["replications"]) == ("Advice", "as-shipped", 4)
    assert {of["name"] for of in said["mends"]} == {"toleration-web", "replicas-web"}
    [mend] = [of for of in said["mends"] if of["name"] == "replicas-web"]
    assert mend["manifests"][0]["spec"] == {"replicas": 2}
    assert mend["podHoursPerYear"] == pytest.approx(8760)
    assert said == json.loads(Path("out/advice.json").read_text())


def test_where_nothing_was_lost_it_says_what_that_means(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    rarely = "spec.failures[node-crash].timeToFailure.mean=4000d"
    asked = ["advise", file, "-j", "1", "-q", "-n", "2", "--set", "spec.duration=1h", "--set", rarely]
    assert main(asked) == 4
    said = capsys.readouterr().out
    assert "nothing was lost in any replication" in said
    assert "precision: {relative: 10%" in said


@pytest.mark.parametrize("wrong", [["--service", "wep"], ["--policy", "as-shiped"]])
def test_names_that_are_not_there_are_refused_with_a_suggestion(
    file: str, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", file, *wrong]) == 2
    assert "did you mean" in capsys.readouterr().err

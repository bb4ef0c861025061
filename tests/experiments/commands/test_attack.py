"""`kubenines attack`: what it prints, its exit codes, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.cli import main
from tests.experiments.attack.app import APART, CRASH, NODE, deployment, experiment


@pytest.fixture
def attack(capsys: pytest.CaptureFixture[str]) -> Any:
    def command(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["attack", *map(str, arguments), "-j", "1"])
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def single(tmp_path: Path) -> Path:
    return experiment(tmp_path, deployment(1), nodes=2, failures=(NODE, CRASH))


def test_the_single_points_of_failure_are_listed_and_the_worst_is_replayed(attack: Any, single: Path) -> None:
    code, out, err = attack(single)
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[0] == "app under as-shipped: 1 of 1 Service can be broken"
    assert lines[1].split() == ["SERVICE", "N+1", "N+2", "SHORTEST", "WAY", "DOWN"]
    assert lines[2].split()[:5] == ["web", "no", "no", "node-crash", "of"]
    assert lines[3].strip() == "web: 2 single points of failure"
    assert lines[5].strip().startswith("crash of Deployment/default/web/0/main: down ")
    assert any(line.startswith("web under as-shipped: down for") for line in lines)
    assert any("OutageEnds" in line for line in lines)


def test_steps_are_told_one_by_one_with_what_is_alike(attack: Any, tmp_path: Path) -> None:
    two = experiment(tmp_path, deployment(2, APART), nodes=2, failures=(NODE,))
    code, out, _ = attack(two)
    assert code == 1
    assert "1. node-crash of n-1 (or n-2, which are alike), when 2 of 2 answer" in out
    assert "2. at once: node-crash of n-2, when 1 of 2 answer" in out


def test_nothing_found_is_told_and_so_is_how_much_was_tried(attack: Any, tmp_path: Path) -> None:
    code, out, _ = attack(experiment(tmp_path, deployment(2, APART), nodes=2, failures=(NODE,)), "--at-most", 1)
    assert code == 0
    assert "no way found to break any of 1 Service by at most 1 failure or operation" in out
    assert "tried: at most 1 failure or operation, in 2 simulations" in out


def test_a_budget_that_ends_is_told_and_has_an_exit_code_of_its_own(attack: Any, tmp_path: Path) -> None:
    three = experiment(tmp_path, deployment(3, APART), nodes=3, failures=(NODE, CRASH))
    code, out, _ = attack(three, "--simulations", 4)
    assert code == 4
    assert "not all tried" in out
    assert "not known" in out


def test_moments_that_were_not_tried_leave_the_promise_open(attack: Any, tmp_path: Path) -> None:
    three = experiment(tmp_path, deployment(3, APART), nodes=3, failures=(NODE,))
    assert attack(three)[0] == 0
    code, out, _ = attack(three, "--moments", 1)
    assert code == 4
    assert "not all moments tried" in out
    assert out.splitlines()[2].split() == ["web", "holds", "not", "known", "none", "found", "-"]
    code, out, _ = attack(three, "--moments", 1, "--format", "json")
    told = json.loads(out)
    assert (code, told["exitCode"], told["services"][0]["survives"]) == (4, 4, {"n+1": True, "n+2": None})
    code, out, _ = attack(three, "--moments", 1, "--format", "json", "--inconclusive", "pass")
    told = json.loads(out)
    assert (code, told["exitCode"], told["services"][0]["survives"]) == (0, 0, {"n+1": True, "n+2": None})


def test_another_intent_is_another_answer(attack: Any, tmp_path: Path) -> None:
    three = experiment(tmp_path, deployment(3, APART), nodes=3, failures=(NODE,))
    assert attack(three, "--at-most", 1)[0] == 0
    assert attack(three, "--at-most", 1, "--intent", "{when: readyEndpoints, atLeast: 3}")[0] == 1
    assert attack(three, "--at-most", 1, "--intent", "quorum")[0] == 0


def test_json_has_the_steps_and_the_timeline(attack: Any, single: Path) -> None:
    _, out, _ = attack(single, "--format", "json")
    told = json.loads(out)
    assert (told["kind"], told["exitCode"]) == ("Attack", 1)
    (web,) = told["services"]
    assert (web["survives"], web["steps"]) == ({"n+1": False, "n+2": False}, 1)
    worst = web["ways"][0]
    assert worst["steps"][0]["name"] == "node-crash"
    assert worst["steps"][0]["endpoints"] == {"web": {"answering": 1, "desired": 1}}
    assert worst["outage"]["ends"]
    assert worst["timeline"]["service"] == "web"


def test_the_outages_are_drawn_in_a_page(attack: Any, single: Path, tmp_path: Path) -> None:
    page = tmp_path / "attack.html"
    assert attack(single, "-o", page)[0] == 1
    assert "app: the shortest ways to break it" in page.read_text()
    assert "<svg" in page.read_text() or "<canvas" in page.read_text() or "timeline-web" in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--service", "wep"), "'wep' is none of 'web'; did you mean 'web'?"),
        (("--policy", "as-shiped"), "did you mean 'as-shipped'?"),
        (("--intent", "{when: never}"), "is none of {when: readyEndpoints"),
        (("--longer-than", "soon"), "--longer-than"),
        (("-o", "attack.txt"), "does not end in .html"),
        (("--at-most", "4"), "--at-most"),
    ],
)
def test_bad_input_is_refused_with_what_was_expected(
    attack: Any, single: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = attack(single, *arguments)
    assert code == 2
    assert said in err.replace("\n", " ")


def test_an_experiment_with_a_sweep_is_refused(attack: Any, single: Path) -> None:
    sweep = "spec.sweep={axes: [{name: n, path: 'cluster.pools[n].count', values: [2, 3]}]}"
    code, _, err = attack(single, "--set", sweep)
    assert code == 2
    assert "has a sweep" in err

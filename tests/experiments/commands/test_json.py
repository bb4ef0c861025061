"""Every command that prints a table prints JSON, too: alone on stdout, documented in docs/json.md."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from experiments.bench import engines, nines, peers, placement
from experiments.cli import cli, main
from experiments.design.objective import Objective
from experiments.plots import Plots
from experiments.runner import run as runner
from experiments.runner import sensitivity
from experiments.verify import suite
from tests.experiments import fakes
from tests.experiments.fakes import Unit
from tests.experiments.plots.test_sensitivity import Made, influence

ROOT = Path(__file__).resolve().parents[3]
QUICKSTART = str(ROOT / "experiments" / "configs" / "quickstart.yaml")
UNCERTAIN = str(ROOT / "experiments" / "configs" / "uncertain.yaml")
SHOP = str(ROOT / "experiments" / "manifests" / "shop.yaml")

WITHOUT = {
    "init": "writes a file",
    "plot": "writes a picture, and prints its path",
    "report": "writes a page, and prints its path",
    "schema": "is JSON anyway",
    "completion": "prints a script",
    "import cluster": "writes files",
    "import trace": "writes files",
    "replay": "writes JSON into a file",
}
"""Commands that print no table."""

ARGUMENTS: dict[str, list[tuple[str, ...]]] = {
    "examples": [()],
    "validate": [(QUICKSTART, SHOP)],
    "lint": [(SHOP,), ("--rules",)],
    "plan": [(QUICKSTART,)],
    "run": [(QUICKSTART, "-n", "1", "-j", "1", "-q", "-o", "out")],
    "check": [("shop", "--inconclusive", "pass")],
    "search": [(QUICKSTART, "--set", "spec.objectives=[{service: frontend, atLeast: 10%}]", "--at-most", "4", "-q")],
    "advise": [(QUICKSTART, "-n", "2", "-q", "-j", "1", "--set", "spec.duration=6h", "-o", "mends")],
    "sensitivity": [(UNCERTAIN, "-q", "-o", "out")],
    "show": [("shop",), ("shop", "--disruptions"), (QUICKSTART,)],
    "compare": [("shop",)],
    "why": [("shop",)],
    "timeline": [("shop", "--list")],
    "attack": [(QUICKSTART, "--at-most", "1", "-q")],
    "fit": [("log.csv",)],
    "backtest": [("log.csv",)],
    "explain": [(), ("nodeCrash",), ("laws",), ("timing",), ("metrics",), ("presets",), ("kinds",)],
    "version": [()],
    "verify": [()],
    "bench cluster": [("--nodes", "3", "--pods", "5", "--years", "0.001")],
    "bench placement": [("--nodes", "2", "--pods", "4")],
    "bench trace": [("nodes.csv", "pods.csv")],
    "bench peers": [("nodes.csv", "pods.csv")],
    "bench traffic": [("--requests", "100")],
    "bench nines": [("--at", "1e-5")],
    "bench engines": [()],
}


def commands() -> Iterator[tuple[str, click.Command]]:
    for name, command in cli.commands.items():
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", of) for inner, of in command.commands.items())
        else:
            yield name, command


def test_every_command_that_prints_a_table_has_a_format() -> None:
    forms = {
        name: [option for option in command.params if "--format" in option.opts and "json" in option.type.choices]  # type: ignore[attr-defined]
        for name, command in commands()
    }
    assert sorted(name for name, found in forms.items() if not found) == sorted(WITHOUT)
    assert sorted(ARGUMENTS) == sorted(name for name, found in forms.items() if found)


def test_an_option_means_one_thing_everywhere() -> None:
    """`-o` is where to write, `--format` how to print; no command has another word for either."""
    for name, command in commands():
        options = {word: option for option in command.params for word in option.opts}
        assert "--json" not in options, name
        assert options.get("-o") is options.get("--output"), name
        assert "-f" not in options, name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "shop"
    wanted = (Objective("frontend", 0.5),)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plots, "drawings", {"comparison": "<svg></svg>"})
        plan = fakes.plan({"a": Unit(864000.0, 1800.0), "b": Unit(2e8, 600.0)}, objectives=wanted)
        runner.run(plan, out=path, replications=3, simulate=fakes.simulate)
    return path.parent


@pytest.mark.parametrize(("command", "arguments"), [(name, each) for name, of in ARGUMENTS.items() for each in of])
@pytest.mark.usefixtures("without_plots")
def test_what_is_printed_is_json_and_nothing_else(
    command: str,
    arguments: tuple[str, ...],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    Path("log.csv").write_text("node,start,end\n" + "".join(f"a,{t}000,{t}{t}00\n" for t in range(1, 10)))
    Path("nodes.csv").touch()
    Path("pods.csv").touch()
    monkeypatch.setattr(placement, "trace", lambda *given: {})  # these take long, and are tested elsewhere
    monkeypatch.setattr(nines, "nines", lambda *given: [])
    monkeypatch.setattr(peers, "peers", lambda *given: [])
    monkeypatch.setattr(engines, "engines", lambda *given: [])
    monkeypatch.setattr(suite, "studies", tuple)
    monkeypatch.setattr(sensitivity, "run_sensitivity", lambda *arguments, **named: Made(influence(2)))
    main([*command.split(), *arguments, "--format", "json"])
    value: Any = json.loads(capsys.readouterr().out)
    assert isinstance(value, dict | list)


def test_every_command_with_json_is_documented() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    assert [name for name in ARGUMENTS if f"`{name.partition(' ')[0]}`" not in page] == []

"""Rooms and floors: imports go down only, those for type checkers included, and nothing hangs together in a circle."""

import ast
import functools
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.sources import PACKAGES, ROOT, imports, tree

FLOORS: dict[str, tuple[str, ...]] = {
    "models": (
        "manifests schemas demand",
        "cluster units",
        "load behaviour cronjob daemonset disruption quota statefulset",
        "autoscaling deployment job qos runtime_class volume",
        "node_pool pod priority service traffic",
        "claim release rollout hazard_rate length_biased",
        "configuration maintenance people",
        "distributions input kubelet_configuration labels limit_range namespace node reference request_level timing",
        "arrays discovery incomplete_gamma protection schedule size weekday",
    ),
    "simulator": (
        "attack replay traffic",
        "rare run",
        "simulation",
        "control_planes",
        "failures node_autoscaling operations placement",
        "stories scheduling hosts nomad swarm",
        "control_plane orchestrators",
        "controllers kubelet",
        "demand",
        "state",
        "hazards phases log",
        "repairs",
        "component",
        "garbage job_run kernel processes registry step_function streams",
    ),
    "experiments": (
        "cli",
        "commands",
        "advice",
        "lint check live",
        "attack preflight search",
        "experiment bench backtest",
        "runner",
        "sweep_results",
        "results sensitivity_results fitting",
        "report",
        "plots verify traces",
        "findings",
        "rare",
        "store timeline",
        "attribution",
        "metrics",
        "file",
        "design presets",
        "inference closed_form",
    ),
}
"""The rooms of each package, top floor first: a room imports rooms of lower floors only, none of its own floor."""

LONGEST_FILE = 350
MOST_PUBLIC_METHODS = 25


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def imported(name: str) -> set[str]:
    """The modules of ours that a module imports: when it is loaded, in a function, or for type checkers only."""
    names = [found.name for found in imports(MODULES[name].relative_to(ROOT).as_posix())]
    return {module for each in names for module in [each if each in MODULES else each.rpartition(".")[0]]} & set(
        MODULES
    )


@functools.cache
def imports_of_modules() -> dict[str, list[str]]:
    """The modules of ours that each imports: read when a test asks, not when tests are collected."""
    return {name: sorted(imported(name) - {name}) for name in MODULES}


@functools.cache
def trees() -> dict[str, ast.Module]:
    return {name: tree(path.relative_to(ROOT).as_posix()) for name, path in MODULES.items()}


def room_of(name: str) -> str:
    """The first folder or file below the package; empty for the package itself."""
    return name.partition(".")[2].partition(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_has_a_floor_and_every_floor_has_its_rooms(package: str) -> None:
    there = {room_of(name) for name in MODULES if name.startswith(f"{package}.")}
    listed = [room for floor in FLOORS[package] for room in floor.split()]
    assert sorted(listed) == sorted(there)


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_down(package: str) -> None:
    floor = {room: number for number, rooms in enumerate(FLOORS[package]) for room in rooms.split()}
    wrong = [
        f"{name} -> {other}"
        for name in MODULES
        for other in imports_of_modules()[name]
        if room_of(name) and room_of(other) and name.startswith(f"{package}.") and other.startswith(f"{package}.")
        if room_of(name) != room_of(other) and floor[room_of(other)] <= floor[room_of(name)]
    ]
    assert wrong == []


def test_no_module_imports_by_a_relative_path() -> None:
    levels = {
        name: [n.level for n in ast.walk(parsed) if isinstance(n, ast.ImportFrom)] for name, parsed in trees().items()
    }
    assert [name for name, found in levels.items() if any(found)] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(imports_of_modules()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_file_is_too_long_to_be_read() -> None:
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


def test_no_class_does_everything() -> None:
    public = {
        f"{name}.{node.name}": sum(isinstance(m, ast.FunctionDef) and m.name[0] != "_" for m in node.body)
        for name, parsed in trees().items()
        for node in ast.walk(parsed)
        if isinstance(node, ast.ClassDef)
    }
    assert {name: count for name, count in public.items() if count > MOST_PUBLIC_METHODS} == {}


def test_what_docstrings_say_stands_alone() -> None:
    """A docstring is read in generated documentation, where nothing stands before it."""
    leaning = [
        f"{name}.{getattr(node, 'name', '')}"
        for name, parsed in trees().items()
        for node in ast.walk(parsed)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and getattr(node, "name", "")[:1] != "_"
        if (ast.get_docstring(node) or "").startswith(("The same ", "Of "))
    ]
    assert leaning == []


def test_the_tests_have_the_rooms_of_the_packages() -> None:
    folders = {path.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("*") if path.is_dir()}
    mirrored = defaultdict(list)
    for folder in sorted(folders):
        package, _, rest = folder.partition("/")
        if package in PACKAGES and rest and "__pycache__" not in folder and not (ROOT / folder).is_dir():
            mirrored[package].append(rest)
    assert dict(mirrored) == {}

"""models <- simulator <- experiments: who may import whom, read from the source; their tests, too.

What goes on inside each package is in `test_floors.py`.
"""

import ast
import subprocess
import sys

import pytest

from tests.sources import PACKAGES, ROOT, imports, tree

FILES = sorted(path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py"))
HEAVY = {"numpy", "pandas", "scipy", "matplotlib", "pyarrow", "pydantic", "simpy", "jsonschema_rs"}

MODELS = {
    "models/input/documents.py": {"yaml"},
    "models/input/yaml_values.py": {"yaml"},
    "models/manifests/schema.py": {"jsonschema_rs"},
}
"""What files of models may import besides the standard library, numpy and each other."""
SIMULATOR = {
    "simulator/kernel.py": {"simpy"},
    "simulator/log.py": {"pandas"},  # to_frame, when it is called
    "simulator/traffic/requests/compiling.py": {"numba"},  # when something is compiled
}
EXPERIMENTS = (
    "simulator.attack",
    "simulator.garbage",
    "simulator.control_planes",
    "simulator.processes",
    "simulator.kernel.Story",
    "simulator.job_run",
    "simulator.run",
    "simulator.log",
    "simulator.registry",
    "simulator.step_function",
    "simulator.stories",
    "simulator.placement",
    "simulator.rare",
    "simulator.node_autoscaling.cluster_autoscaler.ClusterAutoscaler",
    "simulator.node_autoscaling.fleet",
    "simulator.node_autoscaling.karpenter.Karpenter",
    "simulator.scheduling.profile",
    "simulator.failures",
    "simulator.operations",
    "simulator.replay",
    "simulator.streams.Streams",
    "simulator.traffic",
)
"""By which doors experiments enter the simulator."""
KERNEL = ("simulator.kernel.Story", "simulator.kernel.Event", "simulator.kernel.Crew")
POLICIES = {
    "simulator/failures/": ("simulator.processes", "simulator.registry", "simulator.stories", "simulator.kernel.Story"),
    "simulator/operations/": ("simulator.registry", "simulator.stories", *KERNEL),
    "simulator/scheduling/plugins/": (
        "simulator.registry",
        "simulator.scheduling.views",
        "simulator.scheduling.framework",
        "simulator.scheduling.counts.PodCount",
        "simulator.scheduling.plugins.node_affinity.eligible",
    ),
    "simulator/traffic/balancing/": ("simulator.registry", "simulator.traffic.balancing", "simulator.traffic.keys"),
    "simulator/traffic/routing/": ("simulator.registry", "simulator.traffic.routing", "simulator.traffic.balancing"),
}
"""What policies may know of the simulator: not its state, not its controllers."""


def under(name: str, *prefixes: str) -> bool:
    return any(f"{name}.".startswith(f"{prefix}.") for prefix in prefixes)


def foreign(path: str) -> set[str]:
    """Top-level names of what a file imports, the standard library left out."""
    return {found.name.split(".")[0] for found in imports(path)} - set(sys.stdlib_module_names)


def of(package: str) -> list[str]:
    return [path for path in FILES if path.startswith(f"{package}/")]


@pytest.mark.parametrize("path", of("models"))
def test_models_import_the_standard_library_numpy_and_each_other(path: str) -> None:
    assert foreign(path) <= {"models", "numpy"} | MODELS.get(path, set())


@pytest.mark.parametrize("path", of("simulator"))
def test_the_simulator_imports_models_and_itself(path: str) -> None:
    assert foreign(path) <= {"models", "simulator", "numpy"} | SIMULATOR.get(path, set())


@pytest.mark.parametrize("path", of("experiments"))
def test_experiments_enter_the_simulator_by_its_doors(path: str) -> None:
    entered = [found.name for found in imports(path) if under(found.name, "simulator")]
    assert [name for name in entered if name not in ("simulator.Run", "simulator.simulate")] == [
        name for name in entered if under(name, *EXPERIMENTS)
    ]


@pytest.mark.parametrize("path", [path for path in TESTS if path.split("/")[1] in PACKAGES])
def test_tests_import_nothing_above_what_they_test(path: str) -> None:
    above = PACKAGES[PACKAGES.index(path.split("/")[1]) + 1 :]
    forbidden = (*above, *(f"tests.{floor}" for floor in above))
    assert [found.name for found in imports(path) if under(found.name, *forbidden)] == []


@pytest.mark.parametrize("path", [p for p in of("simulator") if p.startswith(tuple(POLICIES))])
def test_policies_see_views_and_the_world_not_the_state(path: str) -> None:
    [allowed] = [names for folder, names in POLICIES.items() if path.startswith(folder)]
    known = [found.name for found in imports(path) if under(found.name, "simulator")]
    assert [name for name in known if not under(name, *allowed)] == []


def test_pandas_is_imported_only_when_a_frame_is_wanted() -> None:
    loaded = [path for path in of("simulator") for f in imports(path) if under(f.name, "pandas") and f.when_loaded]
    assert loaded == []


@pytest.mark.parametrize("path", [p for p in FILES if not p.startswith("experiments/plots/")])
def test_only_the_plots_draw(path: str) -> None:
    assert "matplotlib" not in foreign(path)


def test_the_command_line_loads_nothing_heavy() -> None:
    loaded = {found.name.split(".")[0] for found in imports("experiments/cli.py") if found.when_loaded}
    assert not loaded & HEAVY


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    program = "import sys, experiments.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & HEAVY


@pytest.mark.parametrize("path", of("models") + of("simulator"))
def test_there_is_no_hidden_randomness_and_no_wall_clock(path: str) -> None:
    assert "random" not in {found.name.split(".")[0] for found in imports(path)}
    used = {ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    drawn = {name for name in used if name.startswith(("np.random.", "numpy.random."))}
    # Types and constructors with a seed; the functions beside them draw from numpy's global state.
    assert {name.split(".")[2] for name in drawn} <= {"Generator", "PCG64", "bit_generator"}
    assert not {name for name in used if name.split(".")[0] in ("time", "datetime")}

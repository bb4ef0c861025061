import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import Experiment
from models.distributions import Exponential, Fixed
from models.input.problems import InputError
from simulator.failures.node_crash import NodeCrash
from simulator.operations.rollout import Rollout

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "experiments" / "manifests" / "shop.yaml"
CONFIGS = sorted((ROOT / "experiments" / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_experiment_reads_without_a_warning(path: Path) -> None:
    experiment = Experiment.from_yaml(path)
    assert experiment.name == path.stem
    assert experiment.warnings == ()
    assert experiment.source_text == path.read_text()
    assert path.read_text().startswith("# ")
    assert "?" in path.read_text().splitlines()[0]


def test_the_shipped_strategies_differ_as_their_names_say() -> None:
    scenarios = {
        s.policy: s for s in Experiment.from_yaml(ROOT / "experiments/configs/replica-strategies.yaml").scenarios()
    }
    replicas = {p: {d.name: d.replicas for d in s.cluster.deployments}["frontend"] for p, s in scenarios.items()}
    assert replicas == {
        "one-replica": 1,
        "two-replicas": 2,
        "three-replicas": 3,
        "three-packed": 3,
        "three-spread": 3,
        "three-spread-released": 3,
    }
    assert len(scenarios["three-spread-released"].cluster.budgets) == 4
    assert len(scenarios["three-spread-released"].operations) == 2
    assert scenarios["three-packed"].cluster.deployments[0].template.spec.node_selector == {"pool": "packed"}
    assert scenarios["three-spread"].cluster.deployments[0].template.spec.topology_spread_constraints


def test_an_experiment_is_put_together_in_python() -> None:
    crash = NodeCrash("node-crash", Exponential(30 * 86_400.0), Fixed(300.0))
    experiment = (
        Experiment.from_manifests(SHOP)
        .cluster(nodes=4, zones=2, cpu="2", memory="8Gi")
        .failures(
            crash, {"name": "c", "type": "containerCrash", "timeToFailure": {"kind": "exponential", "mean": "30d"}}
        )
        .policy(
            "three",
            replicas=3,
            spread="zone",
            budget={"maxUnavailable": 1},
            operations=[Rollout("r", "Deployment/cart", every=604_800.0)],
        )
        .policy("slow", extends=["three"], behaviour={"startup": {"kind": "fixed", "value": "1m"}})
        .set("duration", "30d")
        .set("replications", 20)
    )
    assert experiment.policies == ("as-shipped", "three", "slow")
    shipped, three, slow = experiment.scenarios()
    assert shipped.failures[0] == crash
    assert [node.zone for node in shipped.cluster.nodes] == ["a", "b", "a", "b"]
    assert {d.replicas for d in three.cluster.deployments} == {3}
    assert {d.template.spec.topology_spread_constraints[0].topology_key for d in three.cluster.deployments} == {
        "topology.kubernetes.io/zone"
    }
    assert len(three.cluster.budgets) == len(three.cluster.deployments)
    assert three.operations == (Rollout("r", "Deployment/cart", every=604_800.0),)
    assert slow.behaviour.pods.startup == Fixed(60.0)
    assert (experiment.duration, experiment.replications, experiment.precision) == (30 * 86_400.0, 20, None)
    assert yaml.safe_load(experiment.source_text)["metadata"] == {"name": "shop"}


def test_every_change_gives_another_experiment() -> None:
    before = Experiment.from_manifests(SHOP)
    text = before.source_text
    after = before.cluster(nodes=1).set("seed", 5).policy("two", replicas=2)
    assert before.source_text == text
    assert (before.seed, after.seed) == (0, 5)
    assert before.policies == ("as-shipped",)


def test_a_change_of_an_experiment_from_a_file_keeps_its_files() -> None:
    experiment = Experiment.from_yaml(CONFIGS[0]).set("seed", 3).policy("more", replicas=4)
    assert experiment.seed == 3
    assert experiment.policies[-1] == "more"


def test_a_change_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(InputError, match="no item 'x'"):
        Experiment.from_manifests(SHOP).set("policies[x].name", "y")
    with pytest.raises(InputError, match=r"spec\.duration"):
        Experiment.from_manifests(SHOP).set("duration", "soon")
    with pytest.raises(InputError, match="unknown 'spread' 'rack'; expected one of 'zone', 'node'"):
        Experiment.from_manifests(SHOP).policy("p", spread="rack")


def test_only_some_policies_keep_their_order_and_objectives() -> None:
    experiment = Experiment.from_yaml(ROOT / "experiments/configs/replica-strategies.yaml")
    assert experiment.only("three-spread", "two-replicas").policies == ("two-replicas", "three-spread")
    assert experiment.only("two-replicas").objectives == ()
    with pytest.raises(InputError, match="did you mean 'two-replicas'"):
        experiment.only("two-replcias")


def test_precision_replaces_a_number_of_replications() -> None:
    experiment = Experiment.from_manifests(SHOP).set("replications", None)
    assert experiment.replications == 100
    experiment = experiment.set("precision", {"relative": "10%", "confidence": "90%"})
    assert experiment.replications is None
    assert experiment.precision is not None
    assert (experiment.precision.relative, experiment.precision.at_most, experiment.confidence) == (0.1, 2000, 0.9)


def test_settings_take_values_in_yaml_and_may_leave_out_spec() -> None:
    given_settings = [
        "seed=7",
        "spec.failures[node-crash].timeToFailure.mean=10d",
        "cluster.pools[general].zones=[x, y]",
    ]
    experiment = Experiment.from_yaml(ROOT / "experiments/configs/quickstart.yaml", given_settings)
    scenario = experiment.scenarios()[0]
    assert scenario.seed == 7
    assert scenario.failures[0].time_to_failure == Exponential(864_000.0)  # type: ignore[attr-defined]
    assert {node.zone for node in scenario.cluster.nodes} == {"x", "y"}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("seed", "--set seed: expected path=value"),
        ("seed=abc", "--set seed=abc: spec.seed: expected a whole number"),
        ("failures[node-crush].name=x", "no item 'node-crush'; there is 'node-crash', 'container-crash'; did you mean"),
        ("seeed=1", "--set seeed=1: spec.seeed: unknown field"),
        ("a..b=1", "cannot read the path"),
        ("services=[{name: x}]", "--set services=[{name: x}]: spec.services[0].name: there is no Service 'x'"),
        ("seed={", "--set seed={: not valid YAML"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(setting: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        Experiment.from_yaml(ROOT / "experiments/configs/quickstart.yaml", [setting])
    assert message in str(error.value)


def _paths(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _paths(item, (*path, key))


OBJECT = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "q", "labels": {"a": "b"}}, "spec": {}}
EVERYTHING = yaml.safe_load((ROOT / "experiments/configs/quickstart.yaml").read_text())
EVERYTHING["spec"] |= {
    "manifests": [str(SHOP)],
    "policies": [
        {"name": "a"},
        {
            "name": "b",
            "extends": ["a"],
            "add": [OBJECT],
            "patches": [{"target": {"kind": "Service", "labels": "a=b"}, "merge": {"spec": {"ports": [{"port": 80}]}}}],
            "behaviour": {"overrides": [{"match": {"name": "cart"}, "stop": {"kind": "fixed", "value": "1s"}}]},
            "operations": [{"name": "r", "type": "rollout", "target": "Deployment/cart", "every": "1d"}],
        },
        {
            "name": "c",
            "extends": ["b"],
            "replicas": 2,
            "spread": "zone",
            "budget": {"minAvailable": 1},
            "patches": [{"target": {"kind": "Deployment"}, "budget": {"maxUnavailable": "50%"}}],
            "failures": [
                {"name": "node-crash", "timeToFailure": {"factor": 0.5}, "timeToRepair": {"p95": None, "sigma": 1}},
                {"name": "container-crash", "remove": True},
            ],
            "operations": [{"name": "r", "target": ["Deployment/*"], "every": None, "at": "1d"}],
        },
    ],
}


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list(_paths(EVERYTHING))), st.sampled_from([None, 5, "x", [], {}, [5], [[]], {"a": 1}, True, -1.5])
)
def test_whatever_is_written_anywhere_is_read_or_refused(path: tuple[str | int, ...], value: object) -> None:
    whole: Any = {"": copy.deepcopy(EVERYTHING)}
    node, last = whole, ""
    for step in path:
        node, last = node[last], step  # type: ignore[assignment]
    node[last] = value
    try:
        found: Any = Experiment._of(whole[""]).scenarios()
    except InputError as refused:
        found = refused.problems
    assert found


def test_packages_say_what_they_are_and_refuse_what_they_have_not() -> None:
    import experiments
    import kubenines
    import models
    import simulator

    for package in (models, simulator, experiments, kubenines):
        assert set(package.__all__) <= {*dir(package)}
        for name in package.__all__:
            if name != "Results":
                assert getattr(package, name).__name__ == name
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            getattr(package, "nothing")  # noqa: B009


def test_another_package_of_the_same_name_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__init__.py").touch()
    done = subprocess.run(
        [sys.executable, "-c", "from kubenines import Experiment"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert "kubenines needs its own package 'experiments'" in done.stderr
    assert f"but Python finds {tmp_path / 'experiments' / '__init__.py'} first" in done.stderr


SCRIPT = """
from kubenines import Experiment

if __name__ == "__main__":
    experiment = Experiment.from_manifests({shop!r}).set("duration", "1d").set("replications", 2)
    print(repr(experiment.run(workers=2)))
"""


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder of a user whose own packages are called as ours."""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__init__.py").write_text('raise RuntimeError("not ours")\n')
    for name in ("models", "simulator"):
        (tmp_path / f"{name}.py").write_text('raise RuntimeError("not ours")\n')
    return tmp_path


def run_script(script: Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    script.parent.mkdir(exist_ok=True)
    script.write_text(SCRIPT.format(shop=str(ROOT / "experiments" / "manifests" / "shop.yaml")))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, str(script)], cwd=cwd, env=environment, capture_output=True, text=True)


def test_packages_called_as_ours_in_the_working_directory_do_not_reach_the_processes(foreign: Path) -> None:
    done = run_script(foreign / "scripts" / "mine.py", foreign)
    assert (done.stdout, done.returncode) == ("<Results of shop: 1 policies, 2 runs>\n", 0), done.stderr


@pytest.mark.parametrize("name", ["experiments", "models", "simulator"])
def test_packages_called_as_ours_beside_a_script_are_told_of_in_a_sentence(foreign: Path, name: str) -> None:
    for other in {"experiments/__init__.py", "models.py", "simulator.py"} - {f"{name}.py", f"{name}/__init__.py"}:
        (foreign / other).unlink()
    if name != "experiments":
        (foreign / "experiments").rmdir()
    done = run_script(foreign / "mine.py", foreign)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: kubenines needs its own package {name!r}")
    assert "Rename that file or folder" in last


def test_a_choice_of_policies_outlives_later_changes() -> None:
    experiment = (
        Experiment.from_yaml(ROOT / "experiments/configs/replica-strategies.yaml")
        .only("three-spread")
        .set("duration", "30d")
    )
    assert experiment.policies == ("three-spread",)
    assert experiment.policy("five", replicas=5).policies == ("three-spread", "five")


def test_what_is_no_failure_is_refused_with_what_was_expected() -> None:
    with pytest.raises(TypeError, match=r"expected a failure or a mapping as in a file \(got 3\)"):
        Experiment.from_manifests(SHOP).failures(3)

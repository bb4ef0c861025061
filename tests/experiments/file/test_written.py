"""What is written is read again as it was: plain values in YAML, and whole experiments."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import Experiment
from experiments.file.written import yaml_text
from models.distributions import Exponential, Fixed, LogNormal, Scaled, Weibull
from models.input.documents import parse_documents
from models.labels import LabelSelector
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_burst import NodeBurst
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.operations.cordon import Cordon
from simulator.operations.drain import Drain
from simulator.operations.rollout import Rollout

ROOT = Path(__file__).resolve().parents[3]
SHOP = ROOT / "experiments" / "manifests" / "shop.yaml"
CONFIGS = sorted((ROOT / "experiments" / "configs").glob("*.yaml"))
DAY = 86_400.0

SCALARS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])),
    st.sampled_from(
        ["0o17", "1e3", "0x1F", "1_000", "12:30", "2001-01-01", "y", "No", "~", "<<", "=", "- a", "", ".5"]
    ),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
)
KEYS = st.text("abyn_.-/ 0e1", max_size=6)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


@settings(deadline=None)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=3))
def test_plain_values_are_read_as_they_were_written(value: dict[str, Any]) -> None:
    (document,) = parse_documents(yaml_text(value), y_is_text=True)
    assert document.value == value


def test_what_is_said_twice_is_written_twice() -> None:
    law = {"kind": "fixed", "value": "1m"}
    assert yaml_text({"a": law, "b": law}) == "a: {kind: fixed, value: 1m}\nb: {kind: fixed, value: 1m}\n"


def assert_the_same(written: Path, experiment: Experiment) -> None:
    again = Experiment.from_yaml(written)
    assert [s.id for s in again.scenarios()] == [s.id for s in experiment.scenarios()]
    assert again.objectives == experiment.objectives
    assert (again.replications, again.precision) == (experiment.replications, experiment.precision)
    assert again.confidence == experiment.confidence
    assert [path.resolve() for path in again.inputs] == [path.resolve() for path in experiment.inputs]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_experiment_is_written_and_read_again(path: Path, tmp_path: Path) -> None:
    experiment = Experiment.from_yaml(path, ["seed=5"])
    text = experiment.to_yaml(tmp_path / "deep" / "again.yaml")
    assert (tmp_path / "deep" / "again.yaml").read_text() == text
    assert_the_same(tmp_path / "deep" / "again.yaml", experiment)


def test_requests_that_a_policy_gives_anew_are_resolved_once(tmp_path: Path) -> None:
    """Those of the policy that it extends are replaced; both would be traffic that is given twice."""
    experiment = Experiment.from_yaml(ROOT / "experiments" / "configs" / "gallery" / "loadSpike.yaml")
    text = yaml_text(experiment.resolved).replace("../../manifests/shop.yaml", str(SHOP))
    (tmp_path / "resolved.yaml").write_text(text)
    assert_the_same(tmp_path / "resolved.yaml", experiment)


def test_policies_that_were_chosen_are_written_alone(tmp_path: Path) -> None:
    experiment = Experiment.from_yaml(ROOT / "experiments/configs/replica-strategies.yaml")
    chosen = experiment.only("three-spread-released", "two-replicas").set("duration", "30d")
    chosen.to_yaml(tmp_path / "again.yaml")
    assert_the_same(tmp_path / "again.yaml", chosen)
    assert Experiment.from_yaml(tmp_path / "again.yaml").policies == ("two-replicas", "three-spread-released")


def test_without_a_path_files_are_named_from_the_current_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "tests")
    text = Experiment.from_yaml(Path("../experiments/configs/quickstart.yaml")).to_yaml()
    (document,) = parse_documents(text)
    assert document.value["spec"]["manifests"] == ["../experiments/manifests/shop.yaml"]


def test_all_kinds_of_files_are_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "shop.yaml").write_text(SHOP.read_text())
    (folder / "pdb.yaml").write_text((ROOT / "experiments/manifests/budgets.yaml").read_text())
    (folder / "rates.csv").write_text("time,rate\n0,5\n60,7\n")
    (folder / "node.yaml").write_text(
        "{apiVersion: v1, kind: Node, metadata: {name: one}, status: {allocatable: {cpu: 8, memory: 32Gi, pods: 110}}}"
    )
    (folder / "e.yaml").write_text("""\
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: x}
spec:
  duration: 30d
  cluster: {nodes: [node.yaml]}
  manifests: [shop.yaml]
  traffic: [{service: cart, rate: {kind: trace, path: rates.csv}}]
  policies: [{name: a, add: [pdb.yaml]}]
""")
    experiment = Experiment.from_yaml(folder / "e.yaml")
    experiment.to_yaml(tmp_path / "c" / "e.yaml")
    assert_the_same(tmp_path / "c" / "e.yaml", experiment)


LAWS = st.one_of(
    st.builds(Exponential, st.floats(1e3, 1e8)),
    st.builds(Weibull, st.floats(0.5, 3), st.floats(1e4, 1e8)),
    st.builds(LogNormal, st.floats(1e3, 1e8), st.floats(0.1, 2)),
    st.builds(Fixed, st.floats(1e3, 1e8)),
    st.builds(Scaled, st.builds(Exponential, st.floats(1e3, 1e8)), st.floats(0.5, 4)),
)
SELECTORS = st.sampled_from([LabelSelector(), LabelSelector.of({"pool": "general"})])
FAILURES = st.one_of(
    st.builds(NodeCrash, st.just("node"), LAWS, LAWS, SELECTORS),
    st.builds(NodeBurst, st.just("burst"), LAWS, LAWS, st.floats(0, 0.9)),
    st.builds(ZoneOutage, st.just("zone"), LAWS, LAWS, st.sampled_from([(), ("a",), ("b", "a")])),
    st.builds(ContainerCrash, st.just("crash"), LAWS),
)
OPERATIONS = st.one_of(
    st.builds(
        Rollout,
        st.just("release"),
        st.sampled_from(["Deployment/cart", ("Deployment/cart", "Deployment/store"), "Deployment/*"]),
        st.floats(1e3, 1e7),
    ),
    st.builds(Drain, st.just("patching"), st.floats(1e3, 1e7), st.none() | st.floats(0, 1e6)),
    st.builds(Cordon, st.just("cordon"), st.floats(0, 1e7)),
)
CHANGES = st.sampled_from(
    [
        {"failures": [{"name": "node", "timeToFailure": {"factor": 0.5}}]},
        {"failures": [{"name": "node", "remove": True}]},
        {"replicas": 3, "spread": "zone", "budget": {"minAvailable": "50%"}},
        {"behaviour": {"startup": {"kind": "fixed", "value": "1m"}, "timing": {"preset": "kubespray-fast"}}},
        {"scheduler": {"score": {"NodeResourcesFit": 5}}},
        {"patches": [{"target": {"kind": "Deployment", "labels": "app in (cart)"}, "set": {"spec.replicas": 2}}]},
    ]
)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(FAILURES, unique_by=lambda mode: mode.name, max_size=3),
    st.lists(OPERATIONS, unique_by=lambda operation: operation.name, max_size=2),
    st.lists(CHANGES, max_size=2),
    st.data(),
)
def test_an_experiment_built_in_python_is_written_and_read_again(
    tmp_path_factory: pytest.TempPathFactory, modes: list[Any], operations: list[Any], changes: list[Any], data: Any
) -> None:
    node = NodeCrash("node", Exponential(30 * DAY), Fixed(300.0))
    experiment = Experiment.from_manifests(os.path.relpath(SHOP)).cluster(nodes=4, zones=2)
    experiment = experiment.failures(node, *(mode for mode in modes if mode.name != "node"))
    experiment = experiment.operations(*operations).set("services", [{"name": "cart", "slo": {"objective": "99.9%"}}])
    for i, change in enumerate(changes):
        extends = {"extends": data.draw(st.lists(st.sampled_from(experiment.policies), unique=True))}
        experiment = experiment.policy(f"p{i}", **change, **extends)
    path = tmp_path_factory.mktemp("written") / "again.yaml"
    experiment.to_yaml(path)
    assert_the_same(path, experiment)
    path.write_text(yaml_text(experiment.resolved).replace(os.path.relpath(SHOP), str(SHOP)))
    assert_the_same(path, experiment)


def test_an_experiment_that_was_written_has_the_same_results(tmp_path: Path) -> None:
    experiment = (
        Experiment.from_manifests(os.path.relpath(SHOP))
        .set("duration", "20d")
        .failures(NodeCrash("node", Exponential(5 * DAY), Fixed(300.0)))
        .policy("two", replicas=2, failures=[{"name": "node", "timeToFailure": {"factor": 0.5}}])
    )
    experiment.to_yaml(tmp_path / "e.yaml")
    once, again = (e.run(replications=1) for e in (experiment, Experiment.from_yaml(tmp_path / "e.yaml")))
    assert len(once.runs) == 2 * len(once.services)
    assert once.runs.to_csv() == again.runs.to_csv()
    assert once.outages.to_csv() == again.outages.to_csv()

"""Mends: each says what it proposes; what it gives to paste is what was simulated."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments.advice.advice import Advice
from experiments.advice.candidate import Candidate, Pair, mends
from experiments.advice.change import Change
from experiments.advice.change import as_manifests as changes_as_manifests
from experiments.advice.pasting import as_manifests, as_policies
from experiments.design.scenario import Scenario
from experiments.experiment import Experiment
from models.input.documents import Document
from models.input.patches import merge
from models.manifests import Manifest
from tests.experiments.advice.problems import PROBLEMS, READY, Problem, advice_on, web

EXPECTED = {
    *("budget", "image-pull-policy", "images-on-nodes", "lint", "node", "pre-stop", "readiness-period"),
    *("readiness-probe", "replicas", "retries", "rollout", "spread-node", "spread-zone", "toleration"),
}


def test_every_mend_says_in_a_sentence_what_it_proposes() -> None:
    assert set(mends()) == EXPECTED
    assert [name for name, of in mends().items() if not of.summary.endswith(".")] == []


def simulated(experiment: Experiment, policy: str | None = None) -> str:
    """What a run depends on, whatever its policy is called."""
    [scenario] = [of for of in experiment.scenarios() if of.policy == (policy or experiment.policies[0])]
    return replace(scenario, policy="").id


def with_patches(problem: Problem, of: Candidate | Pair) -> Problem:
    """The application with the patches and objects that are given to paste, in its manifests and its pools."""
    objects: list[Any] = [dict(one) for one in problem.manifests]
    for value in yaml.safe_load_all(as_manifests(of)):
        key = value["kind"], value["metadata"]["name"]
        places = [i for i, one in enumerate(objects) if (one["kind"], one["metadata"]["name"]) == key]
        if places:
            objects[places[0]] = merge(objects[places[0]], value)
        else:
            objects.append(value)
    return replace(problem, manifests=objects)


def quick(problem: Problem, folder: Path) -> Advice:
    """Advice on an hour in which nothing happens: whatever may act is proposed, and hardly anything simulated."""
    return advice_on(problem, folder, duration="1h", replications=2)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_what_is_pasted_is_what_was_simulated(problem: Problem, tmp_path: Path) -> None:
    advice = quick(problem, tmp_path)
    tried = [of.tried for of in advice.standings]
    assert problem.answer in {of.name for of in tried}
    (tmp_path / "patched").mkdir()
    text = yaml.safe_load((tmp_path / "problem.yaml").read_text())
    for of in tried:
        wanted = simulated(advice.experiment, of.name)
        policies = [{"name": advice.policy}, *yaml.safe_load(as_policies(advice, of))]
        pasted = {**text, "spec": {**text["spec"], "policies": policies}}
        (tmp_path / "pasted.yaml").write_text(yaml.safe_dump(pasted))
        assert simulated(Experiment.from_yaml(tmp_path / "pasted.yaml"), of.name) == wanted, of.name
        if not of.elsewhere:
            settings = {"duration": "1h", "replications": 2}
            patched = with_patches(problem, of).experiment(tmp_path / "patched", **settings)
            assert simulated(patched) == wanted, of.name


def test_a_node_more_is_the_pool_with_one_more(tmp_path: Path) -> None:
    problem = next(of for of in PROBLEMS if of.name == "too-few-nodes")
    advice = quick(problem, tmp_path)
    [mended] = [of for of in advice.experiment.scenarios() if of.policy == "node-general"]
    larger = problem.experiment(tmp_path, duration="1h", replications=2).set("spec.cluster.pools[general].count", 2)
    assert nodes(mended) == nodes(larger.scenarios()[0])


def nodes(scenario: Scenario) -> dict[str, Any]:
    return {node.name: (node.allocatable, node.pods, dict(node.labels), node.taints) for node in scenario.cluster.nodes}


def manifest(value: dict[str, Any]) -> Manifest:
    return Manifest(value, Document("app.yaml", value))


def test_a_change_below_a_list_names_the_item_or_gives_the_whole_list() -> None:
    pod = {"containers": [{"name": "a"}, {"name": "b"}], "tolerations": [{"key": "x"}, {"key": "y"}]}
    of = manifest({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": pod})
    assert Change.at(of, ("spec", "containers", 1, "image"), "i").merge == {
        "spec": {"containers": [{"name": "b", "image": "i"}]}
    }
    change = Change.at(of, ("spec", "tolerations", 1, "key"), "z")
    [whole] = changes_as_manifests([change])
    assert (whole["metadata"], whole["spec"]) == ({"name": "p"}, {"tolerations": [{"key": "x"}, {"key": "z"}]})
    assert change.as_policy() == {"target": {"kind": "Pod", "name": "p"}, "set": {"spec.tolerations[1].key": "z"}}


def test_a_change_below_the_ports_of_a_service_goes_by_their_numbers() -> None:
    ports = [{"port": 80}, {"port": 81}]
    of = manifest({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports}})
    [patch] = changes_as_manifests([Change.at(of, ("spec", "ports", 1, "appProtocol"), "h2c")])
    assert merge(of.value, patch)["spec"] == {"ports": [{"port": 80}, {"port": 81, "appProtocol": "h2c"}]}


def test_changes_of_one_list_are_one_on_top_of_the_other() -> None:
    pod = {"containers": [{"name": "a"}], "tolerations": [{"key": "x"}, {"key": "y"}]}
    of = manifest({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": pod})
    changes = [Change.at(of, ("spec", "tolerations", i, "key"), "z") for i in (0, 1)]
    alone = [Candidate(f"mend-{i}", ("Pod/p",), "", "", (change,)) for i, change in enumerate(changes)]
    for both in (Candidate("mend", ("Pod/p",), "", "", tuple(changes)), Pair(*alone)):
        patched = of.value
        for patch in both.manifests():
            patched = merge(patched, patch)
        assert patched["spec"] == {**pod, "tolerations": [{"key": "z"}, {"key": "z"}]}


SOFT = {"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": {"app": "web"}}}
OLD = ("failure-domain.beta.kubernetes.io/zone", "beta.kubernetes.io/hostname")
NEW = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")


def spread_over(*keys: str) -> dict[str, Any]:
    return {"topologySpreadConstraints": [{**SOFT, "topologyKey": key} for key in keys]}


def kept_apart_by(*keys: str) -> dict[str, Any]:
    terms = [{"topologyKey": key, "labelSelector": SOFT["labelSelector"]} for key in keys]
    soft = [{"weight": 1, "podAffinityTerm": term} for term in terms]
    return {"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": soft}}}


@pytest.mark.parametrize("by", [spread_over, kept_apart_by])
def test_what_lint_finds_twice_in_a_list_is_mended_twice(by: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    def problem(*keys: str) -> Problem:
        deployment, service = web(2, **READY)
        pods = deployment["spec"]["template"]["spec"] | by(*keys)
        template = deployment["spec"]["template"] | {"spec": pods}
        return Problem("old-labels", "", [{**deployment, "spec": deployment["spec"] | {"template": template}}, service])

    (tmp_path / "patched").mkdir()
    advice = quick(problem(*OLD), tmp_path)
    [of] = [of.tried for of in advice.standings if of.name == "keeps-nothing-apart-web"]
    wanted = simulated(problem(*NEW).experiment(tmp_path / "patched", duration="1h", replications=2))
    assert simulated(advice.experiment, of.name) == wanted
    patched = with_patches(problem(*OLD), of).experiment(tmp_path / "patched", duration="1h", replications=2)
    assert simulated(patched) == wanted


def test_a_change_may_make_what_is_not_there() -> None:
    of = manifest({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}, "spec": {}})
    change = Change.at(of, ("spec", "terminationGracePeriodSeconds"), 30)
    [patch] = changes_as_manifests([change])
    assert patch == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"terminationGracePeriodSeconds": 30},
    }

"""What lint reads, in which order it tells, what it leaves out, and what it says that it could not judge."""

from pathlib import Path
from typing import Any

import pytest

from experiments.lint import trial
from experiments.lint.linting import lint
from experiments.lint.rule import rules
from models.input.problems import InputError
from simulator.run import Run, simulate
from tests.experiments.lint.app import BUDGET, DEPLOYMENT, EXPERIMENT, SERVICE, SOUND, report, write

NO_PROBE = DEPLOYMENT.replace("        readinessProbe: {httpGet: {path: /ready, port: http}}\n", "")


def test_findings_are_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    write(tmp_path, NO_PROBE.replace("replicas: 3", "replicas: 1").replace("1.2.3", "latest"), name="b.yaml")
    write(tmp_path, SERVICE.replace("t: http", "t: htp"), name="a.yaml")
    findings = lint([str(tmp_path)]).findings
    assert [one.rule for one in findings] == [
        "target-port-unknown",
        "single-replica",
        "no-readiness-probe",
        "latest-tag",
    ]
    assert [one.location for one in findings] == sorted(one.location for one in findings)
    assert lint([str(tmp_path / "b.yaml"), str(tmp_path / "a.yaml")]).findings == findings


def test_a_finding_of_an_experiment_says_under_which_policies_it_holds(tmp_path: Path) -> None:
    one = "{name: NAME, patches: [{target: {kind: Deployment, name: web}, set: {spec.replicas: 1}}]}"
    policies = (
        f"  policies:\n  - {{name: three}}\n  - {one.replace('NAME', 'one')}\n  - {one.replace('NAME', 'lone')}\n"
    )
    seen = report(tmp_path, *SOUND, experiment=EXPERIMENT + policies)
    assert {(found.rule, found.policies) for found in seen.findings} == {("single-replica", ("one", "lone"))}
    seen = report(tmp_path, NO_PROBE, SERVICE, BUDGET, experiment=EXPERIMENT + policies)
    assert {(found.rule, found.policies) for found in seen.findings if found.rule[0] == "n"} == {
        ("no-readiness-probe", ())
    }


def test_manifests_are_judged_on_the_nodes_of_an_experiment(tmp_path: Path) -> None:
    large = write(tmp_path, DEPLOYMENT.replace("cpu: 100m", "cpu: 9"), SERVICE, BUDGET, name="large.yaml")
    write(tmp_path, *SOUND)
    experiment = write(tmp_path, EXPERIMENT, name="e.yaml")
    assert "not-placed" in lint([str(large)]).not_judged
    seen = lint([str(large)], experiment=str(experiment))
    assert [one.rule for one in seen.findings] == ["not-placed"]
    assert seen.not_judged == ()


def test_nodes_among_the_manifests_are_nodes_to_judge_on(tmp_path: Path) -> None:
    node = """\
apiVersion: v1
kind: Node
metadata: {name: node-1, labels: {kubernetes.io/hostname: node-1}}
status: {allocatable: {cpu: "1", memory: 1Gi, pods: "9"}}
"""
    seen = report(tmp_path, DEPLOYMENT.replace("cpu: 100m", "cpu: 9"), SERVICE, BUDGET, node)
    assert [one.rule for one in seen.findings] == ["not-placed"]


def test_an_annotation_leaves_out_rules_for_its_object_alone(tmp_path: Path) -> None:
    annotated = "{name: web, annotations: {kubenines.io/lint-ignore: 'no-*probe, always-pulls'}}"
    other = NO_PROBE.replace("name: web}", "name: other}", 1)
    seen = report(tmp_path, NO_PROBE.replace("{name: web}", annotated, 1), other, SERVICE, BUDGET)
    assert [(one.rule, one.object) for one in seen.findings] == [("no-readiness-probe", "Deployment/other")]
    assert [(one.rule, one.object) for one in seen.suppressed] == [("no-readiness-probe", "Deployment/web")]


def test_kinds_that_make_pods_and_have_no_model_are_named_and_their_pods_count(tmp_path: Path) -> None:
    custom = DEPLOYMENT.replace("apps/v1", "example.com/v1").replace("kind: Deployment", "kind: WebApp")
    seen = report(tmp_path, custom, SERVICE, BUDGET)
    assert seen.findings == ()
    assert seen.not_modelled == {"WebApp": 1}


def test_an_input_that_cannot_be_read_is_refused_with_all_problems(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        report(tmp_path, DEPLOYMENT.replace("replicas: 3", "replicas: -1"), SERVICE.replace("port: 80,", "port: 0,"))
    assert len(error.value.problems) == 2
    wrong = write(tmp_path, EXPERIMENT.replace("1d", "soon"), name="wrong.yaml")
    with pytest.raises(InputError) as error:
        lint([str(wrong), str(tmp_path / "app.yaml")])
    assert {problem.location.file for problem in error.value.problems} == {str(wrong), str(tmp_path / "app.yaml")}


def test_rules_are_described_and_named_alike() -> None:
    for name, rule in rules().items():
        assert name == name.lower().replace("_", "-")
        assert rule.check.__name__ == name.replace("-", "_")
        assert rule.summary.endswith("."), name
        assert not rule.effect.endswith("."), name


def test_what_two_experiments_share_is_told_once(tmp_path: Path) -> None:
    write(tmp_path, NO_PROBE, SERVICE, BUDGET)
    one = "{name: one, patches: [{target: {kind: Deployment, name: web}, set: {spec.replicas: 1}}]}"
    for name, policies in (("e.yaml", f"  policies: [{{name: three}}, {one}]\n"), ("f.yaml", "")):
        write(tmp_path, EXPERIMENT + policies, name=name)
    findings = lint([str(tmp_path / "e.yaml"), str(tmp_path / "f.yaml")]).findings
    assert [(found.rule, found.policies) for found in findings] == [
        ("single-replica", ("one",)),
        ("no-readiness-probe", ()),
    ]


def test_policies_that_start_alike_are_started_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[float] = []

    def counted(**given: Any) -> Run:
        started.append(given["duration"])
        return simulate(**given)

    monkeypatch.setattr(trial, "simulate", counted)
    law = "{kind: fixed, value: 30d}"
    crash = f"{{name: crash, type: nodeCrash, timeToFailure: {law}, timeToRepair: {law}}}"
    more = "{name: two, patches: [{target: {kind: Deployment, name: web}, set: {spec.replicas: 2}}]}"
    for policies, starts in (("{name: one}", 1), (f"{{name: one}}, {{name: broken, failures: [{crash}]}}, {more}", 2)):
        started.clear()
        report(tmp_path, *SOUND, experiment=f"{EXPERIMENT}  policies: [{policies}]\n")
        assert started.count(1.0) == starts

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments import presets
from experiments.cli import main
from experiments.experiment import Experiment
from experiments.presets import NoSuchPreset, preset
from models.distributions import Exponential, LogNormal, Weibull
from models.input.problems import InputError
from simulator.failures.node_burst import NodeBurst
from simulator.failures.node_crash import NodeCrash

ROOT = Path(__file__).resolve().parents[3]
HOUR, DAY = 3600.0, 86_400.0
POOL = "{name: p, count: 3, zones: [a, b], labels: {rack: r1}, allocatable: {cpu: 4, memory: 16Gi}}"
FIXED = "name: f, type: nodeCrash, timeToRepair: {kind: fixed, value: 1m}"
USES = {
    "timeToFailure": f"failures: [{{{FIXED}, timeToFailure: {{preset: NAME}}}}]",
    "timeToRepair": "failures: [{preset: spot-5, timeToRepair: {preset: NAME}}]",
    "failures": "failures: [{preset: NAME}]",
    "timing": "behaviour: {timing: {preset: NAME}}",
    "atLeast": "objectives: [{service: frontend, atLeast: {preset: NAME}}]",
}
"""Where each field that presets give stands in an experiment."""


def experiment(folder: Path, spec: str) -> Experiment:
    path = folder / "e.yaml"
    path.write_text(
        textwrap.dedent(
            f"""\
            apiVersion: kubenines/v1
            kind: Experiment
            metadata: {{name: e}}
            spec:
              duration: 1d
              cluster: {{pools: [{POOL}]}}
              manifests: [{ROOT / "experiments/manifests/shop.yaml"}]
            """
        )
        + textwrap.indent(textwrap.dedent(spec), "  ")
        + "\n"
    )
    return Experiment.from_yaml(path)


def problems(folder: Path, spec: str) -> list[str]:
    with pytest.raises(InputError) as error:
        experiment(folder, spec)
    return [str(problem).removeprefix(f"{folder}/") for problem in error.value.problems]


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_documented_and_works_where_it_says(name: str, tmp_path: Path) -> None:
    one = preset(name)
    assert one.meaning
    assert one.source
    assert one.text.startswith(f"# {name}: ")
    assert one.gives
    for field in one.gives:
        found = experiment(tmp_path, USES[field].replace("NAME", name))
        assert "preset" not in yaml.safe_dump(found.resolved)


@pytest.mark.parametrize("name", presets.names())
def test_every_number_of_a_preset_has_its_source_beside_or_above_it(name: str) -> None:
    body = preset(name).text.split("\nsource:\n", 1)[1].splitlines()
    for above, line in zip(["", *body], body, strict=False):
        if not line.startswith(("#", "  -")) and re.search(r": *&?\w* *\{?.*\d", line) and "name:" not in line:
            assert "#" in line or above.startswith("#"), line


def test_what_is_assumed_says_so() -> None:
    for name in ("spot-5", "spot-20", "google-2010-nodes", "google-2010-racks", "meta-rsc-1"):
        assert "assumption" in preset(name).text


def test_a_law_preset_gives_what_the_field_asks_for(tmp_path: Path) -> None:
    mode = "{name: f, type: nodeCrash, timeToFailure: {preset: lanl-05}, timeToRepair: {preset: lanl-05}}"
    (found,) = experiment(tmp_path, f"failures: [{mode}]").scenarios()[0].failures
    assert isinstance(found, NodeCrash)
    assert found.time_to_failure == Weibull(0.48, 816.6 * HOUR)
    assert found.time_to_repair == LogNormal(1.0513 * HOUR, 1.42)


def test_what_stands_beside_a_preset_is_on_top_of_it(tmp_path: Path) -> None:
    spec = """
    failures: [{preset: google-2010-nodes, name: mine, burstShare: 0.2, timeToFailure: {kind: exponential, mean: 9d}}]
    behaviour: {timing: {preset: kubespray-fast, nodeMonitorGracePeriod: 25s}}
    policies:
    - {name: fast}
    - {name: low, behaviour: {timing: {preset: kubespray-low}}, failures: [{preset: spot-5}]}
    """
    fast, low = experiment(tmp_path, spec).scenarios()
    (burst,) = fast.failures
    assert isinstance(burst, NodeBurst)
    assert (burst.name, burst.burst_share, burst.mean_size) == ("mine", 0.2, 4.0)
    assert burst.time_to_failure == Exponential(9 * DAY)
    assert [mode.name for mode in low.failures] == ["mine", "spot"]
    timing = fast.behaviour.timing
    assert (timing.lease_renew_period, timing.node_monitor_grace_period, timing.node_monitor_period) == (4.0, 25.0, 2.0)
    timing = low.behaviour.timing
    assert (timing.lease_renew_period, timing.node_monitor_grace_period, timing.node_monitor_period) == (
        60.0,
        300.0,
        2.0,
    )
    assert timing.unreachable_toleration_seconds == 60.0


def test_a_threshold_of_a_provider_can_be_an_objective(tmp_path: Path) -> None:
    found = experiment(tmp_path, "objectives: [{service: frontend, atLeast: {preset: sla-aws-eks}}]")
    assert found.objectives[0].limit == pytest.approx(0.9995)


def test_the_resolved_experiment_stands_alone(tmp_path: Path) -> None:
    one = experiment(
        tmp_path, "failures: [{preset: google-2010-nodes}]\nbehaviour: {timing: {preset: kubespray-medium}}"
    )
    (tmp_path / "resolved.yaml").write_text(yaml.safe_dump(one.resolved))
    again = Experiment.from_yaml(tmp_path / "resolved.yaml")
    assert again.scenarios()[0].id == one.scenarios()[0].id


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            "failures: [{preset: lanl-5}]",
            "e.yaml:8:23: spec.failures[0]: the preset 'lanl-5' is unknown; did you mean 'lanl-05'?",
        ),
        (
            "failures: [{preset: spot-5, timeToFailure: {preset: sla-aws-eks}}]",
            "e.yaml:8:55: spec.failures[0].timeToFailure: the preset 'sla-aws-eks' says nothing of 'timeToFailure'; "
            "there is g5k-06,",
        ),
        (
            "behaviour:\n  timing:\n    preset: kubspray-fast",
            "e.yaml:10:15: spec.behaviour.timing: the preset 'kubspray-fast' is unknown; "
            "did you mean 'kubespray-fast'?",
        ),
        (
            "failures: [{preset: spot-5, typ: nodeCrash}]",
            "e.yaml:8:31: spec.failures[0].typ: unknown field; did you mean 'type'?",
        ),
        (
            "objectives: [{service: frontend, atLeast: {preset: sla-aws-eks, of: 3}}]",
            "e.yaml:8:54: spec.objectives[0].atLeast: nothing can be given beside this preset",
        ),
        (
            "failures: [{preset: [1]}]",
            "e.yaml:8:23: spec.failures[0]: expected the name of a preset (got a list); there is g5k-06,",
        ),
        (
            "failures: [{preset: google-2010-racks, domain: rak}]",
            "e.yaml:8:50: spec.failures[0].domain: no node has the label 'rak'; did you mean 'rack'?",
        ),
        (
            "failures: [{preset: google-2010-racks, values: [r1, r9]}]",
            "e.yaml:8:55: spec.failures[0].values[1]: no node has rack=r9; there is 'r1'",
        ),
    ],
)
def test_a_preset_that_cannot_be_used_is_named_with_its_place(tmp_path: Path, spec: str, said: str) -> None:
    (found,) = problems(tmp_path, spec)
    assert found.startswith(said)


def test_an_unknown_preset_suggests_one() -> None:
    with pytest.raises(NoSuchPreset, match=r"unknown preset 'lanl05'; did you mean 'lanl-05'\?"):
        preset("lanl05")


def test_explain_lists_presets_and_shows_one(capsys: pytest.CaptureFixture[str]) -> None:
    def explain(path: str) -> tuple[int, Any]:
        code = main(["explain", path])
        return code, capsys.readouterr()

    code, said = explain("presets")
    assert code == 0
    for name in presets.names():
        assert f"\n{name}: " in said.out
    code, said = explain("presets.kubespray-fast")
    assert code == 0
    assert said.out == preset("kubespray-fast").text
    code, said = explain("presets.kubespray-fst")
    assert code == 2
    assert "did you mean 'kubespray-fast'?" in said.err

"""`uncertain:` in experiment files."""

from pathlib import Path

import pytest

from experiments.design.sensitivity import LEAST_WORK, WORK
from experiments.experiment import Experiment
from models.input.problems import InputError, Refusal
from tests.experiments.file.test_load import APP
from tests.experiments.file.test_load import HEAD as CLUSTER

HEAD = (
    CLUSTER
    + """\
  failures:
  - name: crash
    type: nodeCrash
    timeToFailure: {kind: exponential, mean: 30d}
    timeToRepair: {kind: fixed, value: 5m}
  uncertain:
"""
)
MTTF = "failures[crash].timeToFailure.mean"


def experiment(folder: Path, inputs: str) -> Experiment:
    (folder / "app.yaml").write_text(APP)
    (folder / "e.yaml").write_text(HEAD + "".join(f"  {line}\n" for line in inputs.splitlines()))
    return Experiment.from_yaml(folder / "e.yaml")


def problems(folder: Path, inputs: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        experiment(folder, inputs)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


TWO = f"""\
- {{name: mttf, path: "{MTTF}", between: [60d, 200d], scale: log}}
- {{name: repair, path: "failures[crash].timeToRepair.value", law: {{kind: lognormal, median: 5m, p95: 30m}}}}"""


def test_inputs_are_axes_that_are_drawn_from(tmp_path: Path) -> None:
    made = experiment(tmp_path, TWO)
    assert [axis.name for axis in made.uncertain] == ["mttf", "repair"]
    assert [axis.at(0.5) for axis in made.uncertain] == ["109.54d", "5m"]
    assert made.sweep is None


def test_a_run_has_what_stands_in_the_file_itself(tmp_path: Path) -> None:
    made = experiment(tmp_path, TWO)
    without = made.set("spec.uncertain", None)
    assert [one.id for one in made.scenarios()] == [one.id for one in without.scenarios()]


def test_what_is_resolved_says_them_again_and_what_a_run_keeps_does_not(tmp_path: Path) -> None:
    """A run's resolved.yaml is read again, and a place such as that of a policy's `replicas` is not in it."""
    made = experiment(tmp_path, TWO)
    assert [item["name"] for item in made.resolved["spec"]["uncertain"]] == ["mttf", "repair"]
    assert made.plan.resolved == made.set("spec.uncertain", None).plan.resolved


def test_everything_wrong_is_said_at_its_place(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """\
- {name: mttf, path: "failures[crsh].timeToFailure.mean", between: [60d, 200d]}
- {name: repair, path: "failures[crash].timeToRepair.value", between: [5m, 30m], values: [5m]}
- {name: seeds, path: seed, values: [1, 2]}
- {name: place, path: duration, values: [1d, 2d]}
- {name: nothing, path: warmup}""",
    )
    assert [line.split(":")[1] for line in found] == ["14", "15", "16", "17", "18"]
    assert found[0].startswith("e.yaml:14:24: spec.uncertain[0].path: ")
    for line, words in zip(
        found,
        ["did you mean 'crash'", "not both", "the same at every point", "have a column 'place'", "expected one of"],
        strict=True,
    ):
        assert words in line


def test_a_value_that_cannot_stand_there_is_wrong(tmp_path: Path) -> None:
    found = problems(tmp_path, f'- {{name: mttf, path: "{MTTF}", between: [1.5, 2.5]}}')
    assert len(found) == 1
    assert found[0].startswith("e.yaml:14:71: spec.uncertain[0].between: ")
    assert "duration" in found[0]


def test_a_study_has_the_files_replications_and_a_power_of_two_of_work(tmp_path: Path) -> None:
    made = experiment(tmp_path, TWO)
    assert (made.study().replications, made.study().work) == (100, WORK)
    study = made.study(10, 4 * 300)
    assert (study.replications, study.work, study.runs) == (10, 256, 1024)
    assert study.count() == 5 * 10 + 1024


def test_a_study_of_nothing_or_with_too_little_is_refused(tmp_path: Path) -> None:
    made = experiment(tmp_path, TWO)
    with pytest.raises(Refusal, match=f"at least {4 * LEAST_WORK} runs"):
        made.study(10, 4 * LEAST_WORK - 1)
    with pytest.raises(Refusal, match=r"spec\.uncertain"):
        made.set("spec.uncertain", None).study()

"""`sweep:` in experiment files."""

from pathlib import Path
from typing import Any, cast

import pytest

from experiments.experiment import Experiment
from models.input.problems import InputError
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
  policies: [{name: one}, {name: two, replicas: 2}]
  sweep:
"""
)
MTTF = "failures[crash].timeToFailure.mean"


def experiment(folder: Path, sweep: str, settings: tuple[str, ...] = ()) -> Experiment:
    (folder / "app.yaml").write_text(APP)
    (folder / "e.yaml").write_text(HEAD + "".join(f"    {line}\n" for line in sweep.splitlines()))
    return Experiment.from_yaml(folder / "e.yaml", settings)


def problems(folder: Path, sweep: str, settings: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(InputError) as caught:
        experiment(folder, sweep, settings)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


GRID = f"""\
axes:
- {{name: mttf, path: "{MTTF}", values: [7d, 90d]}}
- {{name: nodes, path: "spec.cluster.pools[general].count", values: [2, 3, 4]}}"""


def test_a_point_is_the_experiment_with_other_values_and_without_a_sweep(tmp_path: Path) -> None:
    made = experiment(tmp_path, GRID)
    assert made.sweep is not None
    assert made.sweep.names == ("mttf", "nodes")
    at = made.at(made.sweep.points[5])
    assert at.sweep is None
    assert at.policies == made.policies == ("one", "two")
    for scenario in at.scenarios():
        [crash] = cast("list[Any]", scenario.failures)
        assert crash.time_to_failure.mean == 90 * 86400
        assert len(scenario.cluster.nodes) == 4
    by_hand = made.set("spec.sweep", None).set(MTTF, "90d").set("cluster.pools[general].count", 4)
    assert by_hand.scenarios() == at.scenarios()
    assert len(made.scenarios()[0].cluster.nodes) == 3


def test_any_point_of_the_axes_may_be_asked_for(tmp_path: Path) -> None:
    made = experiment(tmp_path, GRID)
    assert made.sweep is not None
    at = made.at(made.sweep.point(0, ("1y", 9)))
    assert len(at.scenarios()[0].cluster.nodes) == 9
    with pytest.raises(ValueError, match="has no sweep"):
        at.at(made.sweep.points[0])


def test_a_sweep_over_chosen_policies_has_them_alone_at_every_point(tmp_path: Path) -> None:
    made = experiment(tmp_path, GRID).only("two")
    assert made.sweep is not None
    assert made.at(made.sweep.points[0]).policies == ("two",)


def test_python_says_a_sweep_as_a_file_does(tmp_path: Path) -> None:
    made = experiment(tmp_path, GRID)
    plain = made.set("spec.sweep", None)
    assert plain.sweep is None
    axes: dict[str, Any] = {
        "mttf": {"path": MTTF, "values": ["7d", "90d"]},
        "nodes": {"path": "spec.cluster.pools[general].count", "values": [2, 3, 4]},
    }
    assert plain.sweep_over(axes).sweep == made.sweep
    drawn = plain.sweep_over({"mttf": {"path": MTTF, "between": ["7d", "90d"]}}, mode="sample", samples=4).sweep
    assert drawn is not None
    assert len(drawn.points) == 4


def test_settings_come_before_the_sweep_and_may_change_it(tmp_path: Path) -> None:
    made = experiment(tmp_path, GRID, ("sweep.axes[nodes].values=[5]", "failures[crash].timeToRepair.value=9m"))
    assert made.sweep is not None
    assert [point.label for point in made.sweep.points] == ["mttf=7d nodes=5", "mttf=90d nodes=5"]
    [crash] = cast("list[Any]", made.at(made.sweep.points[0]).scenarios()[0].failures)
    assert crash.time_to_repair.value == 540


def test_a_setting_that_no_point_would_know_of_is_refused(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, GRID, (f"{MTTF}=9d",))
    assert problem == (
        f"--set {MTTF}=9d: changes nothing: the axis 'mttf' sets spec.failures[0].timeToFailure.mean at every point"
    )


@pytest.mark.parametrize(
    ("sweep", "messages"),
    [
        (
            f'axes:\n- {{name: a, path: "{MTTF.replace("crash", "crush")}", values: [7d]}}',
            [
                "e.yaml:16:23: spec.sweep.axes[0].path: spec.failures[crush].timeToFailure.mean: no item 'crush'; there"
                " is 'crash'; did you mean 'crash'?"
            ],
        ),
        (
            f'axes:\n- {{name: a, path: "{MTTF[:-4]}maen", values: [7d, 8d]}}',
            [
                "e.yaml:16:23: spec.sweep.axes[0].path: spec.failures[0].timeToFailure.maen: unknown field; did you"
                " mean 'mean'?"
            ],
        ),
        (
            f'axes:\n- {{name: a, path: "{MTTF}", values: [7d, 5 minutes, 3]}}',
            [
                "e.yaml:16:74: spec.sweep.axes[0].values[1]: expected a duration like 30s, 5m, 12h, 30d or 1y"
                " (got '5 minutes')",
                "e.yaml:16:85: spec.sweep.axes[0].values[2]: expected a duration like 30s, 5m, 12h, 30d or 1y: a number"
                " needs its unit (got 3; for seconds write 3s)",
            ],
        ),
        (
            f'axes:\n- {{name: a, path: "{MTTF}", values: [7d]}}\n- {{name: a, path: "failures[crash]", values: []}}',
            [
                "e.yaml:17:14: spec.sweep.axes[1].name: an axis 'a' is there already",
                "e.yaml:17:23: spec.sweep.axes[1].path: spec.failures[0] is set by the axis 'a', too"
                " (spec.failures[0].timeToFailure.mean)",
                "e.yaml:17:50: spec.sweep.axes[1].values: expected at least one value",
            ],
        ),
        (
            f'mode: zip\naxes:\n- {{name: a, path: "{MTTF}", values: [7d, 8d]}}\n'
            "- {name: b, path: duration, values: [1d]}",
            ["e.yaml:16:5: spec.sweep.axes: with `mode: zip` all axes have equally many values; a has 2, b has 1"],
        ),
        (
            "samples: 8\naxes:\n- {name: policy, path: seed, values: [1, 1]}\n"
            '- {name: b, path: "policies[two].name", between: [1, 2]}',
            [
                "e.yaml:15:14: spec.sweep.samples: is for `mode: sample`; this is `mode: grid`",
                "e.yaml:17:14: spec.sweep.axes[0].name: tables have a column 'policy' already; call the axis otherwise",
                "e.yaml:17:28: spec.sweep.axes[0].path: spec.seed is the same at every point",
                "e.yaml:17:46: spec.sweep.axes[0].values[1]: '1' is among the values already",
                "e.yaml:18:23: spec.sweep.axes[1].path: the policies are the same at every point; an axis may set what"
                " one of them says",
                "e.yaml:18:54: spec.sweep.axes[1].between: is for `mode: sample`; give `values`",
            ],
        ),
        (
            f'mode: sample\naxes:\n- {{name: a, path: "{MTTF}", between: [9d, 7d]}}\n'
            "- {name: b, path: duration, values: [1d], law: {kind: fixed, value: 1d}, scale: log}\n"
            "- {name: c, path: warmup}",
            [
                "e.yaml:14:3: spec.sweep: 'samples' is required here: how many points are drawn",
                "e.yaml:17:70: spec.sweep.axes[0].between: the first bound must be below the second",
                "e.yaml:18:7: spec.sweep.axes[1]: expected one of 'values' and 'law', not both",
                "e.yaml:18:85: spec.sweep.axes[1].scale: is for `between`",
                "e.yaml:19:7: spec.sweep.axes[2]: expected one of 'values', 'law' and 'between'",
            ],
        ),
        (
            'mode: sample\nsamples: 8\naxes:\n- {name: a, path: "cluster.pools[general].count", between: [-3, 7]}',
            ["e.yaml:18:64: spec.sweep.axes[0].between: of -1: expected a number not less than 1 (got -1)"],
        ),
    ],
)
def test_everything_that_is_wrong_with_a_sweep_is_told_where_it_stands(
    tmp_path: Path, sweep: str, messages: list[str]
) -> None:
    assert problems(tmp_path, sweep) == messages


def test_a_precision_is_refused_as_every_point_has_equally_many_runs(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, GRID, ("precision={relative: 10%}",))
    assert problem.endswith("a sweep has equally many runs at every point: give `replications` instead")


def test_values_that_only_together_are_wrong_are_for_their_point_to_tell(tmp_path: Path) -> None:
    made = experiment(
        tmp_path,
        "axes:\n"
        '- {name: least, path: "cluster.pools[general].min", values: [1, 5]}\n'
        '- {name: most, path: "cluster.pools[general].max", values: [4, 9]}',
    )
    assert made.sweep is not None
    with pytest.raises(InputError):
        made.at(made.sweep.points[2])
    assert made.at(made.sweep.points[1]).sweep is None


def test_a_sweep_over_many_values_is_read_at_once(tmp_path: Path) -> None:
    values = ", ".join(f"{n}h" for n in range(100, 10_100))
    made = experiment(tmp_path, f'axes:\n- {{name: a, path: "{MTTF}", values: [{values}]}}')
    assert made.sweep is not None
    assert len(made.sweep.points) == 10_000


def test_a_single_file_of_a_list_is_no_axis_as_a_directory_may_stand_for_several(tmp_path: Path) -> None:
    [said] = problems(tmp_path, 'axes: [{name: app, path: "manifests[0]", values: [app.yaml]}]')
    assert said.endswith("give the whole list, by the path of spec.manifests")


def test_an_axis_in_the_place_of_another_is_told_by_the_name_of_that(tmp_path: Path) -> None:
    axes = """\
axes:
- {name: wrong, path: "cluster.pools[none].count", values: [2]}
- {name: nodes, path: "cluster.pools[general].count", values: [2]}
- {name: more, path: "cluster.pools[general].count", values: [3]}"""
    assert any("is set by the axis 'nodes', too" in line for line in problems(tmp_path, axes))

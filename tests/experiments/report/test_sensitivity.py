"""What a study of uncertain inputs prints, as text and as JSON."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from experiments.findings.sensitivity import Influence
from experiments.report import plain, sensitivity, sensitivity_plain
from tests.experiments.plots.test_sensitivity import Made, influence


def printed(of: Influence, width: int | None = None) -> str:
    file = io.StringIO()
    sensitivity.show(Made(of), file, width)
    return file.getvalue()


def of_luck_alone() -> Influence:
    of = influence(2, effect=0.0)
    rng = np.random.default_rng(1)
    return replace(of, answers=np.abs(3000 + 400 * rng.standard_normal(of.answers.shape)))


def test_the_table_has_a_row_for_each_input_in_the_order_of_their_effect() -> None:
    lines = printed(influence(3)).splitlines()
    rows = [line for line in lines if "67.677d" in line]
    assert [row.split()[0] for row in rows] == ["$node_mttf$", "_hidden", "x^2_{y}"]
    assert "128 rows" not in lines[0]
    assert "3 uncertain inputs   7 points x 50 replications, 640 points x 2" in lines[0]


def test_what_is_open_is_split_into_inputs_and_luck_and_more_runs_are_judged() -> None:
    text = printed(influence(3))
    assert "of that variance" in text
    assert "which no further replication takes away; from " in text


def test_luck_that_hides_everything_is_said() -> None:
    text = printed(of_luck_alone())
    assert "cannot be told from luck" in text or "luck hides what they do" in text
    assert "more runs (--runs) may tell" in text
    assert " ? " in text


def test_of_a_service_that_was_never_down_only_that_is_said() -> None:
    of = replace(influence(2, unseen=True), answers=np.zeros((4, 16, 8, 2)))
    text = printed(of)
    assert "no outage at any of the points that were drawn" in text
    assert "in the mean over the inputs" not in text
    told = json.loads(plain.text(sensitivity_plain.study(Made(of), 0)))
    [row] = told["results"]
    assert row["uncertainty"]["downtimePerYear"]["value"] is None
    assert row["uncertainty"]["ranges"]["both"] == [None, None]


@pytest.mark.filterwarnings("error")
def test_where_a_run_failed_in_every_row_nothing_is_said_of_the_inputs_together() -> None:
    whole = influence(2)
    of = replace(whole, answers=whole.answers[:, :, :0])
    text = printed(of)
    assert "a run failed in every row" in text
    assert "no outage at any" not in text
    assert json.loads(plain.text(sensitivity_plain.study(Made(of), 3)))["results"][0]["indicesKnown"] is False


def test_a_narrow_terminal_keeps_the_names_and_says_what_gave_way() -> None:
    text = printed(influence(3), 60)
    assert "$node_mttf$" in text
    assert "shown where there is more room" in text


def test_an_objective_is_told_as_the_share_of_the_inputs_that_meets_it() -> None:
    of = influence(3)
    made = Made(of)
    wanted = {"service": of.service, "policy": None, "metric": "downtimePerYear", "at_most": of.split.answer.value}
    made.manifest = replace(made.manifest, objectives=[wanted, wanted | {"service": "other"}])
    [(most, chance)] = made.chances(of).items()
    assert most == of.split.answer.value
    assert chance.low < 0.5 < chance.high
    assert any("of the inputs" in line for line in sensitivity.sentences(of, made))


def test_json_says_it_all_without_a_number_that_json_lacks() -> None:
    for of in (influence(3), of_luck_alone(), influence(2, unseen=True)):
        told = json.loads(plain.text(sensitivity_plain.study(Made(of), 0)))
        assert told["kind"] == "Sensitivity"
        [row] = told["results"]
        assert row["service"] == of.service
        assert {bar["input"] for bar in row["tornado"]} == set(of.inputs)
        assert [index["input"] for index in row["indices"]] == list(of.inputs)
        assert set(row["uncertainty"]["ranges"]) == {"input", "sampling", "both"}
        assert told["exitCode"] == 0
    assert row["middle"]["value"] is None

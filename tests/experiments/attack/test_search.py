"""The search: the smallest way, the same whoever looks, and honest about what it has not tried."""

from pathlib import Path

import pytest

from experiments.attack import text
from experiments.attack.plain import plain
from experiments.attack.question import Question, with_usual_steps
from experiments.attack.search import attack
from experiments.experiment import Experiment
from experiments.runner.engines.local import LocalEngine
from models.input.problems import Refusal
from tests.experiments.attack.app import (
    APART,
    CRASH,
    DRAIN,
    NODE,
    ROLLOUT,
    ZONE,
    attacked,
    deployment,
    experiment,
    tolerating,
    ways,
)


@pytest.fixture
def two_replicas(tmp_path: Path) -> Path:
    """Two failures at once take it down, one does not."""
    return experiment(tmp_path, deployment(2, APART), nodes=3, failures=(NODE, CRASH))


def test_one_way_of_several_steps_is_enough_unless_all_are_asked_for(two_replicas: Path) -> None:
    assert len(ways(attacked(two_replicas))) == 1
    every = attacked(two_replicas, all_ways=True, moments=2)
    assert set(ways(every)) >= {("node-crash", "node-crash"), ("crash", "crash"), ("crash", "node-crash")}
    lengths = [one.outage.seconds for one in every.verdicts[0].breaks]
    assert lengths == sorted(lengths, reverse=True)


def test_no_part_of_what_is_found_breaks_it(two_replicas: Path) -> None:
    (found,) = attacked(two_replicas).verdicts
    assert found.size == 2
    assert found.survives(1)
    assert len(list(found.breaks[0].way.parts())) == 2


def test_up_to_one_step_two_replicas_are_sound(two_replicas: Path) -> None:
    found = attacked(two_replicas, at_most=1)
    (verdict,) = found.verdicts
    assert (found.exit_code, verdict.breaks) == (0, ())
    assert (verdict.survives(1), verdict.survives(2)) == (True, None)


def test_three_steps_are_found_where_two_are_not_enough(tmp_path: Path) -> None:
    three = experiment(tmp_path, deployment(3, APART), nodes=3, failures=(NODE,))
    (verdict,) = attacked(three, at_most=3).verdicts
    assert (verdict.survives(1), verdict.survives(2), verdict.survives(3)) == (True, True, False)
    assert [step.action.name for step in verdict.breaks[0].way.steps] == ["node-crash"] * 3
    assert len({step.action.subject for step in verdict.breaks[0].way.steps}) == 3


def test_a_budget_that_ends_before_anything_is_found_is_no_verdict(two_replicas: Path) -> None:
    found = attacked(two_replicas, simulations=3)
    (verdict,) = found.verdicts
    assert found.exit_code == 4
    assert found.simulations == 3
    assert verdict.survives(2) is None
    assert sum(found.not_tried.values()) > 0
    assert any("not all tried" in sentence for sentence in text.sentences(found))


def test_a_promise_that_was_not_tried_at_all_moments_is_no_promise(tmp_path: Path) -> None:
    three = experiment(tmp_path, deployment(3, APART), nodes=3, failures=(NODE,))
    found = attacked(three, moments=1)
    (verdict,) = found.verdicts
    assert found.moments_left_out > 0
    assert (verdict.breaks, verdict.survives(1), verdict.survives(2)) == ((), True, None)
    assert plain(found, 4)["services"][0]["survives"] == {"n+1": True, "n+2": None}
    assert found.exit_code == 4
    assert text.heading(found).endswith("not all tried")
    whole = attacked(three)
    assert (whole.moments_left_out, whole.verdicts[0].survives(2), whole.exit_code) == (0, True, 0)


def test_moments_that_were_not_tried_are_told_where_something_is_not_known_for_them(tmp_path: Path) -> None:
    """Not of what is broken by as few steps as can be told, unless all such ways are asked for: there may be more."""
    two = experiment(tmp_path, deployment(2, APART), nodes=3, failures=(NODE, CRASH))
    broken, every = attacked(two, moments=1), attacked(two, moments=1, all_ways=True)
    open_ = attacked(experiment(tmp_path, deployment(3, APART), nodes=3, failures=(NODE,)), moments=1)
    assert min(found.moments_left_out for found in (broken, open_, every)) > 0
    assert (broken.leaves_open, open_.leaves_open, every.leaves_open) == (False, True, False)
    told = [[one for one in text.sentences(found) if "not all moments" in one] for found in (broken, open_, every)]
    assert [len(said) for said in told] == [0, 1, 1]
    assert told[1][0].endswith("--moments 1 after a step; what is not known for that is said to be so")
    assert told[2][0].endswith("--moments 1 after a step")


def test_what_is_down_as_it_stands_needs_no_step(tmp_path: Path) -> None:
    found = attacked(experiment(tmp_path, deployment(1, cpu="3"), nodes=2, failures=(NODE,)))
    (verdict,) = found.verdicts
    assert verdict.size == 0
    assert verdict.survives(1) is False
    assert verdict.breaks[0].outage.for_ever
    assert plain(found, 1)["services"][0]["ways"][0]["steps"] == []


def test_what_nothing_repairs_is_down_for_ever(tmp_path: Path) -> None:
    """A drain takes a pod of its own from its node, and nobody makes it again."""
    pod = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: main, image: "web:1"}]}
"""
    found = attacked(experiment(tmp_path, pod, nodes=2, operations=(DRAIN,)))
    assert found.verdicts[0].breaks[0].outage.for_ever
    assert "down for ever" in "\n".join(text._about(found.verdicts[0]))


def test_where_nothing_can_be_made_to_strike_there_is_no_answer(tmp_path: Path) -> None:
    log = "- {name: log, type: outageLog, outages: [{node: n-1, start: 1h, end: 2h}]}"
    with pytest.raises(Refusal, match=r"can be made to strike \(log: at given times"):
        attacked(experiment(tmp_path, deployment(1), nodes=2, failures=(log,)))


def test_a_short_outage_is_none_if_it_is_tolerated(tmp_path: Path) -> None:
    one = experiment(tmp_path, deployment(1, tolerating(10)), nodes=2, failures=(CRASH,))
    assert ways(attacked(one, at_most=1)) == [("crash",)]
    assert ways(attacked(one, at_most=1, longer_than=60.0)) == []


def test_where_nothing_is_declared_what_usually_happens_is_tried(tmp_path: Path) -> None:
    bare = Experiment.from_yaml(experiment(tmp_path, deployment(1), nodes=2, zones="a, b")).scenarios()[0]
    armed = with_usual_steps(bare)
    assert [mode.name for mode in armed.failures] == ["node-crash", "zone-outage", "pod-crash"]
    assert [operation.name for operation in armed.operations] == ["drain"]
    one_zone = Experiment.from_yaml(experiment(tmp_path, deployment(1), nodes=2)).scenarios()[0]
    assert [mode.name for mode in with_usual_steps(one_zone).failures] == ["node-crash", "pod-crash"]
    assert with_usual_steps(armed) is armed


def test_the_answer_is_the_same_whoever_works_on_it(tmp_path: Path) -> None:
    path = experiment(
        tmp_path,
        deployment(2),
        nodes=4,
        zones="a, b",
        failures=(NODE, ZONE, CRASH),
        operations=(ROLLOUT,),
    )
    read = Experiment.from_yaml(path)
    scenario = read.scenarios()[0]
    question = Question(scenario, scenario.services, moments=3, longer_than=20.0)
    assert plain(attack(read.name, question), 0) == plain(attack(read.name, question, LocalEngine(2)), 0)

"""Crews and responses in an experiment file."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments import Experiment
from models.distributions import Fixed
from models.input.problems import InputError
from models.people import Crew, Hours, People, Response
from simulator.failures.node_crash import NodeCrash
from simulator.stories.repair import ByPeople

SHOP = Path(__file__).parents[3] / "experiments" / "manifests" / "shop.yaml"
ON_CALL = {"name": "on-call", "crew": "ops", "mend": {"kind": "fixed", "value": "1h"}}
CRASH = {
    "name": "crash",
    "type": "nodeCrash",
    "timeToFailure": {"kind": "exponential", "mean": "10d"},
    "timeToRepair": {"response": "on-call"},
}


def spec(**other: Any) -> dict[str, Any]:
    return {
        "duration": "10d",
        "replications": 2,
        "cluster": {"pools": [{"name": "general", "count": 3, "allocatable": {"cpu": "4", "memory": "16Gi"}}]},
        "manifests": [str(SHOP)],
        "people": {"crews": [{"name": "ops", "size": 2}], "responses": [ON_CALL]},
        "failures": [CRASH],
        "services": [{"name": "frontend"}],
        **other,
    }


def experiment(folder: Path, **other: Any) -> Experiment:
    file = folder / "e.yaml"
    value = {"apiVersion": "kubenines/v1", "kind": "Experiment", "metadata": {"name": "e"}, "spec": spec(**other)}
    file.write_text(yaml.safe_dump(value, sort_keys=False))
    return Experiment.from_yaml(file)


def test_a_failure_mode_leaves_its_repair_to_people(tmp_path: Path) -> None:
    [scenario] = experiment(tmp_path).scenarios()
    [crash] = scenario.failures
    assert isinstance(crash, NodeCrash)
    assert crash.time_to_repair == ByPeople("on-call")
    assert scenario.people == People((Crew("ops", 2),), (Response("on-call", Fixed(3600.0), crew="ops"),))


def test_without_people_a_scenario_is_what_it_was(tmp_path: Path) -> None:
    law = CRASH | {"timeToRepair": {"kind": "fixed", "value": "1h"}}
    [with_people] = experiment(tmp_path, failures=[law]).scenarios()
    [without] = experiment(tmp_path, failures=[law], people=None).scenarios()
    [empty] = experiment(tmp_path, failures=[law], people={}).scenarios()
    assert without.people == People()
    assert without.id == empty.id != with_people.id


def test_a_policy_has_other_people_and_a_law_may_take_their_place(tmp_path: Path) -> None:
    office = ON_CALL | {"hours": {"begin": "8h", "end": "16h", "days": ["mon", "sat"]}}
    policies = [
        {"name": "as-is"},
        {"name": "office", "people": {"crews": [{"name": "night"}], "responses": [office]}},
        {"name": "law", "failures": [{"name": "crash", "timeToRepair": {"kind": "fixed", "value": "2h"}}]},
        {"name": "back", "extends": ["law"], "failures": [{"name": "crash", "timeToRepair": {"response": "on-call"}}]},
    ]
    given = experiment(tmp_path, policies=policies)
    as_is, office_, law, back = given.scenarios()
    assert [crew.name for crew in office_.people.crews] == ["ops", "night"]
    [response] = office_.people.responses
    assert response.hours == Hours(8 * 3600, 16 * 3600, ("mon", "sat"))  # type: ignore[arg-type]
    assert law.failures[0].time_to_repair == Fixed(7200.0)  # type: ignore[attr-defined]
    assert back.failures == as_is.failures
    (tmp_path / "again.yaml").write_text(given.to_yaml())
    assert Experiment.from_yaml(tmp_path / "again.yaml").scenarios() == given.scenarios()
    (tmp_path / "resolved.yaml").write_text(yaml.safe_dump(given.resolved))
    assert [s.id for s in Experiment.from_yaml(tmp_path / "resolved.yaml").scenarios()] == [
        s.id for s in given.scenarios()
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"failures": [CRASH | {"timeToRepair": {"response": "oncall"}}]},
            "failures[0].timeToRepair.response: there is no response 'oncall'; did you mean 'on-call'?",
        ),
        (
            {"people": {"responses": [ON_CALL]}},
            "people.responses[0].crew: there is no crew 'ops'; spec.people has no crew",
        ),
        (
            {"operations": [{"name": "patching", "type": "drain", "every": "5d", "crew": "opps"}]},
            "operations[0].crew: there is no crew 'opps'; did you mean 'ops'?",
        ),
        (
            {"people": {"crews": [{"name": "ops"}, {"name": "ops"}], "responses": [ON_CALL]}},
            "people.crews[1].name: the name 'ops' is taken",
        ),
        (
            {"people": {"crews": [{"name": "ops", "size": 0}], "responses": [ON_CALL]}},
            "people.crews[0]: `size` must be at least 1",
        ),
        (
            {"failures": [CRASH | {"timeToRepair": {"response": "on-call", "factor": 2}}]},
            "failures[0].timeToRepair.factor: unknown field",
        ),
        (
            {"failures": [CRASH | {"timeToFailure": {"response": "on-call"}}]},
            "failures[0].timeToFailure: 'kind' is required here",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        experiment(tmp_path, **wrong)
    assert f"spec.{message}" in str(error.value)


def test_patching_waits_for_a_crew_that_repairs(tmp_path: Path) -> None:
    found = experiment(
        tmp_path,
        people={"crews": [{"name": "ops"}], "responses": [ON_CALL | {"mend": {"kind": "fixed", "value": "20d"}}]},
        failures=[CRASH | {"timeToFailure": {"kind": "fixed", "value": "1d"}, "select": {"labels": "pool=general"}}],
        operations=[{"name": "patching", "type": "drain", "every": "2d", "crew": "ops"}],
    ).run(workers=1)
    assert set(found.operations["outcome"]) == {"not begun"}

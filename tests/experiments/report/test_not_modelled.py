"""What is not modelled: true of each experiment, and complete."""

import re
from typing import Any

import pytest

from experiments.file.schema import SpecFile
from experiments.report.not_modelled import ABSENCES, NEVER, table
from simulator import registry


def absent(**spec: Any) -> list[str]:
    return [row[0] for row in table(spec).rows]


def story(type_: str) -> dict[str, str]:
    return {"name": "x", "type": type_}


def test_an_experiment_that_declares_nothing_contains_nothing() -> None:
    assert absent() == [absence.what for absence in ABSENCES]


@pytest.mark.parametrize("kind", ["failure", "operation"])
def test_every_failure_mode_and_operation_takes_a_line_away(kind: str) -> None:
    for name in registry.classes(kind):
        assert len(absent(**{f"{kind}s": [story(name)]})) < len(ABSENCES), name


def test_what_declares_something_is_a_failure_mode_an_operation_or_a_field() -> None:
    fields = {field.alias or name for name, field in SpecFile.model_fields.items()}
    known = {*registry.classes("failure"), *registry.classes("operation"), *fields}
    assert {name for absence in ABSENCES for name in absence.by} <= known


def test_what_one_policy_declares_is_not_said_to_be_absent() -> None:
    removed = {"name": "node-crash", "remove": True}
    policies = [{"name": "a"}, {"name": "b", "failures": [story("networkPartition"), removed]}]
    assert "network partitions" in absent(policies=policies[:1])
    assert "network partitions" not in absent(policies=policies)


def test_fields_that_say_nothing_declare_nothing() -> None:
    assert "people" in absent(people=None, traffic=[])
    assert "people" not in absent(people={"crews": []})
    assert "new nodes" not in absent(nodeAutoscaler={"type": "karpenter"})
    assert "new nodes" not in absent(policies=[{"name": "a", "nodeAutoscaler": {"type": "karpenter"}}])


def test_a_row_says_what_its_absence_means() -> None:
    (row,) = (row for row in table({}).rows if row[0] == "network partitions")
    assert row == ("network partitions", "nothing is cut off", "networkPartition")


def test_nothing_that_can_be_declared_is_said_never_to_be_there() -> None:
    said = " ".join([*NEVER, *NEVER.values()]).casefold()
    for absence in ABSENCES:
        assert not re.search(rf"\b{re.escape(absence.what)}\b", said), absence.what

"""scale: replicas on a schedule."""

from dataclasses import replace

import pytest

from models.daemonset import DaemonSet
from models.labels import LabelSelector
from models.statefulset import StatefulSet
from simulator.log import Kind
from simulator.operations.scale import Scale
from tests.simulator.clusters import DAY, HOUR, Lab, cluster, deployment, nodes, template

NIGHT = Scale("night", "Deployment/web", 0, every=DAY, at=20 * HOUR)
MORNING = Scale("morning", "Deployment/web", 3, every=DAY, at=32 * HOUR)


def test_a_deployment_is_off_at_night() -> None:
    found = Lab(cluster(nodes(2), deployment(replicas=3)), operations=[NIGHT, MORNING])
    assert [len(found.run(hour * HOUR + 60.0).pods()) for hour in (19, 20, 31, 32, 44)] == [3, 0, 0, 3, 0]


def test_a_stateful_set_has_replicas_too() -> None:
    sets = StatefulSet("db", template("db"), LabelSelector.of({"app": "db"}), replicas=1)
    load = replace(cluster(nodes(2)), stateful_sets=(sets,))
    found = Lab(load, operations=[Scale("grow", "StatefulSet/db", 3, at=100.0)]).run(HOUR)
    assert [pod.name for pod in found.pods()] == ["db-0", "db-1", "db-2"]
    assert found.times(Kind.POD_NODE, since=1.0) == [100.0, 101.0]


def test_what_has_no_replicas_cannot_be_scaled() -> None:
    agents = DaemonSet("agent", template("agent"), LabelSelector.of({"app": "agent"}))
    load = replace(cluster(nodes(2)), daemon_sets=(agents,))
    with pytest.raises(ValueError, match="DaemonSet/agent has no replicas to scale"):
        Lab(load, operations=[Scale("grow", "DaemonSet/agent", 3, at=100.0)])


@pytest.mark.parametrize("wrong", [{"replicas": -1}, {"at": None}, {"at": -1.0}, {"every": 0.0}, {"target": ""}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must|needs"):
        Scale(**{"name": "s", "target": "Deployment/web", "replicas": 1, "at": 0.0} | wrong)  # type: ignore[arg-type]

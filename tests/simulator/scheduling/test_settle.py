"""Replicas that are known to have been on a node are deployed there."""

from models.labels import LabelSelector
from models.node import ZONE_LABEL
from models.pod import TopologySpreadConstraint, WhenUnsatisfiable
from simulator.simulation import Simulation
from simulator.streams import Streams
from tests.simulator.clusters import DAY, behaviour, cluster, deployment, nodes, template

SPREAD = TopologySpreadConstraint(1, ZONE_LABEL, WhenUnsatisfiable.DO_NOT_SCHEDULE, LabelSelector.of({"app": "web"}))


def deployed(replicas: int, places: dict[str, str]) -> dict[str, str]:
    """Where replicas are that no three of which may be in one of the three zones before the others have two."""
    web = deployment("web", replicas, pods=template("web", topology_spread_constraints=(SPREAD,)))
    simulation = Simulation(cluster(nodes(6, "abc"), web), behaviour(), Streams(0, 0), DAY, False, places=places)
    simulation.deploy()
    names = simulation.state.nodes.names
    return {pod.slot.name: names[pod.node] for pod in simulation.state.pods.values() if pod.node >= 0}


def test_replicas_are_where_they_were_though_no_new_one_would_be_let() -> None:
    """Two replicas in zone a, one in zone b: a rolling update leaves them so, as it counts those that go."""
    places = dict(zip(deployed(3, {}), ("node-0", "node-3", "node-1"), strict=True))
    assert deployed(3, places) == places


def test_the_scheduler_places_whatever_else_there_is_beside_them() -> None:
    slots = list(deployed(4, {}))
    places = {slots[3]: "node-0", slots[0]: "node-3"}
    found = deployed(4, places)
    assert places.items() <= found.items()
    assert sorted(int(node[-1]) % 3 for node in found.values()) == [0, 0, 1, 2]

"""What breaks nodes breaks those, too, that join a running cluster, and no longer those that are gone."""

import pytest

from models.distributions import Fixed
from models.labels import LabelSelector
from simulator.failures.common_cause import CommonCause
from simulator.failures.node_burst import NodeBurst
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.log import Kind
from simulator.node_autoscaling.cluster_autoscaler import ClusterAutoscaler
from simulator.stories.protocols import FailureMode
from tests.simulator.clusters import HOUR, Lab, container, deployment, template
from tests.simulator.node_autoscaling.pools import lab, pool, pooled


def growing(failure: FailureMode, until: float, at: float = 100.0, replicas: int = 2) -> Lab:
    """A zone has a node; another node joins about a minute after `at`, in the only other zone or in the same."""
    pods = template("web", container(cpu=600))
    found = lab(
        pooled([pool(zones=("a",))], deployment(pods=pods)), ClusterAutoscaler(), failures=[failure], end=10 * HOUR
    )
    found.apply(deployment(replicas=replicas, pods=pods), at)
    return found.run(until)


def downs(found: Lab) -> dict[str, list[float]]:
    return {
        name: [time for time, n, up in found.log(Kind.NODE_POWER) if n == name and not up]
        for name in found.state.nodes.names
    }


@pytest.mark.parametrize(
    "failure",
    [
        NodeCrash("crash", Fixed(HOUR), Fixed(60.0)),
        NodeBurst("crash", Fixed(HOUR), Fixed(60.0), burst_share=0.0),
        CommonCause("crash", Fixed(HOUR), Fixed(60.0), common_share=0.0),
    ],
)
def test_a_node_that_joined_fails_at_its_own_age(failure: FailureMode) -> None:
    found = growing(failure, 1.5 * HOUR)
    [joined] = found.times(Kind.NODE_EXISTS, 1)
    assert downs(found) == {"general-1": [HOUR], "general-2": [pytest.approx(joined + HOUR, abs=0.001)]}


def test_a_zone_takes_down_those_that_joined_it() -> None:
    found = growing(ZoneOutage("outage", Fixed(HOUR), Fixed(60.0)), 1.5 * HOUR)
    assert downs(found) == {"general-1": [HOUR], "general-2": [HOUR]}


def test_a_node_that_joins_a_zone_that_is_out_is_down_until_the_zone_is_back() -> None:
    found = growing(ZoneOutage("outage", Fixed(HOUR), Fixed(2 * HOUR)), 3.5 * HOUR, at=HOUR + 30.0)
    [joined] = found.times(Kind.NODE_EXISTS, 1)
    assert HOUR < joined < 2 * HOUR
    assert downs(found)["general-2"] == [joined]
    assert [t for t, n, up in found.log(Kind.NODE_POWER) if n == "general-2" and up] == [3 * HOUR]


def test_a_node_that_joins_a_zone_that_is_back_is_up() -> None:
    found = growing(ZoneOutage("outage", Fixed(HOUR), Fixed(60.0)), 1.9 * HOUR, at=1.5 * HOUR)
    assert downs(found) == {"general-1": [HOUR], "general-2": []}


def test_a_selector_holds_for_those_that_join() -> None:
    elsewhere = NodeCrash("crash", Fixed(HOUR), Fixed(60.0), select=LabelSelector.of({"pool": "other"}))
    assert downs(growing(elsewhere, 3 * HOUR)) == {"general-1": [], "general-2": []}


def test_a_node_that_is_gone_fails_no_more() -> None:
    found = growing(NodeCrash("crash", Fixed(3 * HOUR), Fixed(60.0)), HOUR)
    found.apply(deployment(replicas=1, pods=template("web", container(cpu=600))), HOUR + 1.0)
    found.run(10 * HOUR)
    assert len(found.times(Kind.NODE_EXISTS, 0)) == 1
    # The first node, after 3 h and then each 3 h after its repair; the other one never got so old.
    assert found.simulation.hazards.exposure["crash"].fired == 3

"""Named streams: the same luck for the same name, whatever else there is."""

import numpy as np
import pytest

from models.distributions import Exponential, Fixed
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.log import Kind
from simulator.stories.protocols import FailureMode
from simulator.streams import Streams, StreamsOf
from tests.simulator.clusters import DAY, HOUR, Lab, cluster, deployment, nodes


def draws(name: str, seed: int = 1, replication: int = 2, count: int = 4) -> list[float]:
    return list(map(float, Streams(seed, replication).stream(name).standard_exponential(count)))


def test_the_same_name_gives_the_same_draws() -> None:
    streams = Streams(1, 2)
    first, second = streams.stream("failure/node-crash/node-17"), streams.stream("failure/node-crash/node-17")
    assert first.random(5).tolist() == second.random(5).tolist()


def test_asking_for_other_streams_first_changes_nothing() -> None:
    streams = Streams(1, 2)
    streams.stream("another").random(100)
    assert streams.stream("x").standard_exponential(4).tolist() == draws("x")


@pytest.mark.parametrize("other", [{"seed": 3}, {"replication": 3}, {"seed": 2, "replication": 1}, {"name": "y"}])
def test_seed_replication_and_name_change_the_draws(other: dict[str, object]) -> None:
    assert draws(**{"name": "x", **other}) != draws("x")  # type: ignore[arg-type]


@pytest.mark.parametrize(("one", "other"), [((1, 23), (12, 3)), ((1, 1), (11, 1)), ((0, 10), (0, 1))])
def test_neighbouring_seeds_and_replications_do_not_meet(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert draws("x", *one) != draws("x", *other)


def test_first_draws_of_many_streams_are_uniform_and_uncorrelated() -> None:
    count = 4000
    streams = Streams(0, 0)
    pairs = np.array([streams.stream(f"failure/node-crash/node-{i}").random(2) for i in range(count)])
    bins = np.histogram(pairs[:, 0], bins=20, range=(0, 1))[0]
    chi_square = float(((bins - count / 20) ** 2 / (count / 20)).sum())
    assert chi_square < 45  # 19 degrees of freedom: 0.07 % above
    for one, other in ((pairs[:, 0], pairs[:, 1]), (pairs[1:, 0], pairs[:-1, 0])):
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(count)


def test_the_draws_of_a_name_stay_the_same_from_release_to_release() -> None:
    # Results in the wild name a seed; if this must change, say so in the changelog.
    assert Streams(7, 3).stream("failure/node-crash/node-17").random(3).round(6).tolist() == [0.31133, 0.28038, 0.84272]


CRASHES = NodeCrash("node-crash", Exponential(5 * DAY), Exponential(HOUR))
CONTAINERS = ContainerCrash("crash", Exponential(DAY))


def crashes(machines: int, *failures: FailureMode, replicas: int = 4) -> dict[str, list[float]]:
    """When each node crashed within a month."""
    lab = Lab(cluster(nodes(machines), deployment(replicas=replicas)), failures=failures, end=30 * DAY)
    return lab.run(30 * DAY).caused(Kind.NODE_POWER, "node-crash")


def test_another_node_shifts_nobodys_crashes() -> None:
    four, five = crashes(4, CRASHES), crashes(5, CRASHES)
    assert len(four["node-3"]) > 2
    assert {name: five[name] for name in four} == four
    assert len(five) == 5


@pytest.mark.parametrize(
    "other", [ContainerCrash("crash", Exponential(HOUR)), ZoneOutage("zone", Exponential(1e12), Fixed(60.0))]
)
def test_another_failure_mode_shifts_nobodys_crashes(other: FailureMode) -> None:
    alone = crashes(4, CRASHES)
    assert crashes(4, CRASHES, other) == alone
    assert crashes(4, other, CRASHES) == alone


def test_more_replicas_shift_nobodys_crashes() -> None:
    assert crashes(4, CRASHES, replicas=9) == crashes(4, CRASHES)


def first_crashes(*failures: FailureMode, replicas: int = 3, machines: int = 4) -> dict[str, float]:
    """When a container in each replica's slot first died."""
    lab = Lab(cluster(nodes(machines), deployment(replicas=replicas)), failures=failures).run(10 * DAY)
    return {slot: times[0] for slot, times in lab.caused(Kind.POD_CONTAINERS, "crash").items()}


NEVER = ContainerCrash("never", Fixed(1e12))


def test_a_second_way_to_crash_does_not_shift_the_first() -> None:
    alone = first_crashes(CONTAINERS)
    assert len(alone) == 3
    assert first_crashes(NEVER, CONTAINERS) == alone
    assert first_crashes(CONTAINERS, NEVER) == alone


def test_another_replica_or_node_does_not_shift_the_first_crashes() -> None:
    alone = first_crashes(CONTAINERS)
    more = first_crashes(CONTAINERS, replicas=5, machines=6)
    assert len(more) == 5
    assert {slot: more[slot] for slot in alone} == alone


def test_streams_of_many_subjects_go_on_from_draw_to_draw_and_are_each_its_own() -> None:
    of_nodes = StreamsOf(Streams(1, 0), "heartbeat")
    first, second = of_nodes["node-1"].random(), of_nodes["node-1"].random()
    again = Streams(1, 0).stream("heartbeat/node-1")
    assert (first, second) == (again.random(), again.random())
    assert of_nodes["node-2"].random() == Streams(1, 0).stream("heartbeat/node-2").random()

"""Which clocks are critical for a Service, and how degraded periods begin."""

from dataclasses import replace
from typing import Any

import pytest

from models.distributions import Exponential, Fixed
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.failures.sandbox_crash import SandboxCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.operations.scale import Scale
from simulator.rare.degraded import Tilting
from simulator.rare.excursions import Beginner
from simulator.rare.runs import Model, OtherStarts, Seen, natural
from simulator.rare.sojourns import Sojourns
from simulator.rare.watched import Watched
from tests.simulator.clusters import DAY, cluster, deployment, down, nodes
from tests.simulator.rare.models import NEVER, at_least, model, units
from tests.simulator.rare.systems import behaviour, one_service

WEB = cluster(nodes(4, "abc"), deployment("web", 2))


def watched(of: Model, needed: int = 1, service: str = "web") -> Watched:
    return Watched(of.begun(0), service, at_least(needed))


def test_clocks_are_critical_that_take_an_answering_endpoint() -> None:
    of = model(
        WEB,
        [
            NodeCrash("node", NEVER, Fixed(1.0)),
            ZoneOutage("zone", NEVER, Fixed(1.0)),
            ContainerCrash("crash", NEVER),
            SandboxCrash("sandbox", NEVER),
        ],
    )
    found = watched(of).critical_clocks()
    assert {kind: len(clocks) for kind, clocks in found.items()} == {"crash": 2, "node": 2, "sandbox": 2, "zone": 2}
    one = watched(of, needed=2).critical_clocks()
    assert list(one) == ["crash!", "node!", "sandbox!", "zone!"]


def test_a_clock_without_a_rate_is_never_critical() -> None:
    found = watched(model(WEB, [NodeCrash("node", Fixed(1e9), Fixed(1.0)), ContainerCrash("crash", NEVER)]))
    assert list(found.critical_clocks()) == ["crash"]


def test_each_clock_that_is_listed_is_critical_and_no_other() -> None:
    of = model(WEB, [NodeCrash("node", NEVER, Fixed(1.0)), ContainerCrash("crash", NEVER)])
    simulation = of.begun(0)
    one = Watched(simulation, "web", at_least(1))
    listed = {clock for clocks in one.critical_clocks().values() for clock in clocks}
    assert {clock for clock in simulation.hazards.running if one.is_critical(clock)} == listed
    assert len(listed) == 4 < len(simulation.hazards.running)


def test_replicas_that_never_had_room_are_not_missed() -> None:
    crowded = cluster(nodes(1, cpu=250), deployment("web", 3))
    one = watched(model(crowded), needed=1)
    assert (one.never_there, one.answering, one.is_full) == (1, 2, True)


def test_a_service_that_is_whole_but_unavailable_is_degraded() -> None:
    crowded = cluster(nodes(1, cpu=250), deployment("web", 3))
    assert not watched(model(crowded), needed=3).is_full


@pytest.mark.parametrize(
    ("failures", "starts"),
    [
        ([NodeCrash("node", Exponential(DAY), Fixed(60.0))], 0),
        ([NodeCrash("node", Fixed(4 * DAY), Fixed(60.0))], 2),
        ([down(0, at=100.0, lasting=50.0), down(1, at=5000.0, lasting=50.0)], 2),
        ([down(0, at=100.0, lasting=50.0), down(1, at=120.0, lasting=50.0)], 1),
    ],
    ids=["clocks that can be forced", "clocks without a rate", "a story", "a story that goes on"],
)
def test_degraded_periods_that_no_clock_with_a_rate_begins_are_counted(failures: list[Any], starts: int) -> None:
    of = model(one_service(2), failures, behaviour=behaviour())
    run = natural(of, 0, [], {"all": Seen(at_least(1))})
    assert run.other_starts == {"all": starts}
    assert (run.missing["all"] > 0) is True


def test_what_is_down_from_the_start_is_a_period_of_its_own() -> None:
    of = model(cluster(nodes(1, cpu=250), deployment("web", 3)), days=1.0)
    run = natural(of, 0, [100.0], {"web": Seen(at_least(3))})
    assert run.other_starts == {"web": 1}
    assert run.looks[0].layouts == {}
    period = Beginner(of, "web", at_least(3), Tilting(0.0, {})).from_other_start(0, 0).period
    assert (period.downtime, period.begun_within, period.weight) == (DAY, 0, 1.0)


def test_a_service_that_is_scaled_below_what_is_needed_is_down_by_no_clock() -> None:
    of = model(WEB, operations=[Scale("night", "Deployment/web", 1, at=DAY / 2)], days=1.0)
    run = natural(of, 0, [100.0, 80_000.0], {"web": Seen(at_least(2))})
    assert [bool(look.layouts) for look in run.looks] == [True, False]
    assert run.other_starts == {"web": 1}
    period = Beginner(of, "web", at_least(2), Tilting(0.0, {})).from_other_start(0, 0).period
    assert period.begun_within == 1
    assert period.downtime == pytest.approx(DAY / 2, abs=60.0)


def test_the_rate_of_what_is_begun_is_that_of_all_clocks_like_it_over_how_likely_it_was_chosen() -> None:
    of = model(
        one_service(3),
        [NodeCrash("node", Exponential(DAY), Fixed(1.0)), ContainerCrash("crash", Exponential(DAY / 4))],
        behaviour=behaviour(),
    )
    state = natural(of, 0, [0.0], {"all": Seen(at_least(1))}).looks[0].settled
    assert state is not None
    beginner = Beginner(of, "all", at_least(1), Tilting(0.0, {}), {"node": 3.0, "crash": 1.0})
    found = [beginner.from_settled(state, f"{luck}") for luck in range(60)]
    rates = {one.mode: one.rate for one in found if one is not None}
    assert rates == pytest.approx({"node": 3 / DAY / 0.75, "crash": 12 / DAY / 0.25})
    nodes_forced = sum(one is not None and one.mode == "node" for one in found)
    assert abs(nodes_forced - 45) <= 4 * (60 * 0.75 * 0.25) ** 0.5


def test_a_replication_is_begun_again_where_it_was_seen() -> None:
    of = units(2, Exponential(DAY / 2), Fixed(1000.0), days=5.0)
    run = natural(of, 7, [2 * DAY], {"all": Seen(at_least(2))})
    assert run.looks[0].layouts
    beginner = Beginner(of, "all", at_least(2), Tilting(0.0, {}))
    first, again = (beginner.from_run(7, 2 * DAY, "x") for _ in range(2))
    assert first == again
    assert first.period.downtime >= 1000.0


def test_nothing_begins_where_nothing_is_critical() -> None:
    of = model(replace(WEB), [], days=1.0)
    state = natural(of, 0, [0.0], {"web": Seen(at_least(1))}).looks[0].settled
    assert state is not None
    found = Beginner(of, "web", at_least(1), Tilting(0.0, {})).from_settled(state, "x")
    assert found is not None
    assert (found.rate, found.period.downtime) == (0.0, 0.0)


def test_other_starts_are_told_from_what_a_clock_does_at_once() -> None:
    of = units(2, NEVER, Fixed(100.0))
    simulation = of.begun(0)
    one = Watched(simulation, "all", at_least(1))
    others = OtherStarts(simulation, one, Sojourns(simulation, one, None))
    simulation.kernel.run_until(10.0)
    next(iter(simulation.hazards.running)).force()
    simulation.kernel.run_until(50.0)
    assert not one.is_full
    assert others.count == 0

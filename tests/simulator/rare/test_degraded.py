"""Degraded periods: what is counted of them, and that tilted ones weigh what they should."""

import math
from typing import Any

import numpy as np
import pytest

from models.distributions import Distribution, Exponential, Fixed, LogNormal, Weibull
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.rare.degraded import DegradedPeriod, Follower, Tilting, shares
from simulator.rare.runs import Model, OtherStarts
from simulator.rare.sojourns import Sojourns
from simulator.rare.watched import Watched
from simulator.simulation import Simulation
from tests.simulator.clusters import DAY, cluster, deployment, down, nodes
from tests.simulator.rare.models import NEVER, at_least, model, units
from tests.simulator.rare.systems import behaviour, one_service

PLAIN = Tilting(0.0, {})
ALWAYS = 0.0, math.inf


def following(simulation: Simulation, watched: Watched, tilting: Tilting) -> Follower:
    """Who follows periods alone, and no sojourns."""
    return Follower(simulation, watched, tilting, Sojourns(simulation, watched, None))


def forced(
    of: Model,
    needed: int,
    tilting: Tilting = PLAIN,
    window: tuple[float, float] = ALWAYS,
    at: float = 0.0,
    luck: Any = 0,
) -> DegradedPeriod:
    """The first of the clocks fires at that time."""
    simulation = of.begun(luck)
    watched = Watched(simulation, "all", at_least(needed))
    follower = following(simulation, watched, tilting)
    simulation.kernel.run_until(at)
    clocks = [clock for of_kind in watched.critical_clocks().values() for clock in of_kind]
    return follower.force(clocks[0], window)


def test_a_period_lasts_until_all_answer_again() -> None:
    period = forced(units(2, NEVER, Fixed(100.0)), needed=1, at=50.0)
    assert (period.lasted, period.repair, period.downtime, period.begun_within) == (100.0, 100.0, 0.0, 0)
    assert (period.weight, period.struck) == (1.0, ())


def test_a_repair_that_outlasts_what_is_measured_is_followed_as_far_as_that() -> None:
    """Else a replica would seem to come back before it."""
    period = forced(units(2, NEVER, Fixed(100.0)), needed=1, window=(0.0, 80.0), at=50.0)
    assert (period.lasted, period.repair) == (30.0, 30.0)


def test_it_may_last_as_many_time_scales_as_failures_struck_in_it() -> None:
    of = units(3, Exponential(LIFE), Fixed(REPAIR))
    for scale in (REPAIR, 2 * REPAIR):
        periods = [forced(of, 1, Tilting(2.0, {"node": scale}), luck=luck) for luck in range(20)]
        assert {0, 1, 2} <= {len(period.struck) for period in periods}
        assert all(period.scale >= (1 + len(period.struck)) * scale for period in periods)
    assert forced(of, 1).scale == 0.0


def test_the_downtime_in_it_counts() -> None:
    period = forced(units(2, NEVER, Fixed(100.0)), needed=2, at=50.0)
    assert (period.downtime, period.begun_within) == (100.0, 1)


@pytest.mark.parametrize(
    ("window", "downtime", "outages"),
    [
        ((0.0, 80.0), 30.0, 1),
        ((60.0, 1e9), 90.0, 0),
        ((60.0, 90.0), 30.0, 0),
        ((50.0, 1e9), 100.0, 0),
        ((150.0, 1e9), 0.0, 0),
    ],
    ids=["its end", "its start", "both", "it begins with it", "it begins after it"],
)
def test_the_window_cuts_it_as_it_cuts_outages(window: tuple[float, float], downtime: float, outages: int) -> None:
    period = forced(units(2, NEVER, Fixed(100.0)), needed=2, window=window, at=50.0)
    assert (period.downtime, period.begun_within) == (downtime, outages)


def test_what_outlasts_the_run_is_cut_there() -> None:
    of = units(2, NEVER, Fixed(100 * DAY), days=1.0)
    period = forced(of, needed=2, at=50.0)
    assert period.downtime == period.lasted == DAY - 50.0


def test_what_takes_no_time_is_no_outage() -> None:
    of = model(one_service(2), [ContainerCrash("crash", NEVER)], behaviour=behaviour())
    period = forced(of, needed=2, at=50.0)
    assert (period.lasted, period.downtime, period.begun_within, period.weight) == (0.0, 0.0, 0, 1.0)


def test_several_outages_in_one_period_are_counted_each() -> None:
    of = model(one_service(3), [NodeCrash("node", NEVER, Fixed(100.0)), *outages(20.0, 40.0)], behaviour=behaviour())
    period = forced(of, needed=2)
    assert (period.downtime, period.begun_within, period.lasted) == (20.0, 2, 100.0)


def outages(*times: float) -> list[Any]:
    """Of the last node, for 10 s each."""
    return [down(2, at=time, lasting=10.0) for time in times]


def test_a_period_that_no_clock_began_is_followed_from_its_beginning() -> None:
    of = model(one_service(2), [down(1, at=30.0, lasting=10.0)], behaviour=behaviour())
    simulation = of.begun(0)
    watched = Watched(simulation, "all", at_least(2))
    others = OtherStarts(simulation, watched, Sojourns(simulation, watched, None))
    follower = following(simulation, watched, PLAIN)
    while not others.count:
        simulation.kernel.step()
    period = follower.follow(ALWAYS)
    assert (simulation.kernel.now, period.downtime, period.begun_within, period.repair) == (40.0, 10.0, 1, 0.0)


LIFE, REPAIR = 100_000.0, 500.0


@pytest.mark.parametrize("failures", [0.5, 1.0, 3.0], ids="c = {}".format)
def test_weights_average_to_one_and_weighted_downtime_is_exact(failures: float) -> None:
    """Of two with exponential lives of mean 1/a and repairs R one is needed: a R^2 / 2 of downtime a period.

    For U = (aR / (1 + aR))^2 is the downtime of a cycle over its length, and 1/(2a) of a cycle both are up, which is
    the share 1/(1 + aR)^2 of it.
    """
    of = units(2, Exponential(LIFE), Fixed(REPAIR))
    many = 400
    periods = [forced(of, 1, Tilting(failures, {"node": REPAIR}), luck=luck) for luck in range(many)]
    weights = np.array([period.weight for period in periods])
    downtimes = np.array([period.downtime for period in periods]) * weights
    # A weight is e^c if nothing more fails, which has the probability e^-c, and else nearly 0.
    assert abs(weights.mean() - 1) <= 4 * math.sqrt(math.expm1(failures) / many) + REPAIR / LIFE
    assert abs(downtimes.mean() - REPAIR**2 / LIFE / 2) <= 4 * downtimes.std() / math.sqrt(many)
    seen = np.mean([period.begun_within > 0 for period in periods])
    assert abs(seen + math.expm1(-failures)) <= 4 * math.sqrt(0.25 / many)


@pytest.mark.parametrize(
    "law", [Weibull.from_mean(3, 30 * DAY), LogNormal.from_mean(30 * DAY, 0.8)], ids=["weibull", "lognormal"]
)
@pytest.mark.parametrize("age", [10.0, 300.0, 10 * DAY])
def test_clocks_that_are_young_and_wear_out_weigh_what_they_should(law: Distribution, age: float) -> None:
    """Of two one is needed. The first fails, the second of this age does so by chance within the repair."""
    of = units(2, law, Fixed(REPAIR))
    many, failures = 200, 1.0
    periods = []
    for luck in range(many):
        simulation = of.begun(luck)
        follower = following(simulation, Watched(simulation, "all", at_least(1)), Tilting(failures, {"node": REPAIR}))
        first, second = simulation.hazards.running
        for clock, lived in ((first, 10 * DAY), (second, age)):
            clock.stop()
            clock.start(lived)
        periods.append(follower.force(first, ALWAYS))
    weights = np.array([period.weight for period in periods])
    downtimes = np.array([period.downtime for period in periods]) * weights
    steps = np.linspace(0.0, REPAIR, 1001)
    hazard = np.array([law.cumulative_hazard(age + step) for step in steps])
    # Of what fails after t the downtime is what is then left of the repair; the chance of it is nearly the hazard.
    true = float(np.sum(np.diff(hazard) * (REPAIR - (steps[1:] + steps[:-1]) / 2)))
    assert abs(weights.mean() - 1) <= 4 * math.sqrt(math.expm1(failures) / many) + hazard[-1] - hazard[0]
    if true:
        assert abs(downtimes.mean() / true - 1) <= 4 * float(downtimes.std()) / true / math.sqrt(many) + 0.02


def test_repairs_of_modes_that_stay_are_length_biased_and_weighed() -> None:
    law = LogNormal.from_mean(500.0, 1.2)
    of = units(2, Exponential(1e12), law)
    tilting = Tilting(1e-9, {"node": 1.0}, frozenset({"node"}))
    periods = [forced(of, 1, tilting, luck=luck) for luck in range(200)]
    assert all(p.weight == pytest.approx(law.mean / p.repair, rel=1e-6) for p in periods if not p.struck)
    mean = float(np.mean([math.log(period.repair) for period in periods]))
    assert abs(mean - math.log(law.median) - law.sigma**2) <= 4 * law.sigma / math.sqrt(200)


def test_the_first_outage_ends_the_tilt_and_the_bias() -> None:
    law = LogNormal.from_mean(500.0, 1.2)
    of = units(2, Exponential(LIFE), law)
    simulation = of.begun(0)
    watched = Watched(simulation, "all", at_least(1))
    follower = following(simulation, watched, Tilting(3.0, {"node": 500.0}, frozenset({"node"})))
    thetas = []
    watched.on_change.append(lambda: thetas.append((watched.is_up, [c.theta for c in simulation.hazards.running])))
    biased = []
    watched.on_change.append(lambda: biased.append((watched.is_up, bool(simulation.hazards.repairs.biased))))
    period = DegradedPeriod(0.0, 0, 0.0, 0.0, 0.0, (), 1.0)
    while not period.begun_within:
        [clock, *_] = simulation.hazards.running
        period = follower.force(clock, ALWAYS)
        simulation.kernel.run_until(simulation.kernel.now + DAY / 10)
    hit = next(i for i, (up, _) in enumerate(thetas) if not up)
    assert any(theta > 1 for _, row in thetas[:hit] for theta in row)
    assert all(theta == 1 for _, row in thetas[hit:] for theta in row)
    assert biased[hit] == (False, False)
    assert period.struck


def test_clocks_are_as_they_were_after_a_period() -> None:
    of = units(3, Exponential(LIFE), Fixed(REPAIR))
    simulation = of.begun(0)
    watched = Watched(simulation, "all", at_least(1))
    follower = following(simulation, watched, Tilting(2.0, {"node": REPAIR}))
    follower.force(next(iter(simulation.hazards.running)), ALWAYS)
    assert watched.is_full
    assert {clock.theta for clock in simulation.hazards.running} == {1.0}


def test_a_lost_replica_that_moves_is_back_before_the_repair() -> None:
    of = model(cluster(nodes(4, "abc"), deployment("web", 2)), [NodeCrash("node", NEVER, Fixed(DAY))])
    simulation = of.begun(0)
    watched = Watched(simulation, "web", at_least(1))
    follower = following(simulation, watched, PLAIN)
    [clock, _] = watched.critical_clocks()["node"]
    period = follower.force(clock, ALWAYS)
    assert period.repair == DAY
    assert 300.0 < period.lasted < 420.0


def test_what_would_be_an_outage_at_once_has_half_of_the_tilt() -> None:
    assert shares(["2:a", "2:b"], {"2:a": 3.0}) == {"2:a": 0.75, "2:b": 0.25}
    assert shares(["2:a", "2:b", "2:b!"], {}) == {"2:a": 0.25, "2:b": 0.25, "2:b!": 0.5}


@pytest.mark.parametrize("untilted", [0.1, 0.5])
def test_with_some_left_untilted_no_weight_is_large_and_weighted_downtime_is_exact(untilted: float) -> None:
    of, many = units(2, Exponential(LIFE), Fixed(REPAIR)), 400
    tilting = Tilting(3.0, {"node": REPAIR}, untilted=untilted)
    periods = []
    for luck in range(many):
        simulation = of.begun(luck)
        follower = following(simulation, Watched(simulation, "all", at_least(1)), tilting)
        clock = next(iter(simulation.hazards.running))
        periods.append(follower.force(clock, ALWAYS, as_it_is=luck % 10 < 10 * untilted))
    weights = np.array([period.weight for period in periods])
    downtimes = np.array([period.downtime for period in periods]) * weights
    assert weights.max() <= 1 / untilted
    assert abs(weights.mean() - 1) <= 4 * weights.std() / math.sqrt(many) + REPAIR / LIFE
    assert abs(downtimes.mean() - REPAIR**2 / LIFE / 2) <= 4 * downtimes.std() / math.sqrt(many)


def test_length_biased_repairs_of_untilted_periods_weigh_what_they_should() -> None:
    law, many = LogNormal.from_mean(500.0, 1.2), 400
    of, tilting = units(2, Exponential(1e12), law), Tilting(1e-9, {"node": 1.0}, frozenset({"node"}), untilted=0.5)
    found = []
    for luck in range(many):
        simulation = of.begun(luck)
        follower = following(simulation, Watched(simulation, "all", at_least(1)), tilting)
        clock = next(iter(simulation.hazards.running))
        period = follower.force(clock, ALWAYS, as_it_is=bool(luck % 2))
        assert period.weight == pytest.approx(1 / (0.5 + 0.5 * period.repair / law.mean), rel=1e-6)
        found.append(period.weight * period.repair)
    assert abs(np.mean(found) - law.mean) <= 4 * np.std(found) / math.sqrt(many)

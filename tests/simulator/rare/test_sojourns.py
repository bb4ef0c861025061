"""Sojourns: where they begin and end, and that what comes of them weighs what it should."""

import math

import numpy as np
import pytest

from models.distributions import Distribution, Exponential, Fixed
from simulator.failures.zone_outage import ZoneOutage
from simulator.hazards import Clock
from simulator.rare.degraded import Tilting
from simulator.rare.runs import Model
from simulator.rare.sojourns import Sojourns
from simulator.rare.stage import Stage
from simulator.rare.watched import Watched
from simulator.simulation import Simulation
from tests.simulator.clusters import DAY, cluster, deployment, nodes
from tests.simulator.rare.models import NEVER, at_least, model

MOVED = 1000.0
"""Seconds after which replicas of a zone that was lost answer elsewhere."""


def free(zones: str = "abc", law: Distribution = NEVER, days: float = 10.0, repair: float = DAY) -> Model:
    """Two replicas that may move, and zones that are lost."""
    outage = ZoneOutage("zone", law, Fixed(repair))
    return model(cluster(nodes(2 * len(zones), zones), deployment("web", 2)), [outage], days)


def begun(of: Model, usual: tuple[str, ...] | None = ()) -> tuple[Simulation, Watched, Sojourns]:
    simulation = of.begun(0)
    watched = Watched(simulation, "web", at_least(1))
    return simulation, watched, Sojourns(simulation, watched, usual)


def lose(simulation: Simulation, watched: Watched, *, used: bool) -> Clock:
    """One of the zones that replicas are in, or are not in, is lost; some time passes."""
    clocks = [clock for clock in simulation.hazards.running if watched.is_critical(clock) is used]
    clocks[0].force()
    simulation.kernel.run_until(simulation.kernel.now + MOVED)
    return clocks[0]


@pytest.mark.parametrize("used", [True, False], ids=["replicas were there", "none was"])
def test_a_state_is_weakened_until_what_struck_is_repaired(used: bool) -> None:
    simulation, watched, sojourns = begun(free())
    assert not sojourns.is_one
    lose(simulation, watched, used=used)
    assert watched.is_full
    assert (sojourns.is_one, sojourns.is_entered, sojourns.ends) == (True, False, DAY)
    simulation.kernel.run_until(DAY + 1.0)
    assert not sojourns.is_one


def test_replicas_that_have_come_together_stay_in_a_precarious_state() -> None:
    simulation, watched, sojourns = begun(free())
    for _ in range(2):
        lose(simulation, watched, used=True)
    simulation.kernel.run_until(5 * DAY)
    assert watched.is_full
    assert (sojourns.is_one, sojourns.is_entered, sojourns.is_precarious) == (True, True, True)
    lose(simulation, watched, used=True)
    simulation.kernel.run_until(8 * DAY)
    assert not sojourns.is_precarious or sojourns.is_one


def test_where_that_mode_is_usually_an_outage_they_do_not() -> None:
    simulation, watched, sojourns = begun(free(), usual=("zone",))
    for _ in range(2):
        lose(simulation, watched, used=True)
    simulation.kernel.run_until(5 * DAY)
    assert (sojourns.is_one, sojourns.is_precarious) == (False, False)


def test_a_precarious_state_that_there_was_at_the_start_is_no_sojourn() -> None:
    _, _, sojourns = begun(free("a"))
    assert (sojourns.is_precarious, sojourns.is_one) == (True, False)


def test_without_a_word_of_what_is_usual_there_are_none() -> None:
    simulation, watched, sojourns = begun(free(), usual=None)
    lose(simulation, watched, used=True)
    assert not sojourns.is_one


def test_the_chance_of_an_outage_from_a_precarious_state_is_exact() -> None:
    """Both replicas are in the last zone, which is lost within the rest of the time t with 1 - exp(-t / mean)."""
    mean, days = 400 * DAY, 100.0
    of = free("abc", Exponential(mean), days)
    hits, left = [], 0.0
    for luck in range(150):
        stage = Stage(of.begun(luck), "web", at_least(1), Tilting(2.0, {"zone": 400.0}), ())
        simulation, watched, kernel = stage.simulation, stage.watched, stage.simulation.kernel
        first, second = [clock for clock in simulation.hazards.running if watched.is_critical(clock)]
        first.force()
        kernel.run_until(MOVED)
        stage.follower.force(second, (0.0, of.end))
        # Neither zone that is free again may be lost, and nothing moved back: only the last one tells.
        simulation.hazards.repairs.log_likelihood_ratio = simulation.hazards.log_likelihood_ratio = 0.0
        left = of.end - kernel.now
        sojourn = stage.follower.stay()
        assert sojourn is not None
        hits.append(sojourn.weight * (sojourn.begun_within > 0))
    true = -math.expm1(-left / mean)
    assert abs(np.mean(hits) - true) <= 4 * np.std(hits) / math.sqrt(len(hits))
    assert np.count_nonzero(hits) > 1.3 * true * len(hits)

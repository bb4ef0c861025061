"""Ways in which estimates of rare outages go wrong, and what tells of them.

The settings are made by hand: a pilot does not choose them.
"""

import math
from dataclasses import replace
from typing import Any

import pytest

from experiments.design.scenario import Scenario
from experiments.inference.rare_events import Diagnostics, RareEstimate
from experiments.rare.estimates import found
from experiments.rare.replication import RareSpec, run_rare_cell
from experiments.rare.settings import RareSettings
from experiments.rare.study import study
from experiments.verify.systems import ALONE, behaviour
from models.distributions import Exponential, Fixed, LogNormal, Weibull
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.rare import settled as settled_states
from simulator.rare.excursions import Beginner
from tests.experiments.rare.systems import of_units
from tests.simulator.clusters import DAY

pytestmark = pytest.mark.rare


def by_hand(scenario: Scenario, settings: RareSettings, replications: int) -> tuple[RareEstimate, Diagnostics]:
    """So many replications with these settings, whatever a pilot would say."""
    name = scenario.services[0].name
    cells = [run_rare_cell(RareSpec(scenario, "main", {name: settings}, number)) for number in range(replications)]
    assert [cell.error for cell in cells if cell.error] == []
    rows: dict[str, list[Any]] = {table: [] for table in ("rare", "excursions")}
    for cell in cells:
        for table, its in rows.items():
            its += cell.details[table]
    lost, _, diagnostics = found(rows["rare"], rows["excursions"], 0.95)
    return lost, diagnostics


STAY = LogNormal.from_mean(370.0, 1.2)
STAYING = of_units(3, Exponential(75_600.0), STAY, days=60)
TRUE = (STAY.mean / (75_600 + STAY.mean)) ** 3


def test_a_constant_tilt_misses_long_repairs_and_is_complained_of() -> None:
    """Repairs are lognormal, pods stay, and the time scale is the mean repair.

    Some studies miss much of it, and their intervals exclude the truth, though all else about them looks well; the
    others met one of the long repairs, and have no interval to speak of. All are complained of: repairs last longer
    than the tilt takes them to.
    """
    settings = RareSettings(2.5, {"node": STAY.mean})
    studies = [by_hand(replace(STAYING, seed=seed), settings, 200) for seed in range(1, 5)]
    assert any(lost.high < 0.6 * TRUE for lost, _ in studies)
    assert all(
        any("last far longer than the tilt takes them to" in said for said in told.complaints) for _, told in studies
    )


def test_the_pilot_avoids_it_by_length_biased_repairs() -> None:
    lost = study(STAYING, "all", 0.2)
    assert lost.plan is not None
    assert lost.plan.settings.staying == ("node",)
    assert lost.unavailability is not None
    assert abs(lost.unavailability.value - TRUE) <= 4 * lost.unavailability.error
    assert lost.diagnostics is not None
    assert lost.diagnostics.outlasting < 0.1


SHORT = NodeCrash("short", Exponential(2 * DAY), Fixed(300.0))
TWO_CAUSES = of_units(3, Exponential(40 * DAY), Fixed(7200.0), days=60, failures=[SHORT])


def up(mean: float, repair: float) -> float:
    return mean / (mean + repair)


BOTH = (1 - up(40 * DAY, 7200.0) * up(2 * DAY, 300.0)) ** 3


def test_one_time_scale_for_all_causes_misses_the_long_ones_and_the_degraded_time_tells() -> None:
    lost, told = by_hand(TWO_CAUSES, RareSettings(2.5, {"node": 300.0, "short": 300.0}), 120)
    assert lost.value < 0.75 * BOTH
    assert told.degraded < 0.8
    assert any("something is missed" in said for said in told.complaints)


def test_the_pilot_gives_each_cause_its_own_time_scale() -> None:
    lost = study(TWO_CAUSES, "all", 0.2)
    assert lost.plan is not None
    scales = lost.plan.settings.scales
    assert "node" in lost.plan.settings.staying or scales["node"] > 10 * 300.0
    assert lost.unavailability is not None
    assert abs(lost.unavailability.value - BOTH) <= 4 * lost.unavailability.error


LOOPS = of_units(
    2,
    Exponential(50 * DAY),
    Fixed(300.0),
    days=20,
    failures=[ContainerCrash("crash", Exponential(0.5 * DAY))],
    behaviour=behaviour(timing=replace(ALONE, crash_loop_initial=10.0), restart=Fixed(30.0)),
)


def test_a_container_that_remembers_its_last_crash_is_not_taken_for_a_settled_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """CrashLoopBackOff: were it forgotten, crashes soon after another would cost too little."""
    settings = RareSettings(2.5, {"crash": 30.0, "node": 300.0}, most_running=8)
    lost, told = by_hand(LOOPS, settings, 60)
    monkeypatch.setattr(settled_states, "_remembers", lambda pod, now, timing: False)
    forgetful, _ = by_hand(LOOPS, settings, 60)
    assert told.degraded == pytest.approx(1.0, abs=4 * told.degraded_error)
    assert forgetful.value < lost.value + 4 * math.hypot(lost.error, forgetful.error)


AGED = of_units(3, Weibull.from_mean(0.7, 75_600.0), Fixed(352.5), days=20, warmup=20 * DAY)


def test_weibull_lives_that_begin_anew_in_each_period_fail_too_often_and_the_degraded_time_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ages are those of the run: lives of a falling hazard that are young at each look fail too soon."""
    true = (352.5 / (75_600 + 352.5)) ** 3
    settings = RareSettings(2.5, {"node": 352.5})
    lost, _ = by_hand(AGED, settings, 120)
    assert abs(lost.value - true) <= 4 * lost.error

    aged = Beginner.from_settled
    young = lambda beginner, state, *given: aged(  # noqa: E731
        beginner, replace(state, ages=dict.fromkeys(state.ages, 60.0)), *given
    )
    monkeypatch.setattr(Beginner, "from_settled", young)
    wrong, told = by_hand(AGED, settings, 60)
    assert wrong.value > 4 * true
    assert told.degraded > 2
    assert any("something is missed" in said for said in told.complaints)

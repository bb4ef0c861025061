"""From what a pilot saw to how the effort is spent."""

import math
from typing import Any

import pytest

from experiments.rare import pilot
from experiments.rare.settings import RareSettings
from experiments.rare.study import study
from models.distributions import Exponential, Fixed
from models.units import YEAR
from tests.experiments.rare.systems import of_units, with_seed
from tests.simulator.clusters import DAY


def excursion(mode: str = "node", **other: Any) -> dict[str, Any]:
    """A row of the table, of which nothing came."""
    return {
        "begun": "settled",
        "mode": mode,
        "struck": "",
        "layout": "",
        "stands_for": 1.0,
        "multiplier": 1e-6,
        "weight": 1.0,
        "downtime_s": 0.0,
        "outages": 0,
        "lasted_s": 10.0,
        "repair_s": 0.0,
        "scale_s": 0.0,
        "fatal": "",
        "sojourn_layout": "",
        "sojourn_weight": 1.0,
        "sojourn_downtime_s": 0.0,
        "transitions": 100,
    } | other


def run(**other: Any) -> dict[str, Any]:
    return {"transitions": 2400, "unavailability": 0.0, "outages_per_s": 1e-9, "running": 2, "otherwise": 0} | other


def test_time_scales_are_high_quantiles_of_how_long_it_is_degraded_by_mode() -> None:
    rows = [excursion("node", lasted_s=float(n)) for n in range(1, 101)] + [excursion("zone*2!", lasted_s=2400.0)]
    found = pilot.scaled(rows)
    assert found.failures_per_period > 0
    assert found.scales == pytest.approx({"node": 95.05, "zone": 2400.0})
    assert found.staying == ()


def test_periods_without_length_tell_nothing_of_scales() -> None:
    assert pilot.scaled([excursion(lasted_s=0.0)]).scales == {}


@pytest.mark.parametrize(("lasts", "stays"), [(1.0, True), (0.5, False)])
def test_a_replica_stays_that_is_missing_until_the_repair_where_that_takes_long(lasts: float, stays: bool) -> None:
    rows = [excursion(lasted_s=lasts * 100.0 * n, repair_s=100.0 * n) for n in range(1, 40)]
    assert pilot.scaled(rows).staying == (("node",) if stays else ())


def test_a_pilot_without_an_outage_plans_nothing() -> None:
    assert pilot.tuned(RareSettings(2.5), [(RareSettings(2.5), [excursion()])]) is None
    assert pilot.plan(RareSettings(2.5), [excursion()], [run()], 0.1, 0.95) is None


def test_modes_that_contribute_more_are_chosen_more_often_and_none_is_dropped() -> None:
    rows = [excursion("node", downtime_s=100.0)] * 10 + [excursion("zone")] * 10
    found = pilot.tuned(RareSettings(2.5), [(RareSettings(2.5), rows)])
    assert found is not None
    assert found.modes["node"] > found.modes["zone"] > 0


def test_what_varies_more_takes_more_replications() -> None:
    even = [excursion(downtime_s=100.0)] * 240
    uneven = [excursion(downtime_s=100.0 if n % 24 == 0 else 0.0) for n in range(240)]
    runs = [run()] * 10
    few, many = (pilot.plan(RareSettings(2.5), rows, runs, 0.02, 0.95) for rows in (even, uneven))
    assert few is not None
    assert many is not None
    assert many.replications > 5 * few.replications
    half = pilot.plan(RareSettings(2.5), uneven, runs, 0.01, 0.95)
    assert half is not None
    assert half.replications == pytest.approx(4 * many.replications, rel=0.02)


def test_what_the_periods_of_a_replication_have_in_common_takes_more_replications() -> None:
    rows = [excursion(downtime_s=100.0)] * 240
    alike = [run(unavailability=24e-4)] * 10
    apart = [run(unavailability=24e-4 * (n % 5)) for n in range(10)]
    few, many = (pilot.plan(RareSettings(2.5), rows, runs, 0.02, 0.95) for runs in (alike, apart))
    assert few is not None
    assert many is not None
    assert many.replications > 5 * few.replications


def test_no_number_of_plain_replications_sees_an_outage_begin_that_never_does() -> None:
    found = pilot.plan(RareSettings(2.5), [excursion(downtime_s=100.0)], [run(outages_per_s=0.0)], 0.1, 0.95)
    assert found is not None
    assert found.plain_replications(86400.0) == math.inf


def test_plain_replications_are_as_many_as_see_the_outages_that_it_takes() -> None:
    found = pilot.plan(RareSettings(2.5), [excursion(downtime_s=1.0)] * 24, [run(outages_per_s=10 / YEAR)], 0.1, 0.95)
    assert found is not None
    assert found.outages_per_year == pytest.approx(10)
    assert found.plain_replications(YEAR) == pytest.approx(pilot.OUTAGES_AT_A_TENTH / 10)
    assert found.plain_replications(YEAR / 2) == pytest.approx(2 * found.plain_replications(YEAR))


RARE = of_units(3, Exponential(75_600.0), Fixed(352.5), days=5)
TRUE = (352.5 / (75_600 + 352.5)) ** 3


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pilot, "LOOKS", 4)
    monkeypatch.setattr(pilot, "PILOT", 4)


@pytest.mark.usefixtures("cheap")
def test_an_unavailability_of_1e_7_is_found_in_a_few_days_that_saw_no_outage() -> None:
    found = study(RARE, "all", 0.5)
    assert found.unavailability is not None
    assert abs(found.unavailability.value - TRUE) <= 4 * found.unavailability.error
    assert found.unavailability.error < 0.2 * TRUE
    again = study(RARE, "all", 0.5)
    assert again.rows == found.rows
    assert study(with_seed(RARE, 2), "all", 0.5).rows != found.rows


@pytest.mark.usefixtures("cheap")
def test_where_nothing_can_be_forced_and_nothing_happens_no_outage_is_found() -> None:
    found = study(of_units(3, Fixed(100 * DAY), Fixed(300.0), days=5), "all")
    assert (found.plan, found.unavailability) == (None, None)


def test_what_is_an_outage_at_once_at_many_of_the_moments_is_usual() -> None:
    often, seldom = excursion(fatal="node", stands_for=3.0), excursion(fatal="zone", stands_for=1.0)
    otherwise = excursion("", begun="otherwise", stands_for=100.0)
    rows = [often, seldom, excursion(stands_for=6.0), otherwise]
    assert pilot.scaled(rows).usually_fatal == ("node",)
    assert pilot.first().usually_fatal is None

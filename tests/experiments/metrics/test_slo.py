"""Error budgets and burn-rate alerts: cases by hand, and the alerts against brute force on a fine grid."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.design.goal import ReadyEndpoints, Slo
from experiments.metrics.burn_rate import ALERTS, SHORT, Alert, alert_delay_s, alerts, fired, firing
from experiments.metrics.observation import Observation
from experiments.metrics.slo import budget_spent, worst_budget_spent
from simulator.step_function import StepFunction

DAY, HOUR = 86400.0, 3600.0
THREE_NINES = Slo(0.999)


@dataclass(frozen=True)
class History:
    answering: StepFunction
    ready: StepFunction
    desired: StepFunction


def seen(outages: Sequence[tuple[float, float]], window: float, slo: Slo | None = THREE_NINES) -> Observation:
    """A Service with these outages, measured from second 1000 on."""
    start = 1000.0
    times = np.array([0.0, *np.array(outages).ravel() + start])
    function = StepFunction(times, np.resize([1.0, 0.0], len(times)), start + window)
    return Observation.of(History(function, function, function), ReadyEndpoints(1), start, start + window, slo)


def test_the_budget_of_three_nines_over_30_days_is_2592_seconds() -> None:
    assert THREE_NINES.budget == pytest.approx(2592.0)


def test_the_budget_spent_is_that_of_the_last_period() -> None:
    of = seen([(0.5 * DAY, 0.5 * DAY + 1296), (40 * DAY, 40 * DAY + 648)], 50 * DAY)
    assert budget_spent(of) == pytest.approx(0.25)
    assert worst_budget_spent(of) == pytest.approx(0.5)


def test_an_outage_that_the_last_period_cuts_counts_with_its_rest() -> None:
    of = seen([(20 * DAY - 1000, 20 * DAY + 648)], 50 * DAY)
    assert budget_spent(of) == pytest.approx(0.25)


def test_a_window_shorter_than_the_period_is_all_that_is_known() -> None:
    of = seen([(DAY, DAY + 1296)], 10 * DAY)
    assert (budget_spent(of), worst_budget_spent(of)) == pytest.approx((0.5, 0.5))


def test_without_an_slo_there_is_neither_budget_nor_alert() -> None:
    of = seen([(DAY, 2 * DAY)], 10 * DAY, slo=None)
    assert fired(of) == []
    assert all(math.isnan(metric(of)) for metric in (budget_spent, worst_budget_spent, alerts, alert_delay_s))


def test_without_an_outage_nothing_is_spent_and_nobody_is_paged() -> None:
    of = seen([], 10 * DAY)
    assert (budget_spent(of), worst_budget_spent(of), alerts(of)) == (0.0, 0.0, 0)
    assert math.isnan(alert_delay_s(of))


def test_a_total_outage_of_an_hour_pages_when_each_window_has_lost_its_share() -> None:
    """14.4 x 0.001 of an hour is 51.84 s; the alert ends when the short window, 5 min, holds no more than 4.32 s."""
    begin = 5 * DAY
    rows = fired(seen([(begin, begin + HOUR)], 10 * DAY))
    assert [row["alert"] for row in rows] == ["page-1h", "page-6h", "ticket-3d"]
    assert [row["delay_s"] for row in rows] == pytest.approx([51.84, 129.6, 259.2], abs=1e-3)
    ends = [begin + HOUR + 300 - 4.32, begin + HOUR + 1800 - 10.8, begin + HOUR + 6 * HOUR - 21.6]
    assert [row["end_s"] for row in rows] == pytest.approx(ends, abs=1e-3)
    assert alert_delay_s(seen([(begin, begin + HOUR)], 10 * DAY)) == pytest.approx(51.84, abs=1e-3)


def test_an_outage_too_short_for_any_window_goes_without_an_alert() -> None:
    of = seen([(DAY, DAY + 51.0)], 10 * DAY)
    assert alerts(of) == 0
    assert math.isnan(alert_delay_s(of))


def test_two_short_outages_in_an_hour_add_up_to_a_page() -> None:
    """30 s each: the second brings the hour to 51.84 s after 21.84 s of its own."""
    of = seen([(DAY, DAY + 30), (DAY + 1800, DAY + 1830)], 10 * DAY)
    assert fired(of)[0]["start_s"] == pytest.approx(DAY + 1800 + 21.84, abs=1e-3)
    assert alert_delay_s(of) == pytest.approx(21.84, abs=1e-3)


def test_an_alert_that_still_fires_when_the_window_ends_ends_with_it() -> None:
    of = seen([(DAY, DAY + 600)], DAY + 600)
    assert fired(of)[0]["end_s"] == DAY + 600


def test_a_burn_rate_that_is_just_met_is_not_exceeded() -> None:
    assert len(firing(np.array([[100.0, 200.0]]), Alert("half", 0.5, 200.0), 0.0, 1000.0)) == 0


@st.composite
def outages(draw: st.DrawFn) -> list[tuple[float, float]]:
    times = sorted(draw(st.sets(st.integers(1, 999), max_size=12)))
    return [(float(a), float(b)) for a, b in zip(times[::2], times[1::2], strict=False)]


@given(outages(), st.sampled_from([24.0, 60.0, 240.0, 720.0]), st.floats(0.01, 0.99))
def test_alerts_fire_exactly_when_brute_force_on_a_fine_grid_says_so(
    of: list[tuple[float, float]], window: float, limit: float
) -> None:
    found = np.array(of).reshape(-1, 2)
    stretches = firing(found, Alert("any", limit, window), 0.0, 1000.0)
    assert np.all(np.diff(stretches.ravel()) >= 0)
    grid = np.linspace(0.0, 1000.0, 1201)[:-1]
    fires = ((stretches[:, :1] < grid) & (grid < stretches[:, 1:])).any(axis=0)

    def lost(length: float) -> np.ndarray:
        overlap = np.minimum(found[:, 1:], grid) - np.maximum(found[:, :1], grid - length)
        return np.maximum(overlap, 0.0).sum(axis=0) / length - limit

    exceeded = np.minimum(lost(window), lost(window * SHORT))
    clear = np.abs(exceeded) > 1e-5
    assert np.array_equal(fires[clear], exceeded[clear] > 0)


@given(outages())
def test_an_alert_begins_in_an_outage(of: list[tuple[float, float]]) -> None:
    rows = fired(seen([(100 * a, 100 * b) for a, b in of], 100_000.0))
    for row in rows:
        assert any(100 * a <= row["start_s"] <= 100 * b for a, b in of)
        assert row["delay_s"] >= 0
        assert row["start_s"] < row["end_s"] <= 100_000.0


def test_the_alerts_are_those_of_the_workbook() -> None:
    """Each spends 2, 5 and 10 % of a 30-day budget within its window."""
    assert [alert.burn * alert.window / (30 * DAY) for alert in ALERTS] == pytest.approx([0.02, 0.05, 0.1])

"""Results: estimates from tables, comparisons, verdicts."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments import closed_form
from experiments.design.objective import Objective
from experiments.plots import Plots
from experiments.report import remarks
from experiments.results import Results
from experiments.runner import run as runner
from experiments.store.folder import NotAResultFolder
from tests.experiments import fakes
from tests.experiments.fakes import Unit, two_policies

SHIPPED, GOOD, NEVER = Unit(864000.0, 1800.0), Unit(2e7, 600.0), Unit(1e14, 60.0)


def results(units: dict[str, Unit], replications: int = 30, **kwargs: Any) -> Results:
    return runner.run(fakes.plan(units, **kwargs), replications=replications, simulate=fakes.simulate)


def test_the_estimate_agrees_with_the_exact_answer() -> None:
    found = results({"unit": SHIPPED}, 100).availability("frontend", "unit")
    rate = closed_form.downtime_variance_rate(864000.0, 864000.0**2, 1800.0, 1800.0**2)
    error = math.sqrt(rate / (100 * fakes.YEAR))
    assert abs(found.value - (1 - closed_form.unavailability(864000.0, 1800.0))) < 4 * error
    assert (found.high - found.low) / (2 * 1.98 * error) == pytest.approx(1, abs=0.3)


def test_the_summary_has_a_row_per_service_and_policy() -> None:
    summary = results({"as-shipped": SHIPPED, "never": NEVER}).summary()
    assert summary[["service", "policy"]].to_numpy().tolist() == [
        ["frontend", "as-shipped"],
        ["frontend", "never"],
        ["cart", "as-shipped"],
        ["cart", "never"],
    ]
    never = summary.loc[1]
    assert math.isnan(never["availability"])
    assert 0.9999 < never["availability_low"] < 1
    assert never["outages"] == 0


@pytest.mark.parametrize(("mttr", "length"), [(1800.0, 3600.0), (4 * 3600.0, None)])
def test_a_bound_takes_outages_of_an_hour_or_the_longest_mean_of_the_others(mttr: float, length: float | None) -> None:
    found = results({"as-shipped": Unit(864000.0, mttr), "never": NEVER})
    length = length or float(found.sample("frontend", "as-shipped").lengths.mean())
    assert 1 - found.availability("frontend", "never").low == pytest.approx(
        2.9957 / (30 * fakes.YEAR) * length, rel=1e-3
    )
    assert remarks.bounds(found) == [("frontend", "never"), ("cart", "never")]


def test_a_comparison_pairs_the_replications_that_both_have() -> None:
    found = results({"as-shipped": SHIPPED, "good": Unit(2e7, 600.0, raises=(0, 5))})
    row = found.compare().iloc[0]
    assert row["replications"] == 28
    assert row["difference_high"] < 0
    assert row["stars"] == "***"


def test_any_policy_can_be_the_baseline() -> None:
    found = results({"as-shipped": SHIPPED, "good": GOOD}).compare("good")
    assert set(found["policy"]) == {"as-shipped"}
    assert (found["difference_low"] > 0).all()


def test_a_star_is_adjusted_for_the_whole_table() -> None:
    """Every policy at every Service is a chance of a false star: all Services are one family."""
    found = results({f"like-{i}": Unit(864000.0 * 1.1**i, 1800.0 * 1.1**i) for i in range(4)})
    alone = list(found.comparisons("frontend", [(policy, "like-0") for policy in found.policies[1:]]).values())
    whole = [found.comparison("frontend", policy) for policy in found.policies[1:]]
    assert [each and each.p for each in whole] == [each.p for each in alone]
    pairs = [(each.adjusted, one.adjusted) for each, one in zip(whole, alone, strict=True) if each is not None]
    assert all(table >= service for table, service in pairs)
    assert any(table > service for table, service in pairs)


def test_the_same_unit_under_two_names_has_the_same_luck() -> None:
    row = results({"a": SHIPPED, "b": SHIPPED}).compare().iloc[0]
    assert row["difference_s_per_year"] == 0
    assert row["correlation"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("objective", "code", "verdict"),
    [(0.99, 0, "met"), (0.9999, 1, "missed"), (0.99795, 4, "inconclusive")],
)
def test_the_whole_interval_decides(objective: float, code: int, verdict: str) -> None:
    found = results({"as-shipped": SHIPPED}, objectives=(Objective("frontend", objective),))
    assert found.objectives[0].verdict == verdict
    assert found.verdict() == code


def test_a_bound_can_meet_an_objective_but_never_miss_one() -> None:
    found = results({"never": NEVER}, objectives=(Objective("frontend", 0.999), Objective("frontend", 0.999999999)))
    assert [o.verdict for o in found.objectives] == ["met", "inconclusive"]
    more = found.objectives[1].more
    assert more is not None
    assert 2.9957 / ((30 + more) * fakes.YEAR) * 3600 == pytest.approx(1e-9, rel=0.01)


def test_the_replications_that_would_settle_an_objective_narrow_the_interval_to_it() -> None:
    found = results({"as-shipped": SHIPPED}, 30, objectives=(Objective("frontend", 0.9979),)).objectives[0]
    assert found.more is not None
    half, distance = found.found.value - found.found.low, found.found.value - 0.9979
    assert half * math.sqrt(30 / (30 + found.more)) == pytest.approx(distance, rel=0.02)


def test_an_objective_of_one_policy_says_nothing_about_the_others() -> None:
    found = results({"as-shipped": SHIPPED, "good": GOOD}, objectives=(Objective("frontend", 0.999, policy="good"),))
    assert [o.policy for o in found.objectives] == ["good"]
    assert found.verdict() == 0


def test_failed_cells_outweigh_every_objective() -> None:
    found = results({"a": Unit(864000.0, 1800.0, raises=(1,))}, objectives=(Objective("frontend", 0.99),))
    assert found.verdict() == 3


def test_results_are_the_same_when_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plots, "save", lambda plots, folder: [])
    experiment = two_policies(objectives=(Objective("frontend", 0.999),))
    kept = runner.run(experiment, out=tmp_path, replications=5, simulate=fakes.simulate)
    opened = Results.open(tmp_path)
    pd.testing.assert_frame_equal(opened.summary(), kept.summary())
    pd.testing.assert_frame_equal(opened.compare(), kept.compare())
    assert opened.verdict() == kept.verdict()


def test_what_is_no_result_folder_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(NotAResultFolder, match=r"no manifest\.json"):
        Results.open(tmp_path / "missing")


@pytest.mark.parametrize(("service", "policy"), [("frontnd", "as-shipped"), ("frontend", "as-shiped")])
def test_a_misspelt_name_gets_a_suggestion(service: str, policy: str) -> None:
    with pytest.raises(KeyError, match="did you mean"):
        results({"as-shipped": SHIPPED}, 2).availability(service, policy)


@pytest.mark.parametrize(("service", "policy"), [("frontnd", "as-shipped"), ("frontend", "as-shiped")])
def test_requests_of_a_misspelt_name_are_not_no_requests(service: str, policy: str) -> None:
    with pytest.raises(KeyError, match="did you mean"):
        results({"as-shipped": SHIPPED}, 2).request_availability(service, policy)


def test_shares_are_not_percentages() -> None:
    found = results({"as-shipped": SHIPPED}, 2)
    with pytest.raises(ValueError, match=r"such as 0\.999, not 99\.9"):
        found.chance_of_meeting("frontend", "as-shipped", 99.9)
    for confidence in (0.0, 1.0, 95):
        with pytest.raises(ValueError, match=r"such as 0\.95"):
            found.availability("frontend", "as-shipped", confidence)


def test_results_introduce_themselves() -> None:
    assert repr(results({"as-shipped": SHIPPED}, 2)) == "<Results of fake: 1 policies, 2 runs>"


def test_tables_without_rows_have_the_columns_of_full_ones() -> None:
    full, alone = results({"a": SHIPPED, "b": GOOD}, 2), results({"a": SHIPPED}, 2)
    assert list(alone.compare().columns) == list(full.compare().columns)
    assert len(alone.compare()) == 0

"""Rows that are estimated by rare outages: what their estimates, comparisons, objectives and tables say."""

import math
from dataclasses import replace

import numpy as np
import pytest

from experiments import Results
from experiments.attribution.stages import Stage
from experiments.design.objective import Objective
from experiments.findings.levers import Lever, savings
from experiments.findings.merging import merged
from experiments.inference import estimate
from experiments.report import comparison, plain, rare, remarks, table, text
from experiments.runner import run as runner
from models.units import YEAR
from tests.experiments import fakes
from tests.experiments.fakes import Unit

UNITS = {"as-shipped": Unit(864000.0, 1800.0), "never": Unit(1e14, 60.0), "neither": Unit(1e14, 60.0)}
LOST = [5e-10, 7e-10, 6e-10, 6e-10] * 10


@pytest.fixture(scope="module")
def before() -> Results:
    plan = fakes.plan(UNITS, objectives=(Objective("cart", 1 - 1e-9), Objective("cart", 0.999)))
    return runner.run(plan, replications=20, simulate=fakes.simulate)


@pytest.fixture(scope="module")
def results(before: Results) -> Results:
    return fakes.with_rare(before, "cart", "never", LOST)


def test_the_unavailability_is_the_mean_of_the_replications_with_their_interval(results: Results) -> None:
    of = results.availability("cart", "never")
    lost = estimate.unavailability(of)
    half = 2.0227 * float(np.std(LOST, ddof=1)) / math.sqrt(40)
    assert (lost.value, lost.high - lost.value) == (pytest.approx(6e-10), pytest.approx(half, rel=1e-4))
    assert str(of).startswith("1 - 6.0e-10 [1 - ")
    assert estimate.downtime_per_year(of).show_value() == "19ms"
    row = results.summary().set_index(["service", "policy"]).loc[("cart", "never")]
    assert row["unavailability"] == pytest.approx(6e-10)
    assert row["rare_gain"] == 6.5e5
    assert row["mttr_s"] == pytest.approx(20)


def test_the_independent_approximation_is_the_product_of_what_is_missing(results: Results) -> None:
    found = results.rare.of("cart", "never")
    assert found is not None
    assert found.independent is not None
    value, low, high = found.independent
    assert value == pytest.approx(found.missing.value**3, rel=1e-9)
    assert low < value < high


def test_where_the_number_of_replicas_changes_nothing_is_said_of_independence(results: Results) -> None:
    changed = results.tables["rare"].assign(replicas=[2.0] + [3.0] * 39)
    found = Results(results.manifest, {**results.tables, "rare": changed}).rare.of("cart", "never")
    assert found is not None
    assert found.independent is None


def test_a_pair_of_which_one_is_rare_is_never_paired(results: Results, before: Results) -> None:
    against, plainly = results.comparison("cart", "never"), before.comparison("cart", "never")
    assert against is not None
    assert plainly is not None
    of = against.difference
    downtimes = [estimate.downtime_per_year(results.availability("cart", p)) for p in ("never", "as-shipped")]
    assert of.value == pytest.approx(downtimes[0].value - downtimes[1].value)
    assert (of.low, of.high) == pytest.approx((-downtimes[1].high, -downtimes[1].low), rel=1e-4)
    assert math.isnan(against.correlation)
    assert (against.paired, plainly.paired) == (False, True)
    assert against.resolved
    assert not results.compare().set_index(["service", "policy"]).loc[("cart", "never"), "paired"]


def test_against_what_was_never_seen_down_nothing_is_resolved(results: Results) -> None:
    found = results.comparisons("cart", [("never", "neither")])[("never", "neither")]
    assert found.difference.low < 0 < found.difference.high
    assert not found.resolved
    assert str(found).endswith("not resolved (few outages)")
    assert not any("no outage seen" in said for said in results.only("cart").ranked("cart").sentences())


def test_an_objective_of_nine_nines_is_judged_by_what_is_lost(results: Results) -> None:
    verdicts = {(of.limit, of.policy): of.verdict for of in results.objectives}
    assert verdicts[(1 - 1e-9, "never")] == verdicts[(0.999, "never")] == "met"
    tiny = fakes.with_rare(results, "cart", "never", [lost * 1e-9 for lost in LOST])
    asked = [{"service": "cart", "metric": "availability", "at_least": 0.9999999999999999}]
    [judged] = Results(replace(tiny.manifest, objectives=asked), tiny.tables).only(policy="never").objectives
    assert text.remark(tiny, judged) == ""
    assert (judged.verdict, judged.objective) == ("met", "cart availability >= 99.99999999999999%")


def test_single_years_that_meet_an_objective_are_those_without_too_long_an_outage(results: Results) -> None:
    found = results.chance_of_meeting("cart", "never", 1 - 19 / YEAR)  # each outage is of 20 s
    weights = [1.0 + 0.1 * (-1) ** number for number in range(40)]
    misses = sum(lost / 20 * weight for lost, weight in zip(LOST, weights, strict=True)) / 40 * YEAR
    assert found.value == pytest.approx(math.exp(-misses))
    assert found.low < found.value < found.high < 1
    assert found.show_value() == "99.9%"
    assert results.chance_of_meeting("cart", "never", 1 - 21 / YEAR).method.startswith("Clopper-Pearson")


def test_an_open_objective_says_that_it_takes_more_replications_for_rare_outages(results: Results) -> None:
    asked = [{"service": "cart", "metric": "availability", "at_least": 1 - 6.1e-10, "policy": "never"}]
    found = Results(replace(results.manifest, objectives=asked), results.tables)
    [judged] = found.objectives
    assert judged.verdict == "inconclusive"
    assert text.remark(found, judged).endswith("more replications for rare outages would tell")


def test_the_rare_downtime_is_taken_apart_by_weight(results: Results) -> None:
    parts = results.parts("cart", "never")
    assert [(part.cause, part.stage) for part in parts] == [("crash", Stage.UNDETECTED), ("zone", Stage.START)]
    total = results.availability("cart", "never").unavailability[0] * YEAR
    assert math.fsum(part.per_year for part in parts) == pytest.approx(total)
    [saving] = savings(parts, [Lever("half of it", Stage.UNDETECTED, at_most=7.5)])
    assert saving.share == pytest.approx(7.5 / 20)
    assert parts[0].estimate(0.95).low < parts[0].per_year < parts[0].estimate(0.95).high
    [row] = plain.attribution(results.only("cart", "never"))["rows"]
    assert row["downtimePerYear"] == pytest.approx(total)


def test_the_tables_name_the_method_and_what_it_saves(results: Results) -> None:
    [row] = rare.table(results).rows
    assert row[:3] == ("cart", "never", "6.0e-10")
    assert row[-1] == "6.5e5 times"
    assert rare.table(results).columns == rare.COLUMNS
    assert "6.5e5 times" in text.summary_html(results)
    assert "as two independent estimates" in table.legend(results)
    assert [row[4] for row in comparison.table(results, "cart").rows][:3].count("rare") == 1


def test_what_is_said_of_few_outages_is_not_said_of_rare_ones(before: Results, results: Results) -> None:
    assert ("cart", "never") in remarks.bounds(before)
    assert ("cart", "never") not in remarks.bounds(results)
    assert not any(row[:2] == ("cart", "never") for row in remarks.few_outages(results) + remarks.uneven(results))


def test_a_mode_that_was_made_to_strike_is_not_said_to_tell_nothing(results: Results) -> None:
    assert "zone never struck: the values" in "\n".join(remarks.below(results))  # other rows are plain
    assert not any("zone never struck" in line for line in remarks.below(results.only("cart", "never")))


def test_weights_that_cannot_be_trusted_are_a_remark(results: Results) -> None:
    skewed = results.tables["excursions"].assign(weight=[1.0] * 79 + [50.0])
    said = rare.remarks(Results(results.manifest, {**results.tables, "excursions": skewed}))
    assert any("cart under never may mislead" in line and "a single degraded period" in line for line in said)


def test_why_rare_outages_were_not_used_is_a_remark(before: Results) -> None:
    choice = {"service": "cart", "policy": "as-shipped", "method": "plain", "why": "plain replications take less"}
    said = remarks.below(Results(replace(before.manifest, rare=[choice]), before.tables))
    assert "rare outages were looked for and not used: cart under as-shipped: plain replications take less" in said


def test_a_precision_that_rare_outages_did_not_reach_says_what_it_takes(results: Results) -> None:
    asked = {"relative": 0.001, "confidence": 0.95}
    manifest = replace(results.manifest, precision=asked, imprecise=["cart under never"])
    said = remarks.would_take(Results(manifest, results.tables), "cart", "never")
    assert said == "cart under never (about 58000 replications for rare outages in all)"


def test_rare_estimates_of_two_policies_are_compared_on_common_luck(results: Results) -> None:
    pair = ("one/never", "two/never")
    found = merged({"one": results, "two": results}).comparisons("cart", [pair])[pair]
    assert (found.paired, str(found)) == (True, "the same")


def test_merged_findings_keep_what_was_chosen(results: Results) -> None:
    choice = merged({"one": results, "two": results}).rare.choice("cart", "two/never")
    assert choice is not None
    assert choice.gain == 6.5e5

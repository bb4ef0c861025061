"""The end of a run, as text."""

import io
import re
from typing import Any

import pytest

from experiments.design.objective import Objective
from experiments.report import remarks, text
from experiments.results import Results
from experiments.runner import run as runner
from models.input.problems import Location
from models.manifests import Named
from models.manifests.fields import Effect
from tests.experiments import fakes
from tests.experiments.fakes import Unit, precision


def results(units: dict[str, Unit], replications: int | None = 30, **kwargs: Any) -> Results:
    return runner.run(fakes.plan(units, **kwargs), replications=replications, simulate=fakes.simulate)


SHIPPED, GOOD, NEVER = Unit(864000.0, 1800.0), Unit(2e7, 600.0), Unit(1e14, 60.0)


def printed(of: Results, width: int | None = 200) -> str:
    file = io.StringIO()
    text.show(of, file, width)
    return file.getvalue()


def test_the_table_has_a_row_per_service_and_policy_with_the_difference_from_the_baseline() -> None:
    shown = printed(results({"as-shipped": SHIPPED, "good": GOOD}, objectives=(Objective("frontend", 0.999),)))
    title, objective, *table = shown.splitlines()
    assert title.startswith("fake   2 policies")
    assert objective.startswith("  frontend availability >= 99.9%:")
    assert table[0].split() == [
        "SERVICE",
        "POLICY",
        "AVAILABILITY",
        "95%",
        "CI",
        "NINES",
        "DOWNTIME/Y",
        "OUTAGES/Y",
        "vs",
        "baseline",
    ]
    assert table[1].startswith("frontend  as-shipped  99.79")
    assert "***" in table[2]
    assert table[3].startswith("cart")


def test_a_narrow_terminal_loses_no_digit_and_breaks_no_name() -> None:
    of = results({"as-shipped": SHIPPED, "a-policy-with-a-long-name": GOOD}, objectives=(Objective("frontend", 0.999),))
    narrow = printed(of, 80)
    assert max(map(len, narrow.splitlines())) <= 80
    for row in text.table(of).rows:
        assert any(row[1] in line and row[2] in line and row[5] in line for line in narrow.splitlines())


def test_only_one_service_and_policy_are_told_of_if_asked() -> None:
    objectives = (Objective("frontend", 0.999), Objective("cart", 0.999))
    of = results(
        {"as-shipped": SHIPPED, "good": GOOD, "tiny": Unit(500.0, 400.0), "broken": Unit(1e6, 60.0, raises=(0, 1))},
        4,
        objectives=objectives,
    )
    whole, shown = printed(of), printed(of.only("cart", "good"))
    assert "not placed under tiny" in whole
    assert "failed: policy broken" in whole
    assert "frontend" in whole
    for absent in ("frontend", "not placed", "failed"):
        assert absent not in shown
    assert not any("under tiny" in line or "under as-shipped" in line for line in shown.splitlines())
    assert "adjusted for the 6 comparisons of the table" in shown
    assert "cart availability >= 99.9%:  ? good" in shown or "cart availability >= 99.9%:  ✓ good" in shown


def test_what_is_told_of_one_policy_is_what_all_findings_say() -> None:
    of = results({"as-shipped": SHIPPED, "good": GOOD})
    one = of.only("cart", "good")
    assert str(one.comparison("cart", "good")) == str(of.comparison("cart", "good"))
    assert one.availability("cart", "good") == of.availability("cart", "good")
    with pytest.raises(KeyError, match="did you mean 'good'"):
        of.only(policy="goof")


def test_no_outage_is_a_bound_and_never_a_hundred_percent() -> None:
    shown = printed(results({"as-shipped": SHIPPED, "never": NEVER}))
    line = next(line for line in shown.splitlines() if "never " in line)
    assert ">= 99.99" in line
    assert "100" not in line


def test_objectives_are_ticked_crossed_or_open_with_what_would_settle_them() -> None:
    of = results({"as-shipped": SHIPPED, "good": GOOD}, objectives=(Objective("frontend", 0.99),))
    assert text.objective_lines(of) == ["frontend availability >= 99%:  ✓ as-shipped, good"]
    missed = results({"as-shipped": SHIPPED}, objectives=(Objective("frontend", 0.9999),))
    assert text.objective_lines(missed) == ["frontend availability >= 99.99%:  ✗ as-shipped"]
    value = missed.availability("frontend", "as-shipped").value
    tight = results({"as-shipped": SHIPPED}, objectives=(Objective("frontend", value + 1e-5),))
    assert "? as-shipped (inconclusive; about" in text.objective_lines(tight)[0]


def test_the_chance_that_one_year_meets_an_objective_is_said_with_its_interval() -> None:
    of = results({"as-shipped": SHIPPED, "never": NEVER}, objectives=(Objective("frontend", 0.998),))
    (line,) = text.chance_lines(of)
    found = of.chance_of_meeting("frontend", "as-shipped", 0.998)
    assert line.startswith("frontend availability >= 99.8% in single years:  as-shipped in ")
    assert f"as-shipped in {found.show_value()} {found.show_interval()}, never in 100% [88.4, 100] of them" in line
    assert 0 < found.low < found.value < found.high < 1
    assert line in printed(of)


def test_everything_that_limits_the_table_is_noted() -> None:
    of = results(
        {"as-shipped": SHIPPED, "good": GOOD, "broken": Unit(1e6, 60.0, raises=(1,)), "tiny": Unit(500.0, 400.0)},
        replications=4,
        warnings=("shop.yaml: no readiness probe",),
        named=(Named("NetworkPolicy", Effect.TOO_GOOD, "it forbids requests", 3, Location("shop.yaml", 7, 1)),),
    )
    notes = remarks.notes(of)
    assert any(
        note.startswith("failed: policy broken, replication 1, seed 7: RuntimeError: the model") for note in notes
    )
    assert any(note.startswith("not placed under tiny: up to 1 pod in 4 replications: 0/6 nodes") for note in notes)
    assert "zone never struck: the values in the table say nothing about it" in notes
    assert any(note.startswith("few outages") and "frontend under good" in note for note in notes)
    assert any(note.startswith("frontend under tiny was down when measuring began") for note in notes)
    assert not any(note.startswith("frontend under as-shipped was down") for note in notes)
    assert "note: not read, too good: NetworkPolicy (3 times, first at shop.yaml:7:1): it forbids" in printed(of)
    assert "shop.yaml: no readiness probe" in notes


def test_a_precision_that_was_not_reached_is_noted() -> None:
    of = results({"as-shipped": GOOD}, replications=None, precision=precision(0.01, 50))
    assert any(
        "precision not reached (+-1% after 50 replications): frontend under" in note for note in remarks.notes(of)
    )


def test_a_bound_names_what_would_tell_more_unless_that_was_asked_for() -> None:
    more = "in place of `replications` begins rare outages on purpose"
    asked_for = results({"never": NEVER}, replications=None, precision=precision(0.3, 50))
    (bound,) = (note for note in remarks.notes(results({"never": NEVER})) if note.startswith("no outage seen"))
    (known,) = (note for note in remarks.notes(asked_for) if note.startswith("no outage seen"))
    assert bound.endswith(more)
    assert more not in known


def test_what_the_precision_would_take_is_said_in_replications_and_years() -> None:
    of = results({"as-shipped": SHIPPED, "never": NEVER}, replications=None, precision=precision(0.02, 50))
    (note,) = (note for note in remarks.notes(of) if note.startswith("precision not reached"))
    few = re.search(r"frontend under as-shipped \(about (\d+) replications in all, (\d+) years\)", note)
    assert few is not None
    assert 400 < int(few[1]) < 700  # 36 outages a year, of exponential lengths: 2 * (1.96 / 0.02)^2 of them
    assert "frontend under never (no outage seen: more than 1700 replications, 1700 years)" in note


def test_downtime_that_rests_on_a_few_long_outages_is_noted() -> None:
    of = results({"as-shipped": SHIPPED}, 4)
    assert remarks.uneven(of) == []
    longest = of.outages.query("service == 'cart'").index[0]
    of.tables["outages"].loc[longest, "end_s"] += 1e6
    assert "half of the downtime of cart under as-shipped is from 1 of" in " ".join(
        remarks.notes(Results(of.manifest, of.tables))
    )


def test_the_notebook_fragment_escapes_names() -> None:
    assert "&lt;b&gt;" in results({"<b>": SHIPPED}, replications=2)._repr_html_()


@pytest.mark.parametrize("replications", [1, 2])
def test_one_or_two_replications_are_enough_to_print(replications: int) -> None:
    assert "as-shipped" in printed(results({"as-shipped": SHIPPED, "good": GOOD}, replications))


def test_policies_that_never_ran_say_so() -> None:
    of = results({"as-shipped": SHIPPED, "broken": Unit(1e6, 60.0, raises=(0, 1))}, replications=2)
    assert "no run" in printed(of)


def test_runs_that_failed_alike_are_noted_once() -> None:
    of = results({"a": Unit(1e6, 60.0, raises=(1, 2, 3))}, 4)
    (note,) = (note for note in remarks.notes(of) if note.startswith("failed"))
    assert note.startswith(
        "failed: policy a, replication 1, seed 7 and 2 more: RuntimeError: the model broke (fakes.py:"
    )

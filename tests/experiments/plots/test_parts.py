"""Replicas, the waterfall of the downtime, and rare outages: their marks and what they say."""

from itertools import pairwise

import pytest
from matplotlib.figure import Figure

from experiments.design.goal import Capacity, Quorum, ReadyEndpoints, needed
from experiments.findings.breakdown import by_stage
from experiments.findings.replicas import independent, replicas
from experiments.plots import drawing
from experiments.plots.replicas import _apart
from experiments.results import Results
from experiments.runner import run as runner
from models.input.problems import Refusal
from tests.experiments import fakes
from tests.experiments.plots.conftest import of_many


def test_the_number_of_replicas_is_that_of_the_policy(shop: Results) -> None:
    ax = shop.plot.replicas("web", ax=Figure().add_subplot())
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "3"]
    assert {"as-shipped", "three"} <= {text.get_text() for text in ax.texts}
    assert replicas(shop, "web", "three").desired == 3


def test_the_line_is_the_exact_answer_of_independent_replicas(shop: Results) -> None:
    ax = shop.plot.replicas("web", ax=Figure().add_subplot())
    [line] = [line for line in ax.lines if line.get_linestyle() == "--"]
    known = [replicas(shop, "web", policy) for policy in shop.policies]
    missing = sum(of.missing * of.desired for of in known) / sum(of.desired for of in known)
    assert 10 ** -line.get_ydata() == pytest.approx([missing, missing**3])
    assert independent(shop, "web", 3, missing) == pytest.approx(missing**3)


def test_the_plots_of_a_service_are_those_that_tell_something(shop: Results) -> None:
    def titles(of: Results, service: str) -> list[str]:
        return [ax.get_title(loc="left") for ax in of.plot.service(service, Figure()).axes]

    always = ["Downtime in a period", "Over time", "Lengths of outages", "Worst window"]
    assert titles(shop, "web") == [*always, "By replicas", "Error budget"]
    assert titles(shop, "store") == always
    assert titles(of_many(20), "cart") == always


@pytest.mark.parametrize(
    ("predicate", "count", "least"),
    [(ReadyEndpoints(2), 3, 2), (ReadyEndpoints(2), 1, 2), (Quorum(), 3, 2), (Quorum(), 4, 3), (Capacity(0.6), 5, 3)],
)
def test_how_many_are_needed_is_what_the_service_asks_for(
    predicate: ReadyEndpoints | Quorum | Capacity, count: int, least: int
) -> None:
    assert needed(predicate, count) == least


def test_replicas_that_nobody_counted_are_an_error_that_says_what_to_do() -> None:
    of = fakes.two_policies()
    results = runner.run(of, replications=2, simulate=fakes.simulate)
    old = Results(results.manifest, {**results.tables, "runs": results.runs.drop(columns=["mean_desired"])})
    with pytest.raises(Refusal, match=r"how many replicas frontend has under as-shipped is not known.*--fresh"):
        old.plot.replicas()


def test_a_policy_whose_replications_failed_is_left_out_of_the_picture_by_replicas() -> None:
    units = {"broken": fakes.Unit(1e6, 60.0, raises=(0, 1)), "one": fakes.Unit(864000.0, 1800.0)}
    results = runner.run(fakes.plan(units), replications=2, simulate=fakes.simulate)
    texts = [text.get_text() for text in results.plot.replicas("cart", ax=Figure().add_subplot()).texts]
    assert "one" in texts
    assert "broken" not in texts
    assert "left out: 1 policy (no run)" in " ".join(texts)


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100 %"), (0.996, "100 %"), (0.4123, "41 %"), (0.068, "6.8 %"), (6.6e-5, "0.0066 %")]
)
def test_a_share_has_two_digits_and_no_exponent(share: float, text: str) -> None:
    assert drawing.percent(share) == text.replace(" ", "\u00a0")


def test_names_beside_one_number_of_replicas_do_not_overlap(many: Results) -> None:
    ax = many.plot.replicas("frontend")
    ax.figure.canvas.draw()
    boxes = sorted(
        (text.get_window_extent() for text in ax.texts if text.get_text() in many.policies), key=lambda box: box.y0
    )
    assert len(boxes) == len(many.policies)
    assert all(above.y0 >= below.y1 - 2 for below, above in pairwise(boxes))


def test_places_stay_apart_in_their_order_and_within_the_axis() -> None:
    assert _apart([0.5, 0.5, 0.9], 0.2, 0.0, 1.0) == pytest.approx([0.5, 0.7, 0.9])
    assert _apart([0.9, 0.9, 0.1], 0.2, 0.0, 1.0) == pytest.approx([0.7, 0.9, 0.1])


def test_a_waterfall_sums_to_the_downtime(shop: Results) -> None:
    ax = shop.plot.waterfall("web", "as-shipped", ax=Figure().add_subplot())
    *parts, whole = ax.patches
    assert sum(bar.get_width() for bar in parts) == pytest.approx(whole.get_width())
    assert whole.get_width() == pytest.approx(sum(by_stage(shop.parts("web", "as-shipped")).values()))
    ends = [bar.get_x() + bar.get_width() for bar in parts]
    assert [bar.get_x() for bar in parts[1:]] == pytest.approx(ends[:-1])
    assert [text.get_text() for text in ax.get_yticklabels()][-1] == "all"


def test_small_parts_of_a_waterfall_are_one(shop: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.plots.waterfall.MOST_ROWS", 2)
    ax = shop.plot.waterfall("web", "as-shipped", ax=Figure().add_subplot())
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names[2:] == [f"{len(shop.parts('web', 'as-shipped')) - 2} others", "all"]
    assert sum(bar.get_width() for bar in ax.patches[:-1]) == pytest.approx(ax.patches[-1].get_width())


def test_a_policy_without_downtime_has_no_waterfall() -> None:
    results = runner.run(fakes.plan({"never": fakes.Unit(1e14, 60.0)}), replications=2, simulate=fakes.simulate)
    ax = results.plot.waterfall(ax=Figure().add_subplot())
    assert "no downtime was taken apart" in [text.get_text() for text in ax.texts]


def test_rare_outages_are_told_by_what_began_them_and_how_even_they_weigh() -> None:
    results = runner.run(fakes.two_policies(), replications=4, simulate=fakes.simulate)
    rare = fakes.with_rare(results, "cart", "better", [1e-9, 2e-9, 3e-9, 2e-9])
    left, right = rare.plot.rare("cart", Figure()).axes
    assert [text.get_text() for text in left.get_yticklabels()] == ["better"]
    assert sum(bar.get_width() for bar in left.patches) == pytest.approx(100)
    assert sum(bar.get_width() for bar in right.patches) == pytest.approx(100)
    widths = [bar.get_width() for bar in right.patches[:-1]]
    assert widths == sorted(widths, reverse=True)
    effective = rare.rare.of("cart", "better").diagnostics.effective  # type: ignore[union-attr]
    assert f"4 periods with an outage,\nas good as {effective:.0f} equal ones" in [t.get_text() for t in right.texts]

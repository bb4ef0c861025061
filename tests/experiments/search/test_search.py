"""The search: what it answers, what it spends, and what it leaves in a folder."""

import json
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.file.axes import COLUMNS
from experiments.runner.endings import Interrupted
from experiments.runner.run import ChangedExperiment
from experiments.search.outcome import Outcome
from experiments.search.plain import plain
from experiments.search.search import NothingAsked, Unpriced, search
from experiments.search.text import show
from models.input.problems import InputError
from tests.experiments.fakes import Unit
from tests.experiments.search.conftest import BAD, DAY, GOOD, Race

Maker = Callable[..., Race]
FOUR = {"cheap": (BAD, 1000.0), "right": (GOOD, 2000.0), "dear": (GOOD, 3000.0), "dearest": (BAD, 4000.0)}


def states(outcome: Outcome) -> dict[str, str]:
    return {standing.name: standing.state for standing in outcome.standings}


def test_the_cheapest_that_meets_is_found_by_a_part_of_the_replications(race: Maker) -> None:
    outcome = race(FOUR).run()
    assert states(outcome)["cheap"] == "misses"
    assert outcome.cheapest is not None
    assert outcome.cheapest.name == "right"
    assert (outcome.verdict, outcome.exit_code) == ("found", 0)
    assert outcome.replications < 0.25 * outcome.grid == 60


def test_none_meets_is_an_answer(race: Maker) -> None:
    outcome = race({"one": (BAD, 1.0), "two": (BAD, 2.0)}).run()
    assert states(outcome) == {"one": "misses", "two": "misses"}
    assert (outcome.verdict, outcome.exit_code, outcome.replications) == ("none", 1, 4)


def test_what_lies_at_the_limit_cannot_be_told(race: Maker) -> None:
    at_the_limit = Unit(20 * DAY, 20 * DAY * 0.001 / 0.999)
    made = race({"close": (at_the_limit, 1000.0), "right": (GOOD, 2000.0)})
    outcome = made.run(settings=_at_most(made, 40))
    assert states(outcome) == {"close": "open", "right": "meets"}
    assert (outcome.verdict, outcome.exit_code, outcome.cheapest) == ("undecided", 4, None)
    assert outcome.replications == outcome.at_most == 40


def _at_most(made: Race, count: int):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(made.experiment.design.search, at_most=count)


def test_costs_that_are_alike_are_not_told_apart_for_ever(race: Maker) -> None:
    outcome = race({"one": (GOOD, 1000.0), "other": (GOOD, 1001.0)}, deviation=10.0).run()
    assert sorted(states(outcome).values()) == ["cheapest", "meets"]


def test_costs_that_luck_hides_keep_both_in_the_race(race: Maker) -> None:
    made = race({"one": (GOOD, 1000.0), "other": (GOOD, 1200.0)}, deviation=3000.0)
    outcome = made.run(settings=_at_most(made, 60))
    assert states(outcome) == {"one": "meets", "other": "meets"}
    assert outcome.verdict == "undecided"


SPOT = """search: {cost: podHours}
  failures:
  - {name: reclaim, type: spotReclaim, timeToFailure: {kind: exponential, mean: 30d}}
"""
BACK = SPOT.replace("30d}", "30d}, timeToReturn: {kind: exponential, mean: 1h}")


def test_costs_that_may_jump_in_few_replications_are_not_sure_after_three(race: Maker) -> None:
    """They were the same in every replication, but a node that is taken for good may change that."""
    two = {"one": (GOOD, 1000.0), "other": (GOOD, 1200.0)}
    for further, verdict in (("", "found"), (BACK, "found"), (SPOT, "undecided")):
        made = race(two, deviation=0.0, further=further)
        assert made.run(settings=_at_most(made, 40)).verdict == verdict
    found = made.run()
    assert found.cheapest is not None
    assert found.cheapest.name == "one"
    assert found.replications > 40


def test_costs_that_may_jump_are_told_apart_where_they_are_far_apart(race: Maker) -> None:
    made = race({"one": (GOOD, 1000.0), "other": (GOOD, 3000.0)}, deviation=0.0, further=SPOT)
    outcome = made.run()
    assert states(outcome)["one"] == "cheapest"
    assert outcome.replications < 0.25 * outcome.grid


def test_nothing_is_given_to_what_is_surely_dearer(race: Maker) -> None:
    """All have the same three nodes, so the first that surely meets ends the race."""
    made = race(FOUR, further="search: {cost: nodeHours}")
    outcome = made.run()
    assert outcome.cheapest is not None
    assert outcome.cheapest.cost.low == outcome.cheapest.cost.high == 3 * 365 * 24
    assert outcome.cheapest.name in ("right", "dear")


def test_a_candidate_that_fails_is_out_and_said(race: Maker) -> None:
    made = race({"broken": (Unit(20 * DAY, 600.0, raises=(1,)), 1000.0), "right": (GOOD, 2000.0)})
    outcome = made.run()
    assert states(outcome) == {"broken": "failed", "right": "cheapest"}
    assert outcome.exit_code == 3
    assert "the model broke" in next(of.error for of in outcome.standings if of.name == "broken")


def test_replications_that_failed_are_used_up_too(race: Maker) -> None:
    broken = {name: (Unit(20 * DAY, 600.0, raises=(0, 1)), 1000.0) for name in ("one", "two", "three", "four")}
    made = race(broken)
    outcome = made.run(settings=_at_most(made, 4))
    assert len(made.engine.ran) == outcome.replications == outcome.at_most == 4


def test_what_surely_costs_more_is_not_among_those_that_may_cost_least(
    race: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    """All three meet the objectives."""
    two = {"one": (GOOD, 1000.0), "other": (GOOD, 1200.0)}
    made = race({**two, "dear": (GOOD, 30000.0)}, deviation=3000.0)
    outcome = made.run(settings=_at_most(made, 60))
    assert states(outcome) == {"one": "meets", "other": "meets", "dear": "beaten"}
    show(outcome)
    assert "which of them costs least: one, other\n" in capsys.readouterr().out


def test_none_is_not_said_where_one_failed(race: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether what failed would do is not known, neither by itself nor beside others that miss."""
    broken = (Unit(20 * DAY, 600.0, raises=(1,)), 1000.0)
    for units in ({"broken": broken}, {"broken": broken, "bad": (BAD, 2000.0)}):
        outcome = race(units).run()
        assert (outcome.verdict, outcome.cheapest, outcome.exit_code) == ("undecided", None, 3)
        show(outcome)
        told = capsys.readouterr().out
        assert "none meets" not in told
        assert "a replication failed of broken" in told


def test_nothing_can_be_searched_for_without_an_objective(race: Maker) -> None:
    experiment = race(FOUR).experiment.set("spec.objectives", [])
    with pytest.raises(NothingAsked, match="no objective"):
        search(experiment)


def test_the_cost_of_nodes_without_a_price_is_refused(race: Maker) -> None:
    """Else all would cost nothing, and the first that meets be the cheapest."""
    made = race(FOUR, further="search: {cost: nodeCost}")
    with pytest.raises(Unpriced, match="no pool has a price"):
        made.run()
    priced = made.experiment.set("spec.cluster.pools[general].price", 2)
    assert search(priced, engine=made.engine).standings[0].cost.value == 2 * 3 * 365 * 24


def test_policies_of_which_nothing_is_asked_are_no_candidates(race: Maker) -> None:
    made = race(FOUR)
    asked = [{"service": "frontend", "atLeast": "99.9%", "policy": "dear"}]
    made.experiment = made.experiment.set("spec.objectives", asked)
    assert states(made.run()) == {"dear": "cheapest"}


def test_a_folder_is_shared_with_runs_and_resumed(race: Maker, tmp_path: Path) -> None:
    made, folder = race(FOUR), tmp_path / "results"
    whole = made.run(out=folder)
    first = (folder / "search.json").read_bytes()
    assert len(made.engine.ran) == len(set(made.engine.ran)) == whole.replications
    made.engine.ran.clear()
    assert made.run(out=folder) == whole
    assert made.engine.ran == []
    assert (folder / "search.json").read_bytes() == first
    again = race(FOUR)
    assert again.run(out=folder, fresh=True) == whole
    assert len(again.engine.ran) == whole.replications


def test_a_damaged_file_is_said_and_run_again(race: Maker, tmp_path: Path) -> None:
    made, folder = race({"one": (BAD, 1.0)}), tmp_path / "results"
    whole, told = made.run(out=folder), list[str]()
    [chunk] = (path for path in folder.rglob("*.json") if len(path.stem) == 16)
    chunk.write_text("{}")
    assert made.run(out=folder, warn=told.append) == whole
    assert [line for line in told if f"{chunk.name} is not as it was written" in line]


def test_what_is_interrupted_goes_on_where_it_stopped(race: Maker, tmp_path: Path) -> None:
    made, folder = race(FOUR), tmp_path / "results"

    def stop_soon(progress: object) -> None:
        if len(made.engine.ran) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made.run(out=folder, progress=stop_soon)
    assert json.loads((folder / "search.json").read_text())["status"] == "interrupted"
    before = Counter(made.engine.ran)
    made.run(out=folder)
    assert max((Counter(made.engine.ran) - before).values()) == 1
    assert all(count == 1 for count in Counter(made.engine.ran).values())


def test_ctrl_c_stops_after_what_is_under_way(race: Maker, tmp_path: Path) -> None:
    made, folder = race(FOUR), tmp_path / "results"

    def interrupt(progress: object) -> None:
        if len(made.engine.ran) == 5:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted):
        made.run(out=folder, progress=interrupt)
    assert len(made.engine.ran) == 5
    assert json.loads((folder / "search.json").read_text())["status"] == "interrupted"
    assert made.run(out=folder) == race(FOUR).run()
    assert len(made.engine.ran) == len(set(made.engine.ran))


def test_one_that_an_error_ends_says_that_it_failed_and_goes_on(race: Maker, tmp_path: Path) -> None:
    made, folder = race(FOUR), tmp_path / "results"

    def break_soon(progress: object) -> None:
        if len(made.engine.ran) == 5:
            raise RuntimeError("a mistake of ours")

    with pytest.raises(RuntimeError):
        made.run(out=folder, progress=break_soon)
    assert json.loads((folder / "search.json").read_text())["status"] == "failed"
    assert made.run(out=folder) == race(FOUR).run()
    assert json.loads((folder / "search.json").read_text())["kind"] == "Search"


def test_a_folder_of_another_version_is_refused(race: Maker, tmp_path: Path) -> None:
    made, folder = race({"one": (BAD, 1.0)}), tmp_path / "results"
    made.run(out=folder)
    left = json.loads((folder / "search.json").read_text())
    (folder / "search.json").write_text(json.dumps({**left, "versions": {"schema": 1, "kubenines": "0"}}))
    with pytest.raises(ChangedExperiment, match="kubenines: 0 ->"):
        made.run(out=folder)


def test_the_answer_is_told_in_words_and_values(race: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = race(FOUR).run()
    show(outcome)
    told = capsys.readouterr().out
    assert told.startswith("raced: right is the cheapest that meets all objectives: ")
    assert "of the 240 of a run" in told
    table = outcome.table()
    assert table["candidate"].tolist() == ["cheap", "right", "dear", "dearest"]
    assert table["state"].tolist() == [standing.state for standing in outcome.standings]
    assert table["frontend availability >= 99.9%"].iloc[0] < 0.99
    assert set(table.columns) - {"frontend availability >= 99.9%"} <= COLUMNS
    values = plain(outcome)
    assert (values["verdict"], values["cheapest"], values["exitCode"]) == ("found", "right", 0)
    assert json.loads(json.dumps(values, allow_nan=False)) == values


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("search: {cost: nodeHours, prices: {nodeHour: 1}}", "expected 'cost' or 'prices', not both"),
        ("search: {prices: {nodeHour: 0}}", "expected a price above 0"),
        ("search: {cost: nodehours}", "nodeHours"),
        ("search: {atMost: 1}", "atMost"),
    ],
)
def test_what_is_wrong_with_a_search_is_said_with_its_place(race: Maker, written: str, said: str) -> None:
    with pytest.raises(InputError, match=r"raced.yaml:15:\d+: spec.search") as error:
        race({"one": (GOOD, 1.0)}, further=written)
    assert said in str(error.value)


def test_prices_of_nodes_and_pods_add_up(race: Maker) -> None:
    outcome = race(
        {"one": (GOOD, 1000.0)}, further="search: {prices: {nodeHour: 2, podHour: 0.5}}", deviation=0.0
    ).run()
    assert outcome.standings[0].cost.value == pytest.approx(2 * 3 * 365 * 24 + 0.5 * 1000)

"""Ways, their parts, and which moments are taken."""

from dataclasses import replace

from experiments.attack.way import Candidate, Cut, Taken, Tried, Way, candidates, ranks
from experiments.design.goal import ReadyEndpoints, ServiceGoal
from simulator.attack.arsenal import Action
from simulator.attack.follow import FIRST, Choice, Moment, Step

WEB = ServiceGoal("web", ReadyEndpoints())
A, B = Action("node-crash", "a"), Action("node-crash", "b")
Z = Action("zone-outage", "z")


def taken(time: float, action: Action) -> Taken:
    return Taken(Step(time, action), (), 0.0, {"web": (2, 2)})


def moment(begin: float, end: float, answering: int, *actions: Action, again: bool = False) -> Moment:
    return Moment(begin, end, again, {"web": (answering, 2)}, tuple(map(Choice, actions)))


def after_a(*moments: Moment) -> Tried:
    return Tried(Way((taken(FIRST, A),)), moments, frozenset())


def times(found: list[Candidate]) -> list[float]:
    return [one.way.steps[-1].time - FIRST for one in found]


def test_the_parts_of_a_way_are_all_that_is_less_the_smallest_first() -> None:
    way = Way((taken(1.0, A), taken(2.0, B), taken(4.0, Z)))
    parts = [[step.action for step in part.steps] for part in way.parts()]
    assert parts == [[A], [B], [Z], [A, B], [A, Z], [B, Z]]
    assert [[one.after for one in part.taken] for part in way.parts()][4] == [0.0, 3.0]
    assert list(Way().parts()) == []


def test_the_next_step_is_taken_at_once_and_in_the_middle_of_each_stretch_after() -> None:
    tried = after_a(moment(FIRST, FIRST + 40, 1, B), moment(FIRST + 40, FIRST + 51, 1, B))
    found, cut = candidates([tried], [WEB], 6, {})
    assert times(found) == [0.0, 45.0]
    assert cut == Cut()


def test_where_there_are_many_moments_those_are_taken_at_which_most_is_missing() -> None:
    moments = [moment(FIRST + 10 * i, FIRST + 10 * i + 10, 1 if i == 5 else 2, B) for i in range(9)]
    found, cut = candidates([after_a(*moments)], [WEB], 3, {})
    assert times(found) == [55.0, 0.0, 85.0]
    assert cut == Cut(6, frozenset({"web"}))


def test_moments_that_are_left_out_are_about_the_services_that_are_still_up() -> None:
    moments = [moment(FIRST + 10 * i, FIRST + 10 * i + 10, 2, B) for i in range(4)]
    each = [replace(one, counts={"web": (2, 2), "api": (0, 2)}) for one in moments]
    tried = Tried(Way((taken(FIRST, A),)), tuple(each), frozenset({"api"}))
    _, cut = candidates([tried], [WEB, replace(WEB, name="api")], 3, {})
    assert cut == Cut(1, frozenset({"web"}))


def test_what_is_as_at_first_was_tried_already() -> None:
    tried = after_a(moment(FIRST, FIRST + 40, 1, B), moment(FIRST + 40, FIRST + 90, 2, B, again=True))
    assert times(candidates([tried], [WEB], 6, {})[0]) == [0.0]


def test_steps_at_once_are_taken_in_one_order() -> None:
    rank = ranks(moment(FIRST, FIRST, 2, A, Z))
    first_a = after_a(moment(FIRST, FIRST + 40, 1, Z))
    first_z = Tried(Way((taken(FIRST, Z),)), (moment(FIRST, FIRST + 40, 1, A),), frozenset())
    found, _ = candidates([first_a, first_z], [WEB], 6, rank)
    assert [[step.action for step in one.way.steps] for one in found] == [[A, Z]]


def test_a_way_that_breaks_a_service_is_not_made_longer_for_it() -> None:
    broken = Tried(Way((taken(FIRST, A),)), (moment(FIRST, FIRST + 40, 0, B),), frozenset({"web"}))
    assert candidates([broken], [WEB], 6, {}) == ([], Cut())

"""From when to when an outage is told, and which cause had replicas missing when."""

from experiments.attribution.stages import Spell, Stage
from experiments.timeline import span


def spell(start: float, end: float, cause: str = "crash/a", stage: Stage = Stage.START) -> Spell:
    return Spell(start, end, cause, stage)


def test_the_story_reaches_as_far_as_replicas_were_missing_without_a_break() -> None:
    spells = [spell(130, 170), spell(60, 110), spell(90, 140), spell(20, 50), spell(180, 190)]
    assert span.story(spells, 100, 120) == (60, 170)


def test_the_story_of_an_outage_alone_is_the_outage() -> None:
    assert span.story([spell(10, 20), spell(300, 400)], 100, 120) == (100, 120)


def test_a_replica_that_is_always_missing_does_not_make_the_story_endless() -> None:
    begin, end = span.story([spell(0, 1e9)], 1e6, 1e6 + 10)
    assert (begin, end) == (1e6 - span.BEFORE, 1e6 + 10 + span.AFTER)
    begin, end = span.story([spell(0, 1e9)], 1e6, 2e6)
    assert (begin, end) == (0, 3e6)


def test_replicas_that_nobody_desires_are_no_part_of_it_unless_there_is_no_other() -> None:
    cut, lost = spell(0, 500, "scale/web", Stage.SCALED_DOWN), spell(100, 120)
    assert span.about([cut, lost], 100) == [lost]
    assert span.about([cut, lost], 300) == [cut, lost]


def test_a_cause_lasts_while_any_replica_is_missing_for_it() -> None:
    spells = [spell(5, 9), spell(0, 3), spell(2, 6), spell(20, 30), spell(4, 8, "zone/b")]
    assert span.by_cause(spells, 1, 25) == {"crash/a": [(1, 9), (20, 25)], "zone/b": [(4, 8)]}


def test_some_time_is_shown_before_and_after() -> None:
    assert span.with_margin(0, 10) == (-span.LEAST, 10 + span.LEAST)
    assert span.with_margin(0, 1e6) == (-span.MARGIN * 1e6, 1e6 + span.MARGIN * 1e6)

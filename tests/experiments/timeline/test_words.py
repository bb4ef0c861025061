"""What is said of transitions: every sentence can be said, of objects that have a kind."""

import pytest

from experiments.timeline.events import OBJECTS, repeated
from experiments.timeline.timeline import Event, EventType
from experiments.timeline.words import ALWAYS, WORDS, Words, because
from simulator.log import Disruption, Kind

EVERY = [(kind, new, words) for kind, by_new in WORDS.items() for new, words in by_new.items()]


@pytest.mark.parametrize(("kind", "new", "words"), EVERY, ids=lambda value: getattr(value, "name", ""))
def test_every_sentence_can_be_said(kind: Kind, new: int, words: Words) -> None:
    message = words.about("web-0", new, "crash/node-1")
    assert "{" not in message
    assert message[0].isupper() or words.reason in ("FailedScheduling", "TriggeredScaleUp"), "or in upstream's words"
    assert not message.endswith(".")
    assert words.reason.isalnum()
    assert kind.name.partition("_")[0] in OBJECTS
    assert new == ALWAYS or new >= 0


def test_every_reason_of_a_disruption_has_its_words() -> None:
    assert set(WORDS[Kind.POD_DISRUPTION_TARGET]) == set(Disruption) - {Disruption.NONE}


def test_a_cause_is_named_if_there_is_one() -> None:
    assert because("node-crash/general-1") == ": node-crash"
    assert because("") == ""


def event(time: float, about: str = "Pod/web-0", reason: str = "BackOff", message: str = "for 10s") -> Event:
    return Event(time, EventType.WARNING, reason, about, message)


def test_what_comes_again_and_again_is_told_three_times_and_then_counted() -> None:
    told = repeated([event(float(time), message=f"for {time}s") for time in range(9)], 0.0, 100.0)
    assert [(each.time, each.count, each.until, each.message) for each in told] == [
        (0.0, 1, None, "for 0s"),
        (1.0, 1, None, "for 1s"),
        (2.0, 1, None, "for 2s"),
        (3.0, 6, 8.0, "for 8s"),
    ]


def test_what_comes_before_during_and_after_an_outage_is_counted_by_itself() -> None:
    told = repeated([event(float(time)) for time in range(15)], 5.0, 10.0)
    assert [(each.time, each.count) for each in told if each.count > 1] == [(3.0, 2), (8.0, 2), (13.0, 2)]


def test_other_objects_than_pods_repeat_themselves_only_in_the_same_words() -> None:
    made = [event(float(n), "ReplicaSet/web-r0", "SuccessfulCreate", f"Created pod: web-r0-{n}") for n in range(9)]
    assert repeated(made, 0.0, 100.0) == made

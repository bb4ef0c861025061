"""The picture of an outage: all that it needs is in the fragment, and nothing of it can break out."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from experiments.attribution.stages import Stage
from experiments.report.timeline import TONES, assets, fragment, page, picture
from experiments.timeline import build
from experiments.timeline.timeline import Event, EventType, Interval, Row, RowKind, Timeline
from tests.experiments.report.timelines import OUTAGE

VOID = {"meta", "path", "rect", "circle", "br", "link", "input"}


def data(of: Timeline) -> dict[str, object]:
    [text] = re.findall(r'<script type="application/json">(.*?)</script>', picture(of), re.DOTALL)
    found: dict[str, object] = json.loads(text)
    return found


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_script_gets_what_the_timeline_says() -> None:
    found = data(OUTAGE)
    assert (found["begin"], found["end"], found["length"]) == (-300.0, 9900.0, 9540.0)
    assert found["down"] == [[0.0, 9540.0]]
    assert found["endpoints"] == [[-300.0, 1, 1, 1], [0.0, 0, 1, 1], [52.3, 0, 0, 1], [9540.0, 1, 1, 1]]
    rows = found["rows"]
    assert isinstance(rows, list)
    assert [(row["kind"], row["object"]) for row in rows] == [
        ("Service", "Service/web"),
        ("cause", "/node-crash/a-1"),
        ("node", "Node/a-1"),
        ("pod", "Pod/web-r0-0"),
    ]
    looks = found["looks"]
    assert isinstance(looks, list)
    assert [[start, end, *looks[look]] for start, end, look in rows[3]["intervals"]] == [
        [-300.0, 0.0, "answering", "good", ""],
        [0.0, 9900.0, "tolerated", "bad", ""],
    ]
    events = found["events"]
    assert isinstance(events, list)
    assert events[2] | {"count": 7, "until": 352.3} == events[2]
    assert "count" not in events[1]


@pytest.mark.parametrize("state", [*Stage, "down, still Ready", "terminating", "failed", "a state of tomorrow"])
def test_every_state_looks_like_something_that_the_legend_explains(state: str) -> None:
    row = Row(RowKind.POD, "web-r0-0", (Interval(0.0, 1.0, state),))
    [[_, tone, _]] = data(replace(OUTAGE, rows=(row,)))["looks"]  # type: ignore[misc]
    assert tone in dict(TONES)


def test_names_cannot_end_the_script_or_the_markup() -> None:
    evil = "</script><script>alert(1)</script><b>"
    event = Event(0.0, EventType.FACT, "NodeDown", "Node/a", evil)
    text = str(fragment(replace(OUTAGE, policy=evil, cause=evil, events=(event,), remarks=(evil,))))
    assert "alert(1)</script>" not in text
    assert "<b>" not in text
    assert data(replace(OUTAGE, events=(event,)))["events"][0]["message"] == evil  # type: ignore[index]


def test_several_pictures_of_a_page_share_one_script_and_have_names_of_their_own() -> None:
    others = [replace(OUTAGE, replication=4), *(replace(OUTAGE, policy=name) for name in ("v1-2", "v1.2", "v1_2"))]
    text = "".join(map(str, (assets(), *map(picture, (OUTAGE, *others)))))
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids)) == 5
    assert text.count("<style>") == 1


def test_the_page_is_whole_and_needs_no_network() -> None:
    text = page(OUTAGE)
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|\bsrc=|\bhref=", text)
    assert '<meta name="viewport"' in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_what_is_done_by_mouse_is_done_by_buttons_and_keys_and_is_named() -> None:
    text = str(fragment(OUTAGE))
    acts = re.findall(r'data-act="(\w+)"', text)
    assert all(f"{act}: () =>" in text for act in acts)
    assert {"in", "out", "whole", "previous", "next"} <= set(acts)
    assert 'aria-live="polite"' in text
    assert 'aria-label="zoom in"' in text


def test_the_events_in_words_have_headings_that_are_read_with_their_cells() -> None:
    headings = re.findall(r'<th scope="col">(\w+)</th>', picture(OUTAGE))
    assert headings == ["Time", "Up", "Type", "Reason", "Object", "Message"]


def test_equal_timelines_give_equal_bytes() -> None:
    assert page(OUTAGE) == page(replace(OUTAGE))


def test_the_largest_picture_is_small_enough_to_be_sent() -> None:
    cause = "container-crash/Deployment/default/web/0"
    states = tuple(Interval(time, time + 1.0, Stage.IMAGE_PULL, cause) for time in range(20))
    pods = tuple(Row(RowKind.POD, f"web-5d78c9869d-{n:05d}", states, "general-12") for n in range(build.MOST_PODS))
    nodes = tuple(Row(RowKind.NODE, f"general-{n:05d}", states) for n in range(build.MOST_NODES))
    event = Event(12.345, EventType.NORMAL, "FailedScheduling", "Pod/web-5d78c9869d-00001", "x" * 120)
    large = replace(OUTAGE, rows=(*nodes, *pods), events=(event,) * build.MOST_EVENTS)
    assert len(page(large).encode()) < 150_000

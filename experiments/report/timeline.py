"""The timeline of an outage as a zoomable picture: an HTML fragment that needs no other file and no network.

The picture is drawn by a small script from JSON beside it. Equal timelines give equal bytes.
"""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from experiments.attribution.stages import Stage
from experiments.report.templates import template
from experiments.report.timeline_text import COLUMNS, LEGEND, heading
from experiments.timeline.timeline import Interval, Row, RowKind, Timeline
from models.units import counted

if TYPE_CHECKING:
    from markupsafe import Markup

TONES = (
    ("good", "answering, Ready"),
    ("unnoticed", "lost, and nobody knows"),
    ("bad", "lost, down, crashed, bad"),
    ("wait", "waits, starts"),
    ("off", "leaves, or does not count"),
    ("cause", "replicas are missing because of it"),
)
"""How a state looks, and what that means."""
_UNNOTICED = (Stage.UNDETECTED, Stage.NOT_DOWN, "down, still Ready", "silent, still Ready", "cut off from users")
_BAD = (
    *(Stage.WAITING, Stage.TOLERATED, Stage.RESTART, Stage.RESTART_DELAY, Stage.FAILED),
    *(Stage.BAD_RELEASE, Stage.BAD_CONFIGURATION, Stage.EXPIRED_SECRET),
)
_TONE_OF: Mapping[str, str] = {
    **{str(stage): "wait" for stage in Stage},
    **{str(state): "unnoticed" for state in _UNNOTICED},
    **{str(state): "bad" for state in _BAD},
    **dict.fromkeys((str(Stage.HOST_DOWN), str(Stage.UNIT_FAILED)), "bad"),
    **dict.fromkeys(("answering", "Ready"), "good"),
    **dict.fromkeys(("terminating", "other version", "completed", "cordoned"), "off"),
    "replicas missing": "cause",
}
"""State -> how it looks; whatever is not here is bad: nodes that are down or not ready, pods that failed."""
_OBJECTS = {RowKind.OUTAGE: "Service", RowKind.NODE: "Node", RowKind.POD: "Pod", RowKind.PROCESS: "Pod"}
"""What a row is called as the object of events."""
HELP = (
    "Zoom with the wheel while the picture has the focus or Ctrl is held, with two fingers, the buttons, or + and -. "
    "Move it by dragging or with the left and right arrow keys; up and down go from event to event; 0 shows the whole."
)


def fragment(timeline: Timeline) -> "Markup":
    """One timeline with all that it needs, for a page that shows no other."""
    return assets() + picture(timeline)


def assets() -> "Markup":
    """The style and the script that all pictures of a page share; once, anywhere in the page."""
    from markupsafe import Markup

    style, script = (template(f"timeline.{kind}").render() for kind in ("css", "js"))
    return Markup(f"<style>\n{style}\n</style>\n<script>\n{script}\n</script>\n")  # our own files


def picture(timeline: Timeline) -> "Markup":
    """One timeline, for a page that has the `assets`."""
    from markupsafe import Markup

    text = json.dumps(_data(timeline), ensure_ascii=False, separators=(",", ":"))
    rendered = template("timeline.html.j2").render(
        id=_id(timeline),
        title=heading(timeline),
        tones=TONES,
        remarks=timeline.remarks,
        summary=f"{counted(len(timeline.events), 'event')} in words",
        headings=[name.capitalize() for name in COLUMNS],
        columns=LEGEND,
        data=Markup(text.replace("<", "\\u003c")),  # nothing in it ends the script
    )
    return Markup(rendered)  # rendered with autoescape


def page(timeline: Timeline) -> str:
    """A page with one timeline alone."""
    return template("timeline_page.html.j2").render(title=heading(timeline), fragment=fragment(timeline)) + "\n"


def pages(title: str, timelines: Iterable[Timeline]) -> str:
    """A page with several timelines, one below the other."""
    from markupsafe import Markup

    pictures = Markup("").join(map(picture, timelines))
    return template("timeline_page.html.j2").render(title=title, fragment=assets() + pictures) + "\n"


def _id(timeline: Timeline) -> str:
    """A name for the picture that no other of a page has; policies differ in what names of elements may hold, too."""
    where = f"{timeline.service}-{timeline.policy}-{timeline.replication}-{timeline.start:.3f}"
    return "timeline-" + "".join(c if c.isascii() and (c.isalnum() or c in "_.") else "-" for c in where)


def _data(timeline: Timeline) -> dict[str, Any]:
    """What the script draws; times to a millisecond."""
    down = next((row.intervals for row in timeline.rows if row.kind is RowKind.OUTAGE), ())
    looks = list(dict.fromkeys(_look(each) for row in timeline.rows for each in row.intervals))
    number = {look: at for at, look in enumerate(looks)}
    return {
        "label": f"{heading(timeline)}. {HELP}",
        "help": HELP,
        "begin": _rounded(timeline.begin),
        "end": _rounded(timeline.end),
        "length": _rounded(timeline.length),
        "down": [[_rounded(each.start), _rounded(each.end)] for each in down],
        "looks": looks,
        "rows": [
            _row(row) | {"intervals": [[_rounded(i.start), _rounded(i.end), number[_look(i)]] for i in row.intervals]}
            for row in timeline.rows
        ],
        "endpoints": [[_rounded(e.time), e.answering, e.listed, e.desired] for e in timeline.endpoints],
        "events": [
            {"time": _rounded(e.time), "type": e.type, "reason": e.reason, "object": e.object, "message": e.message}
            | ({} if e.until is None else {"count": e.count, "until": _rounded(e.until)})
            for e in timeline.events
        ],
    }


def _row(row: Row) -> dict[str, Any]:
    kind = "Service" if row.kind is RowKind.OUTAGE else str(row.kind)
    return {"kind": kind, "name": row.name, "note": row.note, "object": f"{_OBJECTS.get(row.kind, '')}/{row.name}"}


def _look(each: Interval) -> tuple[str, str, str]:
    """What is shown of an interval: state, tone, cause."""
    return each.state, _TONE_OF.get(each.state, "bad"), each.cause


def _rounded(time: float) -> float:
    return round(time, 3)

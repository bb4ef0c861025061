"""Drawings on the page: they look as they do in their files, and take a third of the room."""

import re
from functools import partial
from xml.etree import ElementTree

import pytest

from experiments.plots import drawing
from experiments.report.svg import HUNDREDTHS, inlined, path

SVG = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9pt" viewBox="0 0 9 9">
 <metadata>who and when</metadata>
 <defs><style type="text/css">*{stroke-linecap: butt}</style></defs>
 <g id="axes_1"><g id="patch_1">
  <defs><path id="m1" d="M 0 0 &#10;L 0 3.512345 &#10;" style="stroke: #000000"/></defs>
  <use xlink:href="#m1" x="50.493404" y="2" style="fill: #0072b2; font-family: 'DejaVu Sans', Arial"/>
  <rect fill="#ffffff" width="3.04" style="fill: url(#h1)" clip-path="url(#c1)"/>
  <text transform="rotate(-0 1 2)">a &lt; b</text><text transform="rotate(-90 1.23456 2)">c</text>
 </g></g>
 <g id="empty"/>
 <defs><clipPath id="c1"><rect x="0" y="0" width="9" height="9"/></clipPath><pattern id="h1"/></defs>
</svg>"""


def test_a_drawing_is_in_the_colours_letters_and_digits_of_the_page() -> None:
    assert inlined(SVG, "s0", 'of "it"') == (
        """<svg viewBox="0 0 9 9" role="img" aria-label='of "it"'>"""
        '<defs><path id="s0-0" d="m0 0v3.51" style="stroke:var(--ink)"/></defs>'
        '<use href="#s0-0" x="50.5" y="2" style="fill:var(--c0)"/>'
        '<rect fill="var(--paper)" width="3" style="fill:url(#s0-1)" clip-path="url(#s0-2)"/>'
        '<text>a &lt; b</text><text transform="rotate(-90 1.23 2)">c</text>'
        '<defs><clipPath id="s0-2"><rect x="0" y="0" width="9" height="9"/></clipPath><pattern id="s0-1"/></defs></svg>'
    )


def points(text: str) -> list[tuple[str, float, float]]:
    """The ends of the strokes of a path that was made relative, as they are on the page."""
    found, x, y = [], 0.0, 0.0
    for command, numbers in re.findall(r"([a-z])([^a-z]*)", text):
        values = [float(number) for number in re.findall(r"-?\d*\.?\d+", numbers)]
        dx, dy = {"h": [*values, 0.0], "v": [0.0, *values], "z": [0.0, 0.0]}.get(command, values)[-2:]
        x, y = x + dx, y + dy
        found.append((command, x, y))
    return found


def test_points_stay_where_they_are_however_many_came_before() -> None:
    steps = [(0.033 * k, 7.0 + (k // 2) * 0.071) for k in range(2000)]
    text = "M " + " \nL ".join(f"{x:.6f} {y:.6f}" for x, y in steps)
    short = path(text)
    assert len(short) < 0.3 * len(text)
    _, x, y = points(short)[-1]
    assert (x, y) == pytest.approx(steps[-1], abs=0.06)


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("M 1 1 \nL 1 5.04 \nL 9.96 5.04 \nz\n", "m1 1v4h9z"),
        ("M 1 1 L 1 1", "m1 1v0"),  # with square ends that is a dot
        ("M 1 1 L 2 2 L 2.01 2.01 L 3 0.5", "m1 1l1 1l1-1.5"),
        ("M 0 -3 C 0.8 -3 1.5 -2.7 2.1 -2.1 Q 1 1 -0.25 0.5", "m0-3c.8 0 1.5 .3 2.1 .9q-1.1 3.1-2.3 2.6"),
        ("M 1 1 L 2 1 z M 5 5 L 5 6", "m1 1h1zm4 4v1"),
        ("", ""),
    ],
)
def test_a_path_is_made_relative(long: str, short: str) -> None:
    assert path(long) == short


def test_small_things_keep_more_digits() -> None:
    assert path("M 0 0 L 0 3.512", HUNDREDTHS) == "m0 0v3.51"


def test_what_is_drawn_is_all_there_and_in_few_words() -> None:
    def draw(figure: object = None) -> object:
        ax = figure.add_subplot()  # type: ignore[union-attr, attr-defined]
        ax.step([k / 7 for k in range(500)], [k * k for k in range(500)], label="$2^3$ & <more>")
        ax.bar(["a"], [3], hatch="//", color="#ffffff", edgecolor="#0072b2")
        ax.legend()
        return figure

    text = drawing.svg(partial(draw))  # type: ignore[arg-type]
    short = inlined(text, "x", "it")
    assert len(short) < 0.4 * len(text)
    before, after = (ElementTree.fromstring(each[each.index("<svg") :]) for each in (text, short))
    for tag in ("text", "path", "use"):
        assert sum(e.tag.endswith(tag) for e in before.iter()) == sum(e.tag.endswith(tag) for e in after.iter())
    assert inlined(text, "x", "it") == short

"""A drawing as an element of the page: in the page's colours and letters, with as many digits as eyes can tell apart.

Files of drawings are made for every program that reads SVG; nine tenths of their text say nothing on a page.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from markupsafe import Markup

from experiments.plots import BAND, COLOURS, GREY, RULE

Element = ElementTree.Element

_COLOURS = {"#ffffff": "paper", GREY: "muted", RULE: "rule", BAND: "band", "#000000": "ink"} | {
    colour: f"c{number}" for number, colour in enumerate(COLOURS[:-1])
}
"""Colour of a drawing -> variable of `report.css`."""
_NUMBER = re.compile(r"-?\d+\.\d+")
_STROKE = re.compile(r"([MLQCZz])([^MLQCZz]*)")
TENTHS, HUNDREDTHS = 10, 100
"""Steps in a point: of what a drawing shows once, and of markers, which are small and show many times."""


def inlined(svg: str, name: str, title: str) -> Markup:
    """The drawing as an `<svg>` element; equal drawings give equal text.

    Its ids begin with `name`, which no other drawing of the page has; readers of screens say its `title`.
    """
    root = ElementTree.fromstring(svg[svg.index("<svg") :])
    referred = dict.fromkeys(id_ for element in root.iter() for id_ in _referred(element))
    ids = {id_: f"{name}-{number}" for number, id_ in enumerate(referred)}
    inside = "".join(_written(child, ids, TENTHS) for child in root)
    box = f" viewBox={quoteattr(root.attrib['viewBox'])}" if "viewBox" in root.attrib else ""
    return Markup(f'<svg{box} role="img" aria-label={quoteattr(title)}>{inside}</svg>')


def _referred(element: Element) -> Iterator[str]:
    for key, value in element.attrib.items():
        yield from re.findall(r"url\(#([^)]+)\)", value)
        if _local(key) == "href":
            yield value.removeprefix("#")


def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def _written(element: Element, ids: Mapping[str, str], steps: int) -> str:
    tag = _local(element.tag)
    if tag in ("metadata", "style"):
        return ""
    inner = HUNDREDTHS if tag == "defs" else steps
    inside = escape(element.text or "") if tag in ("text", "tspan") else ""
    inside += "".join(_written(child, ids, inner) for child in element)
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in _attributes(element, ids, steps))
    if tag in ("g", "defs") and not inside:
        return ""
    if tag == "g" and not attributes:
        return inside
    return f"<{tag}{attributes}>{inside}</{tag}>" if inside else f"<{tag}{attributes}/>"


def _attributes(element: Element, ids: Mapping[str, str], steps: int) -> Iterator[tuple[str, str]]:
    for name, given in element.attrib.items():
        key = _local(name)
        match key:
            case "id":
                value = ids.get(given, "")
            case "href":
                value = f"#{ids[given.removeprefix('#')]}"
            case "d":
                value = path(given, steps)
            case "style":
                value = _coloured(_short(given), ids)
            case "transform":
                value = "" if given.startswith("rotate(-0 ") else _rounded(given, HUNDREDTHS)
            case "x" | "y" | "width" | "height":
                value = _rounded(given, steps)
            case _:
                value = _coloured(given, ids)
        if value:
            yield key, value


def _short(style: str) -> str:
    """A style without spaces, and without its letters, which are the page's."""
    parts = (part.strip() for part in style.split(";"))
    return ";".join(re.sub(r":\s+", ":", part) for part in parts if part and not part.startswith("font-family"))


def _coloured(value: str, ids: Mapping[str, str]) -> str:
    """In the colours of the page, and with its ids."""
    value = re.sub(r"url\(#([^)]+)\)", lambda of: f"url(#{ids[of[1]]})", value)
    return re.sub(r"#[0-9a-f]{6}\b", lambda of: f"var(--{_COLOURS[of[0]]})" if of[0] in _COLOURS else of[0], value)


def _rounded(value: str, steps: int) -> str:
    return _NUMBER.sub(lambda of: _number(round(float(of[0]) * steps), steps), value)


def _number(amount: int, steps: int) -> str:
    """An amount of steps as the shortest decimal number: ".5", "-12"."""
    whole, _, rest = f"{amount / steps:.2f}".partition(".")
    rest = rest.rstrip("0")
    return f"{whole.removesuffix('0') if whole in ('0', '-0') and rest else whole}{'.' * bool(rest)}{rest}"


# --- paths -----------------------------------------------------------------------------------------------------------


def path(text: str, steps: int = TENTHS) -> str:
    """A path with each point relative to the one before; lines that are shorter than a step are left out.

    Points are on a grid, so that the error of a point does not depend on those before it.
    """
    written: list[str] = []
    here = start = (0, 0)
    for command, numbers in _STROKE.findall(text):
        values = [round(float(number) * steps) for number in numbers.split()]
        points = list(zip(values[::2], values[1::2], strict=True))
        if command in "Zz":
            written.append("z")
            here = start
            continue
        for stroke in [[point] for point in points] if command == "L" else [points]:
            if command != "L" or stroke[-1] != here or written[-1][0] == "m":
                written.append(_stroke(command, here, stroke, steps))
            here = stroke[-1]
        start = here if command == "M" else start
    return "".join(written)


def _stroke(command: str, here: tuple[int, int], points: Iterable[tuple[int, int]], steps: int) -> str:
    apart = [each - own for point in points for each, own in zip(point, here, strict=True)]
    if command == "L" and 0 in apart:
        return f"v{_number(apart[1], steps)}" if apart[0] == 0 else f"h{_number(apart[0], steps)}"
    numbers = " ".join(_number(each, steps) for each in apart).replace(" -", "-")
    return f"{command.lower()}{numbers}"

"""The axes of a sweep against the file: their places are in it, and every value can stand there."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from experiments.design.sweep import Axis, Point, Sweep, shown
from experiments.file.schema import SpecFile
from experiments.file.settings import from_top
from experiments.file.source import Source, read
from experiments.file.sweep import MOST_POINTS, AxisFile, SweepFile
from models.input.documents import Document
from models.input.patches import PatchError, locate, set_at
from models.input.problems import InputError, Location, Path, Problem, dotted

SAME_AT_ALL_POINTS = ("seed", "replications", "precision", "confidence", "objectives", "search", "sweep", "uncertain")
"""What every point has in common, so that points can be compared."""
_ESTIMATES = (
    *("availability", "unavailability", "nines", "downtime_s_per_year", "outages_per_year", "request_availability"),
    "cost",
)
_NAMED = (
    *("point", "label", "status", "failed", "error", "failures", "keys", "objectives"),
    *("policy", "service", "replication", "replications", "years", "confidence", "method"),
    *("mttr_s", "mttd_s", "longest_s", "outages", "rare_gain", "candidate", "state", "block", "row", "place"),
)
COLUMNS = frozenset((*_NAMED, *(f"{name}{end}" for name in _ESTIMATES for end in ("", "_low", "_high"))))
"""Names that an axis may not have: they are those of other columns in tables of sweeps, searches and studies."""
MOST_CHECKED = 64
"""Values that are checked before a run: of more, so many evenly spread; a check takes milliseconds."""
OF_MANY_POINTS = ("sweep", "uncertain")
"""What an experiment at a single point does not say."""
_PLACE: Path = ("spec", "sweep")
_AXES: Path = (*_PLACE, "axes")
_UNCERTAIN: Path = ("spec", "uncertain")


def at_point(document: Document, sweep: Sweep, point: Point) -> Document:
    """The experiment file at a point: its values stand in their places, and there is no sweep. Raises PatchError."""
    said = document.value["spec"].items()
    value = {**document.value, "spec": {k: copy.deepcopy(v) for k, v in said if k not in OF_MANY_POINTS}}
    for place, chosen in zip(places(value, sweep), point.values, strict=True):
        set_at(value, place, copy.deepcopy(chosen))
    return replace(document, value=value)


def places(value: Mapping[str, Any], sweep: Sweep) -> list[Path]:
    """Where the axes stand in what a file says, which tells what items are called before any is set; PatchError."""
    return [locate(value, from_top(axis.path)) for axis in sweep.axes]


def location(document: Document, axis: Axis | AxisFile) -> Path:
    """The place of an axis in the document; raises PatchError."""
    return locate(document.value, from_top(axis.path))


def check_sweep(spec: SpecFile, source: Source, problems: list[Problem]) -> None:
    """Everything that is wrong with the sweep, as far as the file alone tells."""
    if spec.sweep is None:
        return
    before = len(problems)
    if spec.precision is not None:
        message = "a sweep has equally many runs at every point: give `replications` instead"
        problems.append(source.problem(("spec", "precision"), message))
    _check_shape(spec.sweep, source, problems)
    places = _check_paths(spec.sweep.axes, _AXES, source, problems)
    if len(problems) == before and places is not None:
        _check_values(spec.sweep.value(spec.seed), spec.sweep.axes, places, _AXES, source, problems)


def check_uncertain(spec: SpecFile, source: Source, problems: list[Problem]) -> None:
    """Everything that is wrong with the uncertain inputs, as far as the file alone tells."""
    before = len(problems)
    _check_axes(spec.uncertain, _UNCERTAIN, True, source, problems)
    places = _check_paths(spec.uncertain, _UNCERTAIN, source, problems)
    if spec.uncertain and len(problems) == before and places is not None:
        drawn = Sweep(tuple(axis.value() for axis in spec.uncertain), "sample", MOST_CHECKED, seed=spec.seed)
        _check_values(drawn, spec.uncertain, places, _UNCERTAIN, source, problems)


def _check_axes(axes: Sequence[AxisFile], place: Path, drawn: bool, source: Source, problems: list[Problem]) -> None:
    """What is wrong with each by itself, and with their names."""
    names: list[str] = []
    for i, axis in enumerate(axes):
        wrong = list(_mistakes(axis, drawn))
        if axis.name in names:
            wrong.append((("name",), f"an axis {axis.name!r} is there already"))
        if axis.name in COLUMNS:
            wrong.append((("name",), f"tables have a column {axis.name!r} already; call the axis otherwise"))
        names.append(axis.name)
        problems += [source.problem((*place, i, *within), message) for within, message in wrong]


def _check_shape(sweep: SweepFile, source: Source, problems: list[Problem]) -> None:
    def wrong(message: str, *place: str | int) -> None:
        problems.append(source.problem((*_PLACE, *place), message))

    drawn = sweep.mode == "sample"
    if drawn and sweep.samples is None:
        wrong("'samples' is required here: how many points are drawn")
    for field in ("samples", "method"):
        if not drawn and getattr(sweep, field) is not None:
            wrong(f"is for `mode: sample`; this is `mode: {sweep.mode}`", field)
    _check_axes(sweep.axes, _AXES, drawn, source, problems)
    lengths = {axis.name: len(axis.values) for axis in sweep.axes if axis.values}
    if sweep.mode == "zip" and len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} has {count}" for name, count in lengths.items())
        wrong(f"with `mode: zip` all axes have equally many values; {counts}", "axes")
    if sweep.mode == "grid" and len(lengths) == len(sweep.axes):
        points = sweep.value(0).count()
        if points > MOST_POINTS:
            wrong(f"these axes make {points:,} points; at most {MOST_POINTS:,} can be run", "axes")


def _mistakes(axis: AxisFile, drawn: bool) -> Iterator[tuple[Path, str]]:
    """(place in the axis, what is wrong)."""
    given = [field for field in ("values", "law", "between") if getattr(axis, field) is not None]
    if not drawn:
        yield from (((field,), "is for `mode: sample`; give `values`") for field in given if field != "values")
    if not given:
        expected = "one of 'values', 'law' and 'between'" if drawn else "'values'"
        yield (), f"expected {expected}"
    if drawn and len(given) > 1:
        yield (), f"expected one of {' and '.join(map(repr, given))}, not both"
    if axis.scale is not None and axis.between is None:
        yield ("scale",), "is for `between`"
    if axis.values is not None and not axis.values:
        yield ("values",), "expected at least one value"
    first: dict[str, int] = {}
    for i, value in enumerate(axis.values or ()):
        if first.setdefault(shown(value), i) != i:
            yield ("values", i), f"{shown(value)!r} is among the values already"
    try:
        axis.spread()
    except ValueError as error:
        yield ("between",), str(error)


def _check_paths(
    axes: Sequence[AxisFile], place_of_axes: Path, source: Source, problems: list[Problem]
) -> list[Path] | None:
    """The places of the axes; None if one has none."""
    there: dict[str, Path] = {}
    for i, axis in enumerate(axes):
        here: Path = (*place_of_axes, i, "path")
        try:
            place = location(source.document, axis)
        except PatchError as error:
            problems.append(source.problem(here, str(error)))
            continue
        if (why := _not_for_points(place)) is not None:
            problems.append(source.problem(here, why))
        for name, other in there.items():
            if _one_in_the_other(place, other):
                message = f"{dotted(place)} is set by the axis {name!r}, too ({dotted(other)})"
                problems.append(source.problem(here, message))
        there[axis.name] = place
    return list(there.values()) if len(there) == len(axes) else None


def _not_for_points(place: Path) -> str | None:
    if place[0] != "spec" or len(place) < 2:
        return f"expected a path below spec (got {dotted(place)})"
    if place[1] in SAME_AT_ALL_POINTS:
        return f"{dotted(place)} is the same at every point"
    if place[1] == "policies" and (len(place) < 4 or place[3] == "name"):
        return "the policies are the same at every point; an axis may set what one of them says"
    if isinstance(place[-1], int) and place[-2] in ("manifests", "nodes", "add"):
        return f"a directory may stand for several of these: give the whole list, by the path of {dotted(place[:-1])}"
    return None


def check_settings(source: Source, sweep: Sweep, settings: Mapping[str, str]) -> None:
    """Raises InputError for settings (by their place) that no point would know of, as an axis sets the same."""
    problems = []
    for axis in sweep.axes:
        here = dotted(location(source.document, axis))
        for path, setting in settings.items():
            if path == here or path.startswith((f"{here}.", f"{here}[")):
                message = f"changes nothing: the axis {axis.name!r} sets {here} at every point"
                problems.append(Problem(Location(f"--set {setting}"), "", message))
    if problems:
        raise InputError(problems)


def _one_in_the_other(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _check_values(
    sweep: Sweep,
    axes: Sequence[AxisFile],
    places: Sequence[Path],
    place_of_axes: Path,
    source: Source,
    problems: list[Problem],
) -> None:
    """Each distinct value, at the first point that has it, as far as the schema tells."""
    drawn_wrong: set[int] = set()
    for i, j, point in first_points(sweep, MOST_CHECKED):
        if i in drawn_wrong:  # one example says it
            continue
        found = read(at_point(source.document, sweep, point)).problems
        further = list(of_value(found, axes[i], places[i], (*place_of_axes, i), j, point.values[i], source))
        problems += [problem for problem in further if problem not in problems]
        if further and j is None:
            drawn_wrong.add(i)


def first_points(sweep: Sweep, most: int) -> Iterator[tuple[int, int | None, Point]]:
    """(axis, number of the value if it is listed, the first point that has it); of many values so many, spread."""
    each = max(2, most // len(sweep.axes))
    for i, axis in enumerate(sweep.axes):
        if sweep.mode == "sample":
            count = min(each, sweep.samples)
            chosen = sorted({round(k * (sweep.samples - 1) / max(count - 1, 1)) for k in range(count)})
            for index in chosen:
                point = sweep.points[index]
                number = None if axis.law is not None else axis.values.index(point.values[i])
                yield i, number, point
            continue
        many = len(axis.values)
        count = min(each, many)
        step = 1
        for later in sweep.axes[i + 1 :] if sweep.mode == "grid" else ():
            step *= len(later.values)
        for number in sorted({round(k * (many - 1) / max(count - 1, 1)) for k in range(count)}):
            yield i, number, sweep.points[number * step]


def of_value(
    found: Sequence[Problem],
    axis: AxisFile,
    place: Path,
    axis_place: Path,
    j: int | None,
    value: Any,
    source: Source,
) -> Iterator[Problem]:
    """Those of the problems of a point that one value of an axis makes, where the axis says it.

    `place`: what the axis sets; `axis_place`: where it is written; `j`: number of the value in it if it is listed. What
    is wrong with several values together is for the point itself to tell.
    """
    here = dotted(place)
    for problem in found:
        unknown = problem.message.startswith("unknown field")
        if unknown and here.startswith(problem.path):
            yield source.problem((*axis_place, "path"), f"{problem.path}: {problem.message}")
        elif problem.path == here or problem.path.startswith((f"{here}.", f"{here}[")):
            inside = problem.path[len(here) :].lstrip(".")
            message = f"{inside}: {problem.message}" if inside else problem.message
            if j is not None:
                yield source.problem((*axis_place, "values", j), message)
            else:
                drawn = "law" if axis.between is None else "between"
                yield source.problem((*axis_place, drawn), f"of {shown(value)}: {message}")

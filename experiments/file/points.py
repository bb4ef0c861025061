"""The points of an experiment file with a sweep: the design at each, made where and when it is needed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from experiments.design.plan import Design
from experiments.design.sweep import Point, Sweep
from experiments.file.axes import OF_MANY_POINTS, at_point, first_points, location, of_value
from experiments.file.files import axis_names_files, named_files
from experiments.file.resolve import resolve
from experiments.file.source import Source, read
from experiments.file.sweep import MOST_POINTS
from experiments.file.written import resolved_file
from models.input import stdin
from models.input.documents import Document
from models.input.patches import PatchError
from models.input.problems import InputError, Location, Problem

MOST_MADE = 12
"""Scenarios that are made before a run to check the values of axes: each takes tens of milliseconds."""


@dataclass(frozen=True)
class AtPoint:
    """What is run at a point."""

    design: Design
    resolved: Mapping[str, Any]
    """The experiment at the point, after `extends` and defaults, as plain values."""


@dataclass(frozen=True)
class Swept:
    """What all points have in common: plain values, small, as it is sent to where points are made."""

    file: str
    """The file's name, for people."""
    value: Mapping[str, Any]
    """What it says, without the sweep."""
    folder: str
    """What its files are relative to."""
    axes: Sweep
    """The axes without their values."""
    policies: tuple[str, ...] = ()
    """Those that are run; (): all."""
    replications: int = 1
    standard_input: bytes | None = None
    """What it holds, if that is among the files."""

    @classmethod
    def of(cls, document: Document, folder: str, sweep: Sweep, policies: tuple[str, ...], replications: int) -> "Swept":
        """The points of an experiment file whose files are relative to `folder`."""
        spec = {key: value for key, value in document.value["spec"].items() if key not in OF_MANY_POINTS}
        axes = Sweep(tuple(replace(axis, values=(), law=None) for axis in sweep.axes), sweep.mode)
        value = {**document.value, "spec": spec}
        values = (one for axis in sweep.axes for one in axis.values)
        named = [*named_files(value), *(each for one in values for each in (one if isinstance(one, list) else [one]))]
        given = stdin.contents() if stdin.STDIN in named else None
        return cls(document.file, value, os.path.abspath(folder), axes, policies, replications, given)

    def at(self, point: Point) -> AtPoint:
        """What is run at a point; raises InputError."""
        if self.standard_input is not None:
            stdin.give(self.standard_input)
        try:
            source = read(at_point(Document(self.file, self.value), self.axes, point))
        except PatchError as error:
            raise InputError([Problem(Location(self.file), "", str(error))]) from None
        design = resolve(source, self.folder)
        assert source.file is not None
        resolved = resolved_file(source.file, design, self.replications)
        if self.policies:
            kept = tuple(one for one in design.scenarios if one.policy in self.policies)
            wanted = tuple(one for one in design.objectives if one.policy in (None, *self.policies))
            design = replace(design, scenarios=kept, objectives=wanted)
        return AtPoint(design, resolved)


def check_points(source: Source, folder: str, sweep: Sweep) -> tuple[str, ...]:
    """The files that are read at any point; raises InputError for values that cannot stand where they are to.

    Unlike `axes.check_sweep`, which has checked the file alone, it reads what the values refer to: at a few points, and
    at one for each value of an axis that names files.
    """
    assert source.file is not None
    file = source.file.spec.sweep
    assert file is not None
    problems: list[Problem] = []
    most = max(2 * len(sweep.axes), MOST_MADE // max(len(source.file.spec.policies), 1))
    of_files = [axis_names_files(axis.model_dump()) for axis in file.axes]
    some = [first for first in first_points(sweep, most) if not of_files[first[0]]]
    some += [first for first in first_points(sweep, MOST_POINTS) if of_files[first[0]]] if any(of_files) else []
    files: dict[str, None] = {}
    for i, j, point in some:
        try:
            files |= dict.fromkeys(resolve(read(at_point(source.document, sweep, point)), folder).inputs)
        except InputError as error:
            place = location(source.document, sweep.axes[i])
            problems += of_value(
                error.problems, file.axes[i], place, ("spec", "sweep", "axes", i), j, point.values[i], source
            )
    if problems:
        raise InputError(problems)
    return tuple(files)

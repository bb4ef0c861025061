"""How commands open a result folder: of an experiment, of a sweep or one of its points, of a study."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.commands.completing import points_in

if TYPE_CHECKING:
    from experiments.results import Results
    from experiments.sensitivity_results import SensitivityResults
    from experiments.sweep_results import SweepResults

POINT = click.option(
    "--point",
    metavar="AXIS=VALUE,...",
    shell_complete=points_in(),
    help="Of a sweep: this point, by the values of its axes or by its number.",
)


def swept(path: str) -> "SweepResults | None":
    """The results of a sweep; None if the folder is of a single experiment, or is no result folder."""
    from experiments.store.folder import ResultFolder
    from experiments.sweep_results import SweepResults

    manifest = ResultFolder(Path(path)).manifest()
    return None if manifest is None or manifest.sweep is None else SweepResults.open(path)


def studied(path: str) -> "SensitivityResults | None":
    """The results of a study of uncertain inputs; None if the folder is of anything else, or is no result folder."""
    from experiments.sensitivity_results import SensitivityResults
    from experiments.store.folder import ResultFolder

    manifest = ResultFolder(Path(path)).manifest()
    return None if manifest is None or manifest.sensitivity is None else SensitivityResults.open(path)


def opened(path: str, point: str | None, instead: str = "") -> "Results":
    """The results of a single experiment, or of a point of a sweep; `instead`: what else there is of a sweep."""
    from experiments.results import Results

    sweep = swept(path)
    if sweep is None:
        if point is not None:
            raise click.UsageError(f"--point is of a sweep; {path} is of a single experiment")
        return Results.open(path)
    if point is None:
        example = sweep.points["label"].iloc[0].replace(" ", ",")
        raise click.UsageError(f"{path} is of a sweep: give --point, like --point {example}{instead}")
    return sweep.at(sweep.point(point))

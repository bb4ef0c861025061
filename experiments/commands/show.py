"""`kubenines show`."""

import json
import os
from typing import TYPE_CHECKING

import click

from experiments.commands.completing import names_in
from experiments.commands.console import FAILED, FORMAT, PATH, SETTINGS, chosen
from experiments.commands.opening import POINT, opened, studied, swept

if TYPE_CHECKING:
    from experiments.sensitivity_results import SensitivityResults
    from experiments.sweep_results import SweepResults


@click.command()
@click.argument("path", type=PATH)
@SETTINGS
@click.option(
    "--service",
    metavar="NAME",
    shell_complete=names_in("services"),
    help="Of a result folder: only this Service.",
)
@click.option(
    "--policy", metavar="NAME", shell_complete=names_in("policies"), help="Of a result folder: only this policy."
)
@click.option("--disruptions", is_flag=True, help="Of a result folder: how long until what struck was made good.")
@POINT
@FORMAT
def show(
    path: str,
    settings: tuple[str, ...],
    service: str | None,
    policy: str | None,
    disruptions: bool,
    point: str | None,
    form: str,
) -> None:
    """Show an experiment as resolved (extends, settings and defaults filled in), or the table of a result folder.

    Of a sweep: a row for every point, or with --point all that there is of one. Of a study of uncertain inputs: what
    each does, and what they leave open.
    """
    if os.path.isdir(path):
        if settings:
            raise click.UsageError("--set is for experiment files: a result folder stays as it ran")
        if (study := studied(path)) is not None:
            _show_study(study, service, policy, disruptions or point is not None, form)
            return
        if point is None and (sweep := swept(path)) is not None:
            _show_sweep(sweep, service, policy, disruptions, form)
            return
        from experiments.report import plain, text

        results = opened(path, point)
        service = chosen("--service", service, results.services)
        policy = chosen("--policy", policy, results.policies)
        shown = results.only(service, policy)
        if form == "json":
            click.echo(plain.text(plain.disruptions(shown) if disruptions else plain.summary(shown)))
        elif disruptions:
            text.show_disruptions(shown)
        else:
            text.show(shown)
        return
    if service or policy or disruptions or point:
        asked = "--service, --policy, --disruptions and --point"
        raise click.UsageError(f"{asked} are for result folders: an experiment file is shown as a whole")
    from experiments.file.written import yaml_text
    from experiments.preflight.inputs import experiment_at

    resolved = experiment_at(path, settings).resolved
    click.echo(json.dumps(resolved, indent=2, ensure_ascii=False) if form == "json" else yaml_text(resolved).rstrip())


def _show_study(study: "SensitivityResults", service: str | None, policy: str | None, others: bool, form: str) -> None:
    from experiments.report import plain, sensitivity, sensitivity_plain

    if others:
        raise click.UsageError("--disruptions and --point are not of a study of uncertain inputs")
    shown = study.only(chosen("--service", service, study.services), chosen("--policy", policy, study.policies))
    if form == "json":
        click.echo(plain.text(sensitivity_plain.study(shown, FAILED if shown.failed else 0)))
    else:
        sensitivity.show(shown)


def _show_sweep(results: "SweepResults", service: str | None, policy: str | None, disruptions: bool, form: str) -> None:
    from experiments.report import sweep

    if disruptions:
        raise click.UsageError("--disruptions is of a single point of a sweep: give --point, too")
    service = chosen("--service", service, results.services)
    policy = chosen("--policy", policy, results.policies)
    if form == "json":
        from experiments.report import plain, sweep_plain

        click.echo(plain.text(sweep_plain.sweep(results, service, policy)))
    else:
        sweep.show(results, service, policy)

"""`kubenines fit`."""

import json
from typing import TYPE_CHECKING, Any

import click

from experiments.commands.console import FORMAT
from experiments.commands.outage_logs import instant, log_options, refuse_log_options

if TYPE_CHECKING:
    from experiments.file.outages import Format


@click.command()
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=str), metavar="LOG...")
@log_options("what failed; repeat it if it takes several (system and node)")
@click.option(
    "--observed-from",
    metavar="TIME|first|none",
    help="Count the time before an entity's first outage from here, as if it were new then; none: leave it out.  "
    "[default: none; of a live cluster first: the first outage of a CSV log, the first Event of a live cluster, "
    "whatever else tells of times before it; series of Prometheus count from their own first sample]",
)
@click.option(
    "--observed-until",
    metavar="TIME|last|none",
    default="last",
    show_default=True,
    help="Count the time after an entity's last outage, which is censored, up to here; none, of a CSV log only: "
    "leave it out. Of a live cluster last is the last instant of all logs.",
)
@FORMAT
def fit(
    logs: tuple[str, ...],
    written: "Format",
    observed_from: str | None,
    observed_until: str,
    form: str,
) -> None:
    """Fit failure laws to a LOG of outages: a CSV file (also .xz, .gz) with a start, an end and an entity in each row.

    Or to what a live cluster tells, in JSON or YAML, files and directories, all together: Events (kubectl get events),
    Nodes and Pods, answers of Prometheus to range queries of kube_node_status_condition,
    kube_pod_container_status_restarts_total and kube_pod_status_ready, what node-problem-detector found.

    Exponential, Weibull, lognormal and gamma laws by maximum likelihood, right-censored, and between two instants where
    no more is known; the best by AIC first; two laws where no single one fits; bursts; what data is missing; and the
    lines for an experiment file.

    \b
    The log of Los Alamos (LA-UR-05-7318), as its published fits were made:
      kubenines fit LA-UR-05-7318-failure-data-1996-2005.csv.xz \\
        --start "Prob Started" --end "Prob Fixed" --entity System \\
        --entity nodenum --time-format "%m/%d/%Y %H:%M" --observed-until none
    """  # noqa: D301 (the layout mark is the character, not a backslash and a letter)
    from experiments.file.outages import read_outages
    from experiments.fitting import page
    from experiments.fitting.readers.reader import is_live_log

    if all(map(is_live_log, logs)):
        _of_live_cluster(logs, "first" if observed_from is None else observed_from, observed_until, form)
        return
    if len(logs) > 1:
        raise click.UsageError("expected one CSV file, or any number of files of JSON and YAML and directories")
    [log] = logs
    outages = read_outages(log, written)
    since: float | None = None
    if observed_from == "first":
        since = min(outage.start for outage in outages.outages)
    elif observed_from not in (None, "none"):
        since = instant(written, outages, observed_from, "--observed-from")
    until: float | str | None = None if observed_until == "none" else observed_until
    if until not in (None, "last"):
        until = instant(written, outages, observed_until, "--observed-until")
    _show(page, page.fit(outages, since, until), form)


def _of_live_cluster(logs: tuple[str, ...], observed_from: str, observed_until: str, form: str) -> None:
    from experiments.fitting import live_page
    from experiments.fitting.readers import reader

    refuse_log_options("only a CSV log of outages has columns, and what a live cluster tells has none")
    if observed_until == "none":
        raise click.UsageError(
            "--observed-until none cannot act: only a CSV log of outages leaves out what was not over, "
            "and what a live cluster tells says until when it was seen"
        )
    found = reader.read_live_logs(logs)
    until = _time(observed_until, "last", "--observed-until")
    since = found.events_from if observed_from == "first" else _time(observed_from, "none", "--observed-from")
    if until is not None and until <= (found.start if observed_from == "first" or since is None else since):
        raise click.BadParameter(
            "expected a time after --observed-from, and the first in the logs", param_hint="--observed-until"
        )
    if observed_from != "first" and since is not None and since >= found.end:
        raise click.BadParameter("expected a time before the last in the logs", param_hint="--observed-from")
    _show(live_page, live_page.learn(logs, found, since, until), form)


def _time(text: str, nothing: str, option: str) -> float | None:
    """The instant, as Kubernetes writes one; None for the word that stands for none."""
    from experiments.fitting.shapes import instant as as_written

    if text == nothing:
        return None
    try:
        if (found := as_written(text)) is None:
            raise ValueError(f"expected a time, or {nothing}")
        return found
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _show(page: Any, fitted: Any, form: str) -> None:
    """What was fitted, as the page of its kind has it: its lines, and what is to be pasted, or JSON."""
    from experiments.report.terminal import Terminal

    if form == "json":
        click.echo(json.dumps(page.as_json(fitted), indent=2))
        return
    terminal = Terminal()
    for line in page.lines(fitted):
        terminal.say(line, indent="")
    click.echo("\n".join(["", *page.snippet(fitted)]))  # to be pasted, so never broken

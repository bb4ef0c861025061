"""`kubenines plan`."""

import os
from typing import TYPE_CHECKING

import click

from experiments.commands.console import FORMAT, PATH, SETTINGS, STRICT, warn

if TYPE_CHECKING:
    from experiments.preflight.planning import SweepPlan


@click.command()
@click.argument("experiment", type=PATH)
@SETTINGS
@STRICT
@FORMAT
def plan(experiment: str, settings: tuple[str, ...], strict: bool, form: str) -> None:
    """Say what a run would do and how long it would take, from a short run of each policy.

    Of a sweep: from such runs at its first point, its last and one between, and the time it takes to make these points
    and their rows.

    Pods that would not start are told, and wrong with --strict.
    """
    from experiments.preflight import planning, sensitivity, starting
    from experiments.preflight.inputs import experiment_at
    from experiments.report import plain
    from experiments.report.terminal import Terminal
    from models.input.problems import InputError, Location, Problem
    from models.manifests.account import in_words
    from models.units import counted, format_duration

    read = experiment_at(experiment, settings)
    warn(read)
    pending = starting.sentences(read.scenarios())
    if strict and (read.named or pending):
        not_started = [Problem(Location(experiment), "", line) for line in pending]
        raise InputError([*(one.problem for one in read.named), *not_started])
    times = read.replications or (read.precision and read.precision.at_most) or 0
    swept = None if read.sweep is None else planning.plan_sweep(read, read.sweep, times)
    policies = planning.plan(read) if swept is None else swept.policies
    rare = planning.rare_pilot(read)
    if form == "json":
        told = planning.plain(read, policies, times, pending, rare, swept)
        click.echo(plain.text(told | {"sensitivity": sensitivity.priced(read, policies)}))
        return
    many = f"{'at most ' if read.precision else ''}{counted(times, 'replication')}"
    length = format_duration(read.duration)
    points = "" if swept is None else f"{counted(swept.points, 'point')} x "
    click.echo(f"{read.name}: {points}{counted(len(policies), 'policy', 'policies')} x {many} of {length}")
    terminal = Terminal()
    times *= 1 if swept is None else swept.points
    terminal.table(planning.table(policies, times))
    of_sweep = [] if swept is None else [*swept.refused, _told(swept, times * len(policies))]
    for line in [*of_sweep, *pending, *planning.rare_sentence(read, rare), *in_words(read.named)]:
        terminal.say(line, indent="")
    for line in sensitivity.sentence(read, policies):
        terminal.say(line, indent="")
    seconds = sum(policy.seconds for policy in policies) * times
    seconds += 0.0 if swept is None else swept.around * swept.points
    cores = os.cpu_count() or 1
    aside = ", rare outages aside" if rare is not None else ""
    click.echo(
        f"in all{aside}: about {format_duration(seconds)} on one core, {format_duration(seconds / cores)} on {cores}"
    )


def _told(swept: "SweepPlan", cells: int) -> str:
    """What the figures of a sweep rest on, and what it takes beside its cells."""
    from models.units import format_duration

    pilots = ", ".join(f"[{label}]" for label in swept.pilots)
    around = format_duration(swept.around * swept.points)
    return f"{cells:,} cells in all, by pilots at {pilots}; to make the points and what comes of them: about {around}"

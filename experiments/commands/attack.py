"""`kubenines attack`."""

from typing import TYPE_CHECKING

import click

from experiments.commands.console import (
    FAILED,
    FORMAT,
    PATH,
    SETTINGS,
    chosen,
    exit_code,
    inconclusive_option,
    say,
    warn,
)
from experiments.commands.engine import EngineChoice, engine_options
from experiments.commands.running import QUIET

if TYPE_CHECKING:
    from experiments.attack.search import Listener
    from experiments.attack.verdict import Attack
    from experiments.design.goal import ServiceGoal

EVERY = 10.0
"""Seconds between two lines of progress."""


@click.command()
@click.argument("experiment", type=PATH)
@click.option("--service", metavar="NAME", help="Only this Service.  [default: all that are measured]")
@click.option(
    "--intent",
    metavar="WHEN",
    help="When a Service is not broken, as `available` of a file says it: '{when: capacity, atLeast: 60%}'.",
)
@click.option("--policy", metavar="NAME", help="Under this policy.  [default: the first]")
@click.option(
    "--at-most",
    type=click.IntRange(1, 3),
    default=2,
    show_default=True,
    metavar="N",
    help="Failures and operations together, from 1 to 3.",
)
@click.option(
    "--simulations",
    type=click.IntRange(1),
    default=2000,
    show_default=True,
    metavar="N",
    help="The budget: so many at most; what is left untried is told.",
)
@click.option(
    "--moments",
    type=click.IntRange(1, 50),
    default=20,
    show_default=True,
    metavar="N",
    help="When the next step may be taken: at so many moments after each at most; what is left untried is told.",
)
@click.option(
    "--longer-than",
    "tolerated",
    default="0s",
    show_default=True,
    metavar="DURATION",
    help="A Service that is down for no longer is not broken.",
)
@inconclusive_option("The exit code where nothing was found and not all was tried: 4, or 0.")
@click.option("--all", "all_ways", is_flag=True, help="Look for all smallest ways of several steps, not only for one.")
@click.option(
    "--replication",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="Whose luck: where replicas are placed, how long they start up.",
)
@click.option("-o", "--output", type=PATH, metavar="FILE.html", help="Zoomable pictures of the outages in a page, too.")
@engine_options
@SETTINGS
@QUIET
@FORMAT
def attack(
    experiment: str,
    service: str | None,
    intent: str | None,
    policy: str | None,
    at_most: int,
    simulations: int,
    moments: int,
    tolerated: str,
    inconclusive: str,
    all_ways: bool,
    replication: int,
    output: str | None,
    engine: EngineChoice,
    settings: tuple[str, ...],
    quiet: bool,
    form: str,
) -> int:
    """Find the shortest way to break each Service: the fewest failures and operations, where and when they strike.

    What may strike are the failure modes and operations of the experiment, at each thing that they can strike; if it
    has none, every node, every zone, every pod, and a drain of every node. Every way is simulated with the whole
    control plane, and what is found is replayed and no longer than it has to be.

    \b
    Exit codes: 0 nothing breaks any Service; 1 something does; 4 nothing was
    found and not all was tried, beyond --simulations or --moments (0 with
    --inconclusive pass); 2 bad input; 3 a lost engine.
    """  # noqa: D301 (the layout mark is the character, not a backslash and a letter)
    from pathlib import Path

    from experiments.attack import text
    from experiments.attack.plain import plain
    from experiments.attack.question import Question
    from experiments.attack.search import attack as attacking
    from experiments.preflight.inputs import experiment_at
    from experiments.report.plain import text as json_text
    from experiments.runner.engines import EngineLost
    from models.input.problems import Refusal
    from models.units import parse_duration

    if output is not None and Path(output).suffix.lower() not in (".html", ".htm"):
        raise click.BadParameter(f"{Path(output).name!r} does not end in .html", param_hint="-o")
    try:
        longer_than = parse_duration(tolerated)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--longer-than") from None
    read = experiment_at(experiment, settings)
    if read.sweep is not None:
        raise Refusal(f"{experiment} has a sweep: attack takes an experiment without one")
    policy = chosen("--policy", policy, read.policies) or read.policies[0]
    scenario = next(one for one in read.scenarios() if one.policy == policy)
    service = chosen("--service", service, [goal.name for goal in scenario.services])
    goals = [_meant(goal, intent) for goal in scenario.services if service in (None, goal.name)]
    if not goals:
        raise Refusal(f"{experiment} has no Service to attack")
    if not quiet:
        warn(read)
    question = Question(scenario, tuple(goals), at_most, simulations, moments, longer_than, all_ways, replication)
    try:
        with engine.opened() as opened:
            found = attacking(read.name, question, opened, _silence if quiet else _progress())
    except EngineLost as lost:
        say(f"kubenines: {lost}")
        return FAILED
    code = exit_code(found.exit_code, inconclusive)
    if form == "json":
        click.echo(json_text(plain(found, code)))
    else:
        text.show(found)
    if output is not None:
        _picture(found, output, quiet)
    return code


def _meant(goal: "ServiceGoal", intent: str | None) -> "ServiceGoal":
    """The goal; with an intent, what that says."""
    if intent is None:
        return goal
    import yaml
    from pydantic import ValidationError

    from experiments.file.resolve import goal as goal_of
    from experiments.file.service import ServiceFile

    try:
        value = yaml.safe_load(intent)
        value = {"when": value} if isinstance(value, str) else value
        return goal_of(ServiceFile.model_validate({"name": goal.name, "available": value}))
    except (yaml.YAMLError, ValidationError):
        known = "{when: readyEndpoints, atLeast: 2}, {when: capacity, atLeast: 60%} or {when: quorum}"
        raise click.BadParameter(f"{intent!r} is none of {known}", param_hint="--intent") from None


def _silence(size: int, done: int, total: int) -> None:
    """Says nothing."""


def _progress() -> "Listener":
    """Says on stderr how far it is, now and then."""
    import time

    last = time.monotonic()

    def told(size: int, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            say(f"{done}/{total} ways of {size}")

    return told


def _picture(found: "Attack", output: str, quiet: bool) -> None:
    """The timelines of what was found in one page, if there is any."""
    from pathlib import Path

    from experiments.report.timeline import pages
    from experiments.store.files import write

    timelines = [one.timeline for verdict in found.verdicts for one in verdict.breaks if one.timeline is not None]
    if timelines:
        write(Path(output), pages(f"{found.experiment}: the shortest ways to break it", timelines))
    elif not quiet:
        say(f"nothing was broken, so {output} was not written")

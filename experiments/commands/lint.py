"""`kubenines lint`."""

import json
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from experiments.commands.completing import lint_rules
from experiments.commands.console import PATH, chosen, say
from models.input.stdin import is_stdin

if TYPE_CHECKING:
    from experiments.lint.finding import Finding
    from experiments.lint.linting import Report

FOUND = 1
_SEVERITIES = ("error", "warning", "info")


@click.command()
@click.argument("paths", nargs=-1, type=PATH)
@click.option("--experiment", type=PATH, help="An experiment whose nodes the manifests are to run on.")
@click.option(
    "--rule",
    "only",
    multiple=True,
    metavar="NAME",
    shell_complete=lint_rules(),
    help="Only this rule; can be given several times.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How to print it; github: annotations of a workflow.",
)
@click.option(
    "--severity", type=click.Choice(_SEVERITIES), default="info", show_default=True, help="Nothing below is shown."
)
@click.option(
    "--fail-on",
    type=click.Choice((*_SEVERITIES, "never")),
    default="error",
    show_default=True,
    help="Exit with 1 if anything as bad as this is found.",
)
@click.option("--fix", is_flag=True, help="Write the patches into the manifests, and show what is left.")
@click.option(
    "--compare",
    "compared",
    type=PATH,
    metavar="FILE",
    help="Write an experiment with a policy for each rule's mends: to run it tells what the smells cost.",
)
@click.option("--rules", "listed", is_flag=True, help="List the rules, and look at nothing.")
def lint(
    paths: tuple[str, ...],
    experiment: str | None,
    only: tuple[str, ...],
    form: str,
    severity: str,
    fail_on: str,
    fix: bool,
    compared: str | None,
    listed: bool,
) -> int:
    """Find what costs availability in manifests and experiments (files or directories), without breaking anything.

    Each finding says where, what it does and what mends it. Rules about nodes need some: those of the experiment file,
    of --experiment, or Node objects. The annotation kubenines.io/lint-ignore of an object leaves out rules for it.
    Exit code 1: something as bad as --fail-on; 2: an input that cannot be read.
    """
    from experiments.lint.finding import Severity
    from experiments.lint.linting import lint as find
    from experiments.lint.rule import rules

    if listed:
        _list(form)
        return 0
    if not paths:
        raise click.UsageError("Missing argument 'PATHS...'.")
    for name in only:
        chosen("--rule", name, list(rules()))

    if fix and any(map(is_stdin, paths)):
        raise click.UsageError("--fix writes into files, and stdin is none: give the manifests as files")

    def look() -> "Report":
        return find(paths, experiment=experiment, only=only).at_least(Severity(severity))

    report = look()
    if fix:
        report = _fixed(report, look)
    if compared is not None:
        _write_comparison(paths, report, compared)
    _show(report, form)
    worst = report.worst()
    return FOUND if fail_on != "never" and worst is not None and worst.is_at_least(Severity(fail_on)) else 0


def _fixed(report: "Report", look: "Callable[[], Report]") -> "Report":
    """The report after all that can be fixed was, one mend may ask for another; says on stderr what was done."""
    from experiments.lint.fixing import fix
    from models.units import counted

    done: list[Finding] = []
    while (fixed := fix(one for one in report.findings if one not in done)).findings:
        done += fixed.findings
        report = look()
    for problem in fixed.refused:
        say(f"warning: {problem}")
    files = {one.location.file for one in done}
    say(f"fixed {counted(len(done), 'finding')} in {counted(len(files), 'file')}")
    return report


def _write_comparison(paths: tuple[str, ...], report: "Report", file: str) -> None:
    """The experiment with a policy for each rule's mends; says on stderr how to run it."""
    from experiments.experiment import Experiment
    from experiments.lint.comparing import with_mends
    from experiments.preflight.inputs import told_apart

    experiments, manifests = told_apart(paths)
    if len(experiments) != 1 or manifests:
        raise click.UsageError("--compare is about one experiment file: give that alone")
    compared, refused = with_mends(Experiment.from_yaml(experiments[0]), report.findings)
    for rule, why in refused.items():
        say(f"warning: no policy for {rule}: {why}")
    compared.to_yaml(file)
    say(f"what the smells cost: kubenines run {shlex.quote(file)}")


def _show(report: "Report", form: str) -> None:
    from experiments.lint.formats import github, plain, sarif, text
    from experiments.report.terminal import Terminal

    if form == "text":
        terminal = Terminal()
        for indent, line in text.lines(report):
            terminal.say(line, indent=indent)
    elif form == "github":
        for line in github.annotations(report):
            click.echo(line)
    else:
        value = plain.plain(report) if form == "json" else sarif.sarif(report)
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _list(form: str) -> None:
    """Every rule: its severity, what it finds, what that does."""
    from experiments.lint.formats import plain
    from experiments.lint.rule import rules
    from experiments.report.terminal import Terminal

    if form not in ("text", "json"):
        raise click.UsageError("--rules are listed as text or json: the other formats are for findings")
    if form == "json":
        click.echo(json.dumps([plain.rule(rule) for rule in rules().values()], indent=2, ensure_ascii=False))
        return
    terminal = Terminal()
    for rule in rules().values():
        needs = " (needs nodes)" if rule.needs_cluster else ""
        terminal.say(f"{rule.name}: {rule.severity}{needs}", indent="")
        terminal.say(rule.summary)
        terminal.say(f"so: {rule.effect}")

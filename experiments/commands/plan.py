"""`kubenines plan`."""

import os

import click

from experiments.commands.console import PATH, SETTINGS, STRICT, refuse_unread, warn


@click.command()
@click.argument("experiment", type=PATH)
@SETTINGS
@STRICT
def plan(experiment: str, settings: tuple[str, ...], strict: bool) -> None:
    """Say what a run would do and how long it would take, from one short run of each policy."""
    from experiments.experiment import Experiment
    from experiments.preflight.planning import plan as plans
    from models.manifests.account import in_words
    from models.units import format_duration

    read = Experiment.from_yaml(experiment, settings)
    warn(read)
    if strict:
        refuse_unread(read.named)
    times = read.replications or (read.precision and read.precision.at_most) or 0
    found = plans(read)
    atmost = "at most " if read.precision else ""
    click.echo(f"{read.name}: {len(found)} policies x {atmost}{times} replications of {format_duration(read.duration)}")
    rows = [("POLICY", "WORKLOADS", "PODS", "NODES", "TRANSITIONS", "TIME", "FAILURES AND OPERATIONS")]
    for policy in found:
        stories = ", ".join([*policy.failures, *policy.operations]) or "none"
        amounts = f"{policy.transitions * times:,.0f}", format_duration(policy.seconds * times)
        rows.append((policy.policy, str(policy.workloads), str(policy.pods), str(policy.nodes), *amounts, stories))
    for row in rows:
        widths = [max(len(other[i]) for other in rows) for i in range(6)]
        cells = [
            text.ljust(width) if i == 0 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=False))
        ]
        click.echo("  ".join([*cells, row[6]]))
    for policy in found:
        for reason in dict.fromkeys(policy.pending.values()):
            pods = [pod for pod, why in policy.pending.items() if why == reason]
            click.echo(f"not placed under {policy.policy}: {', '.join(pods)}: {reason}")
    for line in in_words(read.named):
        click.echo(line)
    seconds = sum(policy.seconds for policy in found) * times
    cores = os.cpu_count() or 1
    click.echo(f"in all: about {format_duration(seconds)} on one core, {format_duration(seconds / cores)} on {cores}")

"""`kubenines compare`."""

import click

from experiments.commands.completing import names_in
from experiments.commands.console import FORMAT, PATH, chosen


@click.command()
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="RESULTS...")
@click.option(
    "--baseline",
    metavar="POLICY",
    shell_complete=names_in("policies"),
    help="What the others are compared with.  [default: the first policy]",
)
@click.option("--service", metavar="NAME", shell_complete=names_in("services"), help="Only this Service.")
@FORMAT
def compare(paths: tuple[str, ...], baseline: str | None, service: str | None, form: str) -> None:
    """Rank the policies of a result folder, or of several, and say which differences are noise.

    Policies that share a letter cannot be told apart. With several folders the policies are named FOLDER/POLICY.
    """
    from pathlib import Path

    from experiments.findings.merging import merged
    from experiments.report import comparison, plain
    from experiments.results import Results

    if len(set(paths)) < len(paths):
        raise click.UsageError("the same folder twice: there is nothing to compare")
    names = [Path(path).resolve().name for path in paths]
    names = names if len(set(names)) == len(names) else list(paths)
    opened = {name: Results.open(path) for name, path in zip(names, paths, strict=True)}
    results = merged(opened) if len(opened) > 1 else opened[names[0]]
    baseline = chosen("--baseline", baseline, results.policies)
    service = chosen("--service", service, results.services)
    if form == "json":
        click.echo(plain.text(plain.comparison(results.only(service), baseline)))
    else:
        comparison.show(results.only(service), baseline)

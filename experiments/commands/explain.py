"""`kubenines explain`."""

import json

import click

from experiments.commands.completing import kinds_in_files
from experiments.commands.console import FORMAT


@click.command()
@click.argument("path", default="", shell_complete=kinds_in_files())
@FORMAT
def explain(path: str, form: str) -> None:
    """Document a part of the experiment file: `spec.failures`, `policies.patches`.

    Or `laws`, `metrics`, `timing`, `presets`, `kinds` (of Kubernetes' objects). A name alone is looked for in the whole
    file: `nodeCrash`, `rollout`, `weibull`, `maxConcurrent`.
    """
    from experiments.file import explain as explaining
    from experiments.report.terminal import Terminal

    try:
        if form == "json":
            click.echo(json.dumps(explaining.plain(path), indent=2, ensure_ascii=False))
        else:
            click.echo(explaining.explain(path, Terminal().width or explaining.WIDTH))
    except explaining.NothingToExplain as error:
        raise click.UsageError(str(error)) from None

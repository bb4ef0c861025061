"""`kubenines explain`."""

import click

from experiments.commands.completing import kinds_in_files


@click.command()
@click.argument("path", default="", shell_complete=kinds_in_files())
def explain(path: str) -> None:
    """Document a part of the experiment file: `spec.failures`, `policies.patches`.

    Or `laws`, `metrics`, `timing`, `presets`, `kinds` (of Kubernetes' objects). A name alone is looked for in the whole
    file: `nodeCrash`, `rollout`, `weibull`, `maxConcurrent`.
    """
    from experiments.file import explain as explaining
    from experiments.report.terminal import Terminal

    try:
        click.echo(explaining.explain(path, Terminal().width or explaining.WIDTH))
    except explaining.NothingToExplain as error:
        raise click.UsageError(str(error)) from None

"""`kubenines explain`."""

import click


@click.command()
@click.argument("path", default="")
def explain(path: str) -> None:
    """Document a part of the experiment file: `spec.failures`, `policies.patches`; or `laws`, `timing`, `presets`.

    A name alone is looked for in the whole file: `nodeCrash`, `rollout`, `weibull`, `maxConcurrent`.
    """
    from experiments.file import explain as explaining

    try:
        click.echo(explaining.explain(path))
    except explaining.NothingToExplain as error:
        raise click.UsageError(str(error)) from None

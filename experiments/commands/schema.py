"""`kubenines schema`."""

import json

import click


@click.command()
@click.argument("kind", type=click.Choice(["experiment"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of the experiment file, for editors."""
    from experiments.file.json_schema import for_editors

    click.echo(json.dumps(for_editors(), indent=2, ensure_ascii=False))

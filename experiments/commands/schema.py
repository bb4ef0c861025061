"""`kubenines schema`."""

import json

import click


@click.command()
@click.argument("kind", type=click.Choice(["experiment"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of the experiment file, for editors."""
    from experiments.file.explain import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))

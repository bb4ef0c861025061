"""`kubenines version`."""

import json

import click

from experiments.commands.console import FORMAT


@click.command()
@FORMAT
def version(form: str) -> None:
    """Print the version of kubenines and of what it stands on."""
    import platform
    from importlib import metadata

    versions = {"python": platform.python_version()}
    for name in ("kubenines", "numpy", "pandas", "scipy", "simpy", "pyarrow", "pydantic"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "unknown"
    if form == "json":
        click.echo(json.dumps(versions, indent=2))
    else:
        click.echo(
            "\n".join(
                f"{name} {number}" for name, number in sorted(versions.items(), key=lambda i: i[0] != "kubenines")
            )
        )

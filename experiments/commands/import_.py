"""`kubenines import`."""

from pathlib import Path

import click

from experiments.commands.console import say


@click.command("import")
@click.argument("nodes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("pods", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Where to write.  [default: .]")
def import_(nodes: Path, pods: Path, output: Path | None) -> None:
    """Place an openb trace (NODES and PODS are its CSV files) over its recorded times.

    Writes nodes.yaml, Node manifests for `cluster.nodes` of an experiment, and placements.csv, a row per pod.
    """
    from experiments.traces.placed import PlacedTrace

    trace = PlacedTrace.of_openb(nodes, pods)
    for line in trace.summary():
        click.echo(line)
    for path in trace.save(output or Path()):
        say(f"wrote {path}")

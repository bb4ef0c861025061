"""`kubenines replay`."""

from pathlib import Path

import click


@click.command()
@click.argument("recording", type=click.Path(dir_okay=False))
@click.option("--output", required=True, type=click.Path(dir_okay=False, writable=True), help="Where to write.")
def replay(recording: str, output: str) -> None:
    """Do what a recording of the real control plane says was done, and write what the simulator did."""
    from simulator.replay import replay as act
    from simulator.replay import write

    write(act(Path(recording)), Path(output))

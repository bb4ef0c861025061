"""`kubenines replay`."""

from pathlib import Path

import click


@click.command()
@click.argument("recording", type=click.Path(dir_okay=False))
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, writable=True), help="Where to write.")
def replay(recording: str, output: str) -> None:
    """Do what a recording of the real control plane says was done, and write what the simulator did."""
    import json

    from simulator.replay import replay as act

    simulated = json.dumps(act(Path(recording)), indent=1)
    Path(output).write_text(simulated + "\n", encoding="utf-8")

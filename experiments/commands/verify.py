"""`kubenines verify`."""

import os

import click

from experiments.commands.console import FORMAT


@click.command()
@click.option("--quick", is_flag=True, help="A tenth of the simulated time, more where it takes more to be valid.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("-j", "--workers", type=click.IntRange(min=1), default=os.cpu_count() or 1, show_default="cores")
@FORMAT
def verify(quick: bool, seed: int, workers: int, form: str) -> int:
    """Simulate cases with exact answers; print the exact value, the estimate and its z-score."""
    from experiments import verify as verifying

    return int(verifying.main(form == "json", seed, verifying.QUICK if quick else 1.0, workers))

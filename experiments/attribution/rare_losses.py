"""What is kept of the losses in degraded periods that were begun on purpose: the columns of a table."""

from experiments.attribution.stages import Stage
from experiments.metrics.column import Column, columns

COLUMNS = columns(
    Column("cause", str, "Failure mode or operation; empty if nothing broke."),
    Column("stage", str, f"What the missing replicas waited for: {', '.join(Stage)}."),
    Column("lost", float, "Expected share of the window lost to this cause in this stage; they sum to unavailability."),
    Column("lengths_s", str, "Seconds lost to it by degraded period, those without any left out, as a JSON list."),
    Column("weights_per_s", str, "What each of these seconds counts for as a share of the window, as a JSON list."),
)
"""Columns of `rare_losses`, beside policy, replication and Service: a row for each cause and stage."""

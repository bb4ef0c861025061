"""Outages of a result folder, replayed: the replication is simulated again, and told from before the first cause."""

from collections.abc import Iterable
from itertools import groupby

from experiments.file.resolve import measured
from experiments.findings.outages import Outage, outages, typical, worst
from experiments.results import Results
from experiments.runner.again import rerun
from experiments.timeline.build import timeline
from experiments.timeline.timeline import Timeline


def replayed(results: Results, asked: Iterable[Outage]) -> list[Timeline]:
    """The timelines of some outages of these results, in the order asked for; each replication is simulated once.

    Raises what `experiments.runner.again.rerun` does.
    """
    goals = {goal.name: goal for goal in measured(results.resolved)}
    wanted = list(dict.fromkeys(asked))
    told: dict[Outage, Timeline] = {}
    for (policy, replication), same in groupby(sorted(wanted, key=_run_of), key=_run_of):
        run = rerun(results, policy, replication)
        for one in same:
            told[one] = timeline(run, goals[one.service], policy, one.start, one.end, one.cause)
    return [told[one] for one in wanted]


def _run_of(outage: Outage) -> tuple[str, int]:
    return outage.policy, outage.replication


def worst_and_typical(results: Results) -> dict[str, list[Timeline]]:
    """For each Service with outages the timeline of the longest one, and of one of median length if that is another."""
    chosen: dict[str, list[Outage]] = {}
    every = outages(results)
    for service in results.services:
        if among := [outage for outage in every if outage.service == service]:
            chosen[service] = list(dict.fromkeys((worst(among), typical(among))))
    found = iter(replayed(results, (outage for asked in chosen.values() for outage in asked)))
    return {service: [next(found) for _ in asked] for service, asked in chosen.items()}

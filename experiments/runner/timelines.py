"""Outages of a result folder, replayed: the replication is simulated again, and told from before the first cause."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from experiments.file.resolve import measured
from experiments.findings.outages import Outage, outages, typical, worst
from experiments.results import Results
from experiments.runner.again import rerun
from experiments.timeline.build import timeline
from experiments.timeline.timeline import Replays, Timeline
from models.input.problems import InputError, Refusal

MOST_SERVICES, MOST_TRANSITIONS = 3, 300_000
"""Services whose outages a report shows, and transitions that it takes at most to simulate them again: some seconds."""


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


def worst_and_typical(results: Results, services: Sequence[str] | None = None) -> dict[str, list[Timeline]]:
    """For each Service (all) with outages the timeline of the longest, and of one of median length if that is another.

    Raises what `experiments.runner.again.rerun` does.
    """
    chosen = _chosen(results, results.services if services is None else services)
    found = iter(replayed(results, (outage for asked in chosen.values() for outage in asked)))
    return {service: [next(found) for _ in asked] for service, asked in chosen.items()}


def _chosen(results: Results, services: Iterable[str]) -> dict[str, list[Outage]]:
    """The longest outage of each Service that has one, and that of median length if it is another."""
    every = outages(results)
    among = {service: [outage for outage in every if outage.service == service] for service in services}
    return {service: list(dict.fromkeys((worst(of), typical(of)))) for service, of in among.items() if of}


def of_report(results: Results) -> Replays:
    """The timelines that a report shows: of few Services, those with an objective first, so that it is soon done.

    The same of equal results, however long it takes: by the number of transitions.
    """
    chosen = _chosen(results, results.plot.featured())
    if results.path is None or not chosen:
        return Replays({})
    shown = _soon_done(results, dict(list(chosen.items())[:MOST_SERVICES]))
    if not shown:
        return Replays({}, f"to simulate the longest again takes more than {MOST_TRANSITIONS:,} transitions")
    try:
        return Replays(worst_and_typical(results, shown))
    except (InputError, Refusal) as error:
        # told in the folder itself, wherever that is
        return Replays({}, str(error).replace(f"{results.path}/", "").replace(f"{results.path}: ", ""))


def _soon_done(results: Results, chosen: Mapping[str, Sequence[Outage]]) -> list[str]:
    """The first of the Services: as many as take at most `MOST_TRANSITIONS` to be simulated again."""
    transitions = results.cells.set_index(["policy", "replication"])["transitions"]
    shown: list[str] = []
    runs: set[tuple[str, int]] = set()
    for service, asked in chosen.items():
        runs.update(map(_run_of, asked))
        if sum(int(transitions[run]) for run in runs) > MOST_TRANSITIONS:
            break
        shown.append(service)
    return shown

"""A rollout: how many pods there are of each revision, ready and not, over time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.plots import drawing, run_frame
from experiments.plots.pods import Spell, State, selected_by, spells
from models.arrays import Floats
from simulator.log import Kind, TransitionLog
from simulator.run import Run
from simulator.step_function import StepFunction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STANDINGS = {"ready": (State.READY, State.BELIEVED), "terminating": (State.TERMINATING,)}
"""How pods of a revision are counted; whatever else they do they are not ready."""
_HATCHES = {"ready": "", "not ready": "////", "terminating": "...."}


def stack(run: Run, service: str, start: float, end: float, basis: str, ax: "Axes | None" = None) -> "Axes":
    """Pods behind a Service by revision and standing, between two times in seconds since failures began.

    With the replicas that are desired, and the endpoints that answer.
    """
    from matplotlib.ticker import MaxNLocator

    log = run_frame.log_of(run)
    found = spells(log, selected_by(log, service), start, end)
    revisions = _revisions(log, service, {spell.pod for spell in found})
    times = np.unique([start, end, *(time for spell in found for time in (spell.start, spell.end))])
    ax = drawing.axes(ax, (9.5, 4.2))
    below: Floats = np.zeros(len(times))
    for number, revision in enumerate(sorted(set(revisions.values()))):
        colour = drawing.COLOURS[number % 6]
        for standing, hatch in _HATCHES.items():
            mine = [spell for spell in found if revisions[spell.pod] == revision and _standing(spell) == standing]
            counts = _counts(mine, times)
            if not counts.any():
                continue
            ax.fill_between(
                times - start,
                below,
                below + counts,
                step="post",
                fc="#ffffff" if hatch else colour,
                ec=colour,
                hatch=hatch,
                lw=0.4,
                label=f"{drawing.literal(revision[1])}, {standing}",
            )
            below = below + counts
    history = run.services[service]
    _line(ax, history.desired, start, end, "desired replicas", {"color": drawing.GREY, "ls": (0, (6, 3)), "lw": 1.4})
    _line(ax, history.answering, start, end, "endpoints that answer", {"color": "#000000", "lw": 2.0})
    ax.set_ylim(0, max(float(below.max(initial=0.0)), 1.0) * 1.08)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylabel("pods")
    run_frame.time(ax, start, end)
    shows = "areas: pods by revision; dots: those that are being deleted"
    return drawing.finish(ax, f"Rollout behind {service}", basis, shows, "y")


def _line(ax: "Axes", function: StepFunction, start: float, end: float, label: str, style: Mapping[str, Any]) -> None:
    """A count between two times, as far as it was measured."""
    first, last = max(start, function.start), min(end, function.end)
    if first < last:
        of = function.clip(first, last)
        x = np.append(of.times, of.end) - start
        ax.step(x, np.append(of.values, of.values[-1]), where="post", label=label, **style)


def _standing(spell: Spell) -> str:
    return next((name for name, states in STANDINGS.items() if spell.state in states), "not ready")


def _counts(found: list[Spell], times: Floats) -> Floats:
    """How many of the spells are under way from each time on."""
    begun, over = (np.sort([getattr(spell, end) for spell in found]) for end in ("start", "end"))
    return (np.searchsorted(begun, times, "right") - np.searchsorted(over, times, "right")).astype(np.float64)


def _revisions(log: TransitionLog, service: str, pods: set[int]) -> Mapping[int, tuple[int, str]]:
    """Pod -> its revision, as a number that orders them and a name.

    Pods of Deployments are named after their ReplicaSet; of others they are of the revision of when they were made.
    """
    number = list(log.names["SERVICE"]).index(service)
    changes = [
        time
        for kind in (Kind.STATEFULSET_REVISION, Kind.DAEMONSET_REVISION)
        for time, subject in log.of_kind(kind)[:, (0, 2)].tolist()
        if number in log.in_front_of[kind.name.partition("_")[0]][int(subject)]
    ]
    replica_sets = set(log.names["REPLICASET"])
    made = {int(pod): time for time, pod in log.of_kind(Kind.POD_PHASE)[::-1][:, (0, 2)].tolist()}
    found = {}
    for pod in pods:
        owner = log.names["POD"][pod].rpartition("-")[0]
        if owner in replica_sets:
            found[pod] = int(owner.rpartition("-r")[2]), owner
        else:
            revision = sum(time <= made[pod] for time in changes)
            found[pod] = revision, f"revision {revision}"
    return found

"""Builds the timeline of an outage from a run that kept its log."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from experiments.attribution.missing import missing_replicas
from experiments.attribution.stages import Spell
from experiments.design.goal import ServiceGoal, needed
from experiments.timeline import span
from experiments.timeline.events import PROCESSES, EventRecorder, repeated
from experiments.timeline.states import ANSWERING, READY_NODE, States, Transition
from experiments.timeline.timeline import Endpoints, Event, EventType, Interval, Row, RowKind, Timeline
from models.units import counted, format_duration
from simulator.log import Kind, TransitionLog
from simulator.processes import Process
from simulator.run import Run, ServiceHistory, histories

MOST_PODS, MOST_NODES, MOST_EVENTS = 40, 20, 400
"""How many of each are shown; of others it is said how many there are."""
CAME_BEFORE = 600.0
"""Seconds before replicas are missing in which a transition with the same cause is where it began: a rollout."""


def timeline(run: Run, goal: ServiceGoal, policy: str, start: float, end: float, cause: str) -> Timeline:
    """The outage of a Service over [start, end), seconds since measuring began; `cause` is what the tables name.

    ValueError if the run kept no log.
    """
    log = run.log
    if log is None:
        raise ValueError("the run kept no log")
    service = list(log.names["SERVICE"]).index(goal.name)
    began, over = start + run.start, end + run.start
    spells = span.about(missing_replicas(log, [goal.name], run.end)[goal.name], began)
    rows = _transitions(log, service, {spell.cause for spell in spells})
    begin, until = span.story(spells, began, over)
    begin = _first_cause(log, rows, spells, (begin, began, over))
    remarks = list(_not_over(spells, began, over, until, run))
    begin, until = span.with_margin(begin, until)
    until = min(until, run.end)

    states, events = _read(log, service, rows, begin, until)
    events = repeated(events, began, over)
    shown, left_out = _shown(log, states, begin, until)
    history = histories(log, begin, until)[goal.name]
    events = [*_about(events, shown), *_outage(goal, history, began, over, run.end)]
    if len(events) > MOST_EVENTS:
        further = counted(len(events) - MOST_EVENTS, "further event")
        remarks.append(f"Not shown: {further}, normal ones before others, the latest first.")
    down = [Interval(a, b, "down") for a, b in goal.predicate.up(history).intervals_below(0.5).tolist()]
    return Timeline(
        service=goal.name,
        policy=policy,
        replication=run.replication,
        start=start,
        length=end - start,
        cause=cause,
        begin=begin - began,
        end=until - began,
        rows=tuple(
            replace(row, intervals=tuple(_shifted(row.intervals, began)))
            for row in (Row(RowKind.OUTAGE, goal.name, tuple(down)), *_causes(spells, begin, until), *shown)
        ),
        endpoints=tuple(_endpoints(history, began)),
        events=tuple(_since(event, began) for event in _most_telling(events)),
        remarks=(*left_out, *remarks),
    )


# --- what is read, and from when --------------------------------------------------------------------------------------


def _transitions(log: TransitionLog, service: int, causes: Container[str]) -> list[Transition]:
    """The rows about the Service, its pods and the workloads behind it, and about all nodes and processes.

    And about ConfigMaps and Secrets, as far as they were changed by one of the `causes`.
    """
    behind = {name: {i for i, of in enumerate(services) if service in of} for name, services in log.in_front_of.items()}
    pods = {uid for uid, services in enumerate(log.selected_by) if service in services}
    owners = {log.names["POD"][uid].rpartition("-")[0] for uid in pods}
    replica_sets = {i for i, name in enumerate(log.names["REPLICASET"]) if name in owners}
    ours = {"SERVICE": {service}, "POD": pods, "REPLICASET": replica_sets, **behind}
    every = {"NODE", "COMPONENT", "DNS"}
    rows = log.columns()
    keep = np.zeros(len(rows), dtype=bool)
    for kind in Kind:
        group = kind.name.partition("_")[0]
        of_kind = rows[:, 1] == kind
        if group in every:
            keep |= of_kind
        elif group in ours:
            keep |= of_kind & np.isin(rows[:, 2], sorted(ours[group]))
    to_blame = [number for number, cause in enumerate(log.causes) if cause and cause in causes]
    keep |= (rows[:, 1] == Kind.CONFIGURATION_GENERATION) & np.isin(rows[:, 5], to_blame)
    return [Transition(time, *map(int, codes)) for time, *codes in rows[keep].tolist()]


def _first_cause(
    log: TransitionLog, rows: Iterable[Transition], spells: Iterable[Spell], times: tuple[float, float, float]
) -> float:
    """When what the outage is due to began to act, if that is before replicas were missing: at most `CAME_BEFORE`."""
    begin, began, over = times
    causes = {log.causes.index(s.cause) for s in spells if s.cause and s.start < over and s.end > began}
    return next((row.time for row in rows if row.cause in causes and begin - CAME_BEFORE <= row.time < begin), begin)


def _not_over(spells: Iterable[Spell], began: float, over: float, until: float, run: Run) -> Iterator[str]:
    """What lies beyond the time that is measured, or told of."""
    if began <= run.start:
        yield "The outage began when measuring did, or before."
    if over >= run.end:
        yield "The outage is not over at the end of the run."
    elif any(spell.start < until < spell.end for spell in spells):
        yield "Not all replicas answer again by the end of the timeline."


def _read(
    log: TransitionLog, service: int, rows: Iterable[Transition], begin: float, until: float
) -> tuple[States, list[Event]]:
    """The states until the end, and what happened from the beginning on."""
    states = States(log, service)
    recorder = EventRecorder(log, states, log.names["SERVICE"][service])
    for row in rows:
        if row.time >= until:
            break
        states.read(row)
        if row.time >= begin:
            recorder.record(row)
    return states, recorder.finish(until)


# --- rows -------------------------------------------------------------------------------------------------------------


def _causes(spells: Iterable[Spell], begin: float, until: float) -> Iterator[Row]:
    for cause, intervals in span.by_cause(spells, begin, until).items():
        yield Row(
            RowKind.CAUSE,
            cause or "nothing broke",
            tuple(Interval(start, end, "replicas missing", cause) for start, end in intervals),
        )


def _shown(log: TransitionLog, states: States, begin: float, until: float) -> tuple[list[Row], list[str]]:
    """Rows of processes, nodes and pods, those that were unwell longest if there are too many; what is left out."""
    found: dict[str, list[tuple[int, Row]]] = {"process": [], "node": [], "pod": []}
    for what, number in states.seen:
        intervals = [
            replace(each, start=max(each.start, begin), end=min(each.end, until))
            for each in states.intervals(what, number, until)
            if each.end > begin
        ]
        if intervals:
            found[what].append((number, Row(RowKind(what), _name(log, what, number), tuple(intervals))))
    pods = _most(found["pod"], ANSWERING, MOST_PODS)
    hosts = {states.node_of[uid] for uid, _ in pods if uid in states.node_of}
    nodes = _most([each for each in found["node"] if each[0] in hosts], READY_NODE, MOST_NODES)
    rows = [row for _, row in found["process"]] + [row for _, row in nodes]
    for uid, row in pods:
        on = log.names["NODE"][states.node_of[uid]] if uid in states.node_of else ""
        rows.append(replace(row, note=on))
    left_out = []
    if further := len(found["pod"]) - len(pods):
        left_out.append(f"Not shown: {counted(further, 'further pod')}, those that answered longest.")
    if further := len(hosts) - len(nodes):
        left_out.append(f"Not shown: {counted(further, 'further node')}, those that were well longest.")
    return rows, left_out


def _name(log: TransitionLog, what: str, number: int) -> str:
    if what == "process":
        return PROCESSES[list(Process)[number]]
    return log.names[what.upper()][number]


def _most(rows: Sequence[tuple[int, Row]], well: str, most: int) -> list[tuple[int, Row]]:
    """At most so many, in their order: those that were longest in another state."""

    def unwell(number_and_row: tuple[int, Row]) -> float:
        return sum(each.end - each.start for each in number_and_row[1].intervals if each.state != well)

    kept = {number for number, _ in sorted(rows, key=lambda each: (-unwell(each), each[0]))[:most]}
    return [each for each in rows if each[0] in kept]


# --- endpoints and events ---------------------------------------------------------------------------------------------


def _endpoints(history: ServiceHistory, began: float) -> Iterator[Endpoints]:
    """The counts at each change, relative to the beginning of the outage."""
    functions = history.answering, history.ready, history.desired
    times = np.unique(np.concatenate([of.times for of in functions]))
    counts = np.column_stack([of.at(times) for of in functions]).astype(int).tolist()
    for time, (answering, listed, desired) in zip(times.tolist(), counts, strict=True):
        yield Endpoints(time - began, answering, listed, desired)


def _about(events: Iterable[Event], shown: Iterable[Row]) -> Iterator[Event]:
    """Events of the pods and nodes that are shown, and of all that is neither."""
    names = {f"{row.kind.capitalize()}/{row.name}" for row in shown}
    names |= {f"Pod/{process}" for process in PROCESSES.values()}
    return (event for event in events if not event.object.startswith(("Node/", "Pod/")) or event.object in names)


def _outage(goal: ServiceGoal, history: ServiceHistory, began: float, over: float, end: float) -> Iterator[Event]:
    """The outage itself: its beginning and its end."""

    def counts(time: float) -> tuple[int, int]:
        answering, desired = (int(of.at(np.array([time]))[0]) for of in (history.answering, history.desired))
        return answering, desired

    def told(time: float, reason: str, message: str) -> Event:
        return Event(time, EventType.FACT, reason, f"Service/{goal.name}", message)

    answering, desired = counts(began)
    enough = needed(goal.predicate, desired)
    asked = f"at least {enough} must" if enough <= desired else "more are needed than are desired"
    yield told(began, "OutageBegins", f"{goal.name} is down: {answering} of {desired} answer, {asked}")
    if over < end:
        answering, desired = counts(over)
        took = format_duration(over - began)
        yield told(over, "OutageEnds", f"{goal.name} is up again after {took}: {answering} of {desired} answer")


def _most_telling(events: Iterable[Event]) -> list[Event]:
    """At most `MOST_EVENTS`, in order of time: those of the Service, then what is not as it should be, the first."""
    ordered = sorted(events, key=lambda event: event.time)

    def rank(number: int) -> tuple[bool, bool, int]:
        event = ordered[number]
        return not event.object.startswith("Service/"), event.type is EventType.NORMAL, number

    kept = sorted(range(len(ordered)), key=rank)[:MOST_EVENTS]
    return [ordered[number] for number in sorted(kept)]


def _shifted(intervals: Iterable[Interval], began: float) -> Iterator[Interval]:
    return (replace(each, start=each.start - began, end=each.end - began) for each in intervals)


def _since(event: Event, began: float) -> Event:
    return replace(event, time=event.time - began, until=None if event.until is None else event.until - began)

"""A timeline put together by hand."""

from experiments.timeline.timeline import Endpoints, Event, EventType, Interval, Row, RowKind, Timeline

OUTAGE = Timeline(
    service="web",
    policy="as-shipped",
    replication=3,
    start=86400.0 * 2.5,
    length=9540.0,
    cause="node-crash",
    begin=-300.0,
    end=9900.0,
    rows=(
        Row(RowKind.OUTAGE, "web", (Interval(0.0, 9540.0, "down"),)),
        Row(RowKind.CAUSE, "node-crash/a-1", (Interval(0.0, 9540.0, "replicas missing", "node-crash/a-1"),)),
        Row(RowKind.NODE, "a-1", (Interval(-300.0, 0.0, "Ready"), Interval(0.0, 9900.0, "down, NotReady"))),
        Row(RowKind.POD, "web-r0-0", (Interval(-300.0, 0.0, "answering"), Interval(0.0, 9900.0, "tolerated")), "a-1"),
    ),
    endpoints=(
        Endpoints(-300.0, 1, 1, 1),
        Endpoints(0.0, 0, 1, 1),
        Endpoints(52.3, 0, 0, 1),
        Endpoints(9540.0, 1, 1, 1),
    ),
    events=(
        Event(-12.34, EventType.NORMAL, "Scheduled", "Pod/web-r0-0", "Successfully assigned web-r0-0 to a-1"),
        Event(0.0, EventType.FACT, "NodeDown", "Node/a-1", "The node is down, and all that runs on it: node-crash"),
        Event(52.3, EventType.WARNING, "BackOff", "Pod/web-r0-0", "Back-off restarting failed container", 7, 352.3),
        Event(9540.0, EventType.FACT, "OutageEnds", "Service/web", "web is up again after 2h39m: 1 of 1 answer"),
    ),
    remarks=("Not shown: 2 further pods, those that answered longest.",),
)

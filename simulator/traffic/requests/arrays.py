"""What request-level traffic keeps, in arrays: named tuples, which numba understands as Python does."""

from typing import Final, NamedTuple

from models.arrays import Floats, Ints

DEAD, REMOVED, NONE, OVERLOAD, RESET, TIMEOUT, OPEN, ERROR = range(8)
"""Why an attempt fails: the endpoint is listed and dead; being deleted or gone, though the client does not know yet;
there is none; it has no room; it died before it had answered; the client gave up waiting; its circuit was open; it was
answered by an error, or too late."""
REASONS: Final = 8

RETRY, DEADLINE, RETURN, HEDGE = 0, 1, 2, 3

ANSWERED, LOST, RETRIES, WAITED, SENT, SHED = range(6)
LATENCY, WAIT, WORST, TOKENS, RESULTS, FAILURES, COUNTED, OPEN_UNTIL = range(8)
EVENTS, FREE, TALLEST, NEXT, NEEDED, TRIAL = range(6)

UNOPENED, BROKEN = -1, -2
"""Where a connection leads, if not to an endpoint: nowhere yet; BROKEN minus an endpoint: to one that has stopped
answering since, which no client has noticed."""

OCTAVES: Final = 64
"""In the histogram of latencies, the first beginning at 2**-32 s."""
STEPS: Final = 64
"""Equal parts of an octave: latencies are known to 1/64."""
BURST: Final = 100.0
"""Unused retries that a budget may save up."""


class Rules(NamedTuple):
    """What stays the same over a run."""

    compares: int
    """1: the choice looks at requests in progress, not at open connections."""
    sharing: int
    """1: processor sharing; 0: first come, first served."""
    cores: int
    """Requests worked on at the same time, first come, first served."""
    at_full_speed: float
    """Requests worked on at the same time without slowing down, processor sharing."""
    limit: int
    """Requests at an endpoint at most, those that wait included."""
    attempts: int
    """Retries of a request at most."""
    elsewhere: int
    """1: a retry goes to an endpoint that was not tried yet."""
    cut: int
    """1: the network between pods is cut at some time."""
    guarded: int
    """1: there is a longest wait, a circuit breaker or hedging; else nothing of these is looked at."""
    ejects_after: int
    """Failures in a row after which a client's proxy leaves an endpoint out; 0: never."""
    clients: int
    """Different clients per proxy."""
    connections: int
    """Connections per proxy; 0: none is used again."""
    timeout: float
    """Seconds until a client gives up an attempt; 0: never, and attempts at dead endpoints fail at once."""
    backoff: float
    longest_backoff: float
    hedge_after: float
    """Seconds after which an attempt is joined by another; infinite: never."""
    jitter: float
    budget: float
    longest_wait: float
    """Seconds that a request may wait before it is worked on; infinite: for ever."""
    threshold: float
    """The share of failed attempts from which on the circuit opens; 0: never."""
    window: float
    open_for: float
    ejection: float
    """Seconds that an endpoint is left out for the first time."""
    longest_ejection: float
    most_ejected: float
    """The share of endpoints left out at most; one may always be."""
    longest_connection: float
    """Seconds after which a connection is opened anew; infinite: never."""
    parameters: Floats
    """The numbers that the balancing policy goes by, in its own order."""


class Endpoints(NamedTuple):
    """By endpoint; the arrays of two dimensions by row, which an endpoint has while it exists."""

    row: Ints
    alive: Ints
    reason: Ints
    """Why attempts fail, if not alive; so `cause`."""
    cause: Ints
    failing: Ints
    """Of 2**32 attempts, how many it fails though it is alive; negative: it answers too late."""
    failed_by: Ints
    """The cause of that."""
    active: Ints
    """Requests that were sent to it and have not come back."""
    connections: Ints
    """Kept by clients, broken ones included until they notice."""
    weights: Floats
    arrived: Ints
    answered: Ints
    soonest: Floats
    """When it will have finished something, if nothing else comes; infinite if it has nothing to do."""
    size: Ints
    """By row: requests there, those that nobody waits for any more included."""
    due: Floats
    """By row, a heap: when each will be done (sharing: at which `progress`)."""
    who: Ints
    free: Floats
    """By row, a heap: when each core will be free."""
    progress: Floats
    """By row: work that each request present since the beginning would have got by `clock`."""
    clock: Floats


class Flight(NamedTuple):
    """Requests that are neither answered nor lost, by slot."""

    arrived: Floats
    work: Floats
    key: Ints
    proxy: Ints
    attempt: Ints
    endpoint: Ints
    held: Ints
    """1: the endpoint has it."""
    abandoned: Ints
    """1: the client has given it up."""
    mark: Ints
    """Counts up when what was to come for the slot will not."""
    tried: Ints
    twin: Ints
    """The other attempt of the same request that is under way, -1 none."""
    free: Ints
    """A stack of free slots."""


class Proxies(NamedTuple):
    """By place where clients are."""

    listed: Ints
    listed_size: Ints
    """What routing has left of the endpoints."""
    table: Ints
    size: Ints
    """What routing has left of the endpoints, without those ejected."""
    cause: Ints
    """Why the table is empty."""
    parted: Ints
    """By proxy and endpoint: why the endpoint is out of reach, a cause; 0 if it is not."""
    connected: Ints
    """By proxy and connection: the endpoint it leads to, UNOPENED, or BROKEN minus an endpoint; so `since`."""
    since: Floats
    """When it was opened."""
    memory: Ints
    stamps: Floats
    failures: Ints
    """By proxy and endpoint: in a row."""
    ejections: Ints
    out_until: Floats
    scratch: Ints


class Agenda(NamedTuple):
    """A heap of what is to come: retries, deadlines, hedges, returns of ejected endpoints."""

    time: Floats
    kind: Ints
    slot: Ints
    mark: Ints


class Tally(NamedTuple):
    """What became of the requests."""

    counts: Ints
    lost: Ints
    """By reason and cause."""
    histogram: Ints
    """Latencies of requests answered."""
    sums: Floats
    """Of latencies and waits; tokens of the budget; of the circuit: counts that fade, since when, and until when it is
    open (0: it is closed; infinite: an attempt is under way to find out)."""
    numbers: Ints
    """How many there are of: agenda entries, free slots, requests at the endpoint that had the most; the next arrival;
    room that the agenda needs; the slot whose attempt decides about the circuit, -1 none."""


class State(NamedTuple):
    """A run at some moment; the arrays change in place."""

    rules: Rules
    ends: Endpoints
    flight: Flight
    proxies: Proxies
    agenda: Agenda
    tally: Tally


class Arrivals(NamedTuple):
    """A batch of requests in order of time."""

    time: Floats
    work: Floats
    key: Ints
    proxy: Ints

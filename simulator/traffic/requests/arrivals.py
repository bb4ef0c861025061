"""When requests come, from where, and how much work they are, drawn many at a time."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from models.arrays import Floats
from models.request_level import Batches, Bursts, Poisson, RecordedTimes
from models.traffic import RequestRate, Traffic
from simulator.streams import Streams
from simulator.traffic.keys import WORD
from simulator.traffic.proxies import Proxy
from simulator.traffic.requests.allocation import batch
from simulator.traffic.requests.arrays import Arrivals
from simulator.traffic.samples import samples

CHUNK = 1 << 15
"""About so many requests are in memory at once."""


def batches(
    traffic: Traffic,
    arrivals: Poisson | Bursts | Batches | RecordedTimes,
    start: float,
    end: float,
    places: Sequence[Proxy],
    streams: Streams,
) -> Iterator[Arrivals]:
    """The requests of a Service in [start, end), in order of time, in batches of about `CHUNK`; none is empty."""

    def stream(name: str) -> np.random.Generator:
        return streams.stream(f"traffic/{traffic.service}/{name}")

    works, keys = stream("work"), stream("keys")
    shares = np.cumsum([place.weight for place in places])
    where = stream("places") if len(places) > 1 else None
    for found in times(arrivals, traffic.rate, start, end, stream("arrivals")):
        if count := len(found):
            yield batch(
                found,
                samples(traffic.service_time, count, works),
                keys.integers(WORD, size=count),
                np.minimum(np.searchsorted(shares, where.random(count), side="right"), len(shares) - 1)
                if where
                else np.zeros(count, np.int64),
            )


def times(
    arrivals: Poisson | Bursts | Batches | RecordedTimes,
    rate: RequestRate,
    start: float,
    end: float,
    rng: np.random.Generator,
) -> Iterator[Floats]:
    """The times of all requests in [start, end), in order, in arrays of about `CHUNK`."""
    match arrivals:
        case Poisson():
            for begin, stop, level in _pieces(rate, start, end):
                yield from _poisson(level, begin, stop, rng)
        case Bursts():
            yield from _bursts(arrivals, rate, start, end, rng)
        case Batches(size):
            at_once = max(1, int(CHUNK / size))
            for begin, stop, level in _pieces(rate, start, end):
                for epochs in _poisson(level / size, begin, stop, rng):
                    for some in np.split(epochs, range(at_once, len(epochs), at_once)):
                        yield np.repeat(some, rng.geometric(1 / size, len(some)))
        case RecordedTimes(recorded):
            all_times = np.array(recorded)
            inside = all_times[(all_times >= start) & (all_times < end)]
            yield from (inside[i : i + CHUNK] for i in range(0, len(inside), CHUNK))


def _pieces(rate: RequestRate, start: float, end: float) -> Iterator[tuple[float, float, float]]:
    begins, levels = rate.pieces(start, end)
    ends = np.append(begins[1:], end)
    yield from zip(begins.tolist(), ends.tolist(), levels.tolist(), strict=True)


def _poisson(rate: float, start: float, end: float, rng: np.random.Generator) -> Iterator[Floats]:
    now = start
    while rate > 0 and now < end:
        expected = (end - now) * rate
        count = int(min(CHUNK, expected + 6 * math.sqrt(expected) + 10))
        found = now + np.cumsum(rng.standard_exponential(count)) / rate
        now = float(found[-1])
        # What was drawn beyond the end may be thrown away: the process has no memory.
        yield found if now < end else found[: np.searchsorted(found, end)]


def _bursts(law: Bursts, rate: RequestRate, start: float, end: float, rng: np.random.Generator) -> Iterator[Floats]:
    now = start
    bursting = rng.random() < law.burst / (law.burst + law.pause)
    while now < end:
        until = now + (law.burst if bursting else law.pause) * rng.standard_exponential()
        if bursting:
            for begin, stop, level in _pieces(rate, now, min(until, end)):
                yield from _poisson(level * (law.burst + law.pause) / law.burst, begin, stop, rng)
        now, bursting = until, not bursting

"""Request-level traffic: every request of a Service by itself, given what happened to its endpoints.

It sees what fluid traffic sees (`simulator.traffic.fluid`) and keeps to the same rules, and it adds what only single
requests have: queues, latencies, requests that are cut off when their endpoint dies, and balancing that goes by them.
Memory does not grow with the number of requests. Random streams: `traffic/<service>/arrivals`, `/work`, `/keys`,
and `/places` if there is more than one place where clients are.
"""

import math

from models.cluster import Cluster
from models.request_level import RequestLevel
from models.traffic import Traffic
from simulator.streams import Streams
from simulator.traffic.balancing import Balancing
from simulator.traffic.balancing.uniform_random import Random
from simulator.traffic.endpoints import EndpointHistory
from simulator.traffic.proxies import lists, proxies
from simulator.traffic.requests import allocation
from simulator.traffic.requests.answers import Answers, counted
from simulator.traffic.requests.arrivals import batches
from simulator.traffic.requests.changes import Changes, causes
from simulator.traffic.requests.driver import Driver
from simulator.traffic.views import endpoint_weights


def requests(
    traffic: Traffic,
    level: RequestLevel,
    history: EndpointHistory,
    cluster: Cluster,
    streams: Streams,
    at_full_speed: float | None = None,
) -> Answers:
    """What becomes of a Service's requests, given what happened to its endpoints.

    `at_full_speed`: how many requests an endpoint that shares its processor works on without slowing down, if it is not
    `level` that says so; 0.5: one takes twice its time.
    """
    known = lists(history)
    places = proxies(traffic, known, cluster, streams, history.proxies_away, history.cuts)
    balancing: Balancing = traffic.balancing or Random()
    numbers = causes(history)
    state = allocation.state(
        allocation.rules(traffic, level, balancing, at_full_speed, bool(history.cuts)),
        cells=balancing.cells(level.clients),
        places=len(places),
        listed=max((len(one.listed) + len(one.terminating) for one in known), default=0),
        causes=len(numbers),
        weights=endpoint_weights(traffic, history, cluster),
    )
    driver = Driver(balancing.choose, state)
    changes = Changes(traffic.routing or (), history, known, places, numbers, driver)
    for batch in batches(traffic, level.arrivals, history.start, history.end, places, streams):
        last = float(batch.time[-1])
        driver.take(batch)
        changes.apply(last)
        driver.serve(last)
    driver.take(allocation.NOTHING)
    changes.apply(math.inf)
    driver.serve(math.inf)  # as things stand at the end, they stay
    return counted(traffic.service, driver.state, list(numbers))

"""Connections that clients keep and use again, compiled as part of `simulator.traffic.requests.loop`.

The balancing policy chooses an endpoint when a connection is opened, and what comes over it goes there, listed or not:
kube-proxy never resets a connection. It lasts until somebody finds that the endpoint has stopped answering since it was
opened, or until it is too old.
"""

from simulator.traffic.keys import draw
from simulator.traffic.requests.arrays import BROKEN, UNOPENED, Endpoints, Flight, Proxies, Rules

_CONNECTION = 102
"""Which of a key's draws says over which connection a request comes: one that no choice uses."""


def connection(rules: Rules, key: int) -> int:
    """Which of its proxy's connections a request comes over."""
    return (draw(key, _CONNECTION) * rules.connections) >> 32


def kept(rules: Rules, ends: Endpoints, proxies: Proxies, proxy: int, number: int, now: float) -> int:
    """What a connection leads to: an endpoint, BROKEN minus one that stopped, UNOPENED if it must be opened first."""
    found = proxies.connected[proxy, number]
    if found != UNOPENED and now - proxies.since[proxy, number] >= rules.longest_connection:
        close(ends, proxies, proxy, number)
        return UNOPENED
    return int(found)


def open_to(ends: Endpoints, proxies: Proxies, proxy: int, number: int, endpoint: int, now: float) -> None:
    """A new connection to an endpoint; broken from the beginning if nobody answers there."""
    proxies.connected[proxy, number] = endpoint if ends.alive[endpoint] == 1 else BROKEN - endpoint
    proxies.since[proxy, number] = now
    ends.connections[endpoint] += 1


def close(ends: Endpoints, proxies: Proxies, proxy: int, number: int) -> None:
    """Whoever comes next opens it anew."""
    found = proxies.connected[proxy, number]
    ends.connections[found if found >= 0 else BROKEN - found] -= 1
    proxies.connected[proxy, number] = UNOPENED


def find_out(rules: Rules, ends: Endpoints, flight: Flight, proxies: Proxies, slot: int, state: int) -> None:
    """A request has failed over a connection in this state: it is closed, unless that was done since."""
    if rules.connections > 0:
        number = connection(rules, flight.key[slot])
        if proxies.connected[flight.proxy[slot], number] == state:
            close(ends, proxies, flight.proxy[slot], number)

"""Queues, balancing between them, and endpoints that are listed although they are dead.

Times in seconds. `load` is the offered load of one server (its utilisation, rho), `servers` their number.
"""

import math
from itertools import combinations, pairwise

import numpy as np

# --- one queue --------------------------------------------------------------------------------------------------------


def erlang_b(servers: int, offered: float) -> float:
    """P(all servers busy, no waiting room), `offered` in erlangs; Poisson arrivals, any service law (Erlang 1917)."""
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return blocked


def erlang_c(servers: int, offered: float) -> float:
    """P(a request waits) in M/M/c, first come, first served."""
    blocked = erlang_b(servers, offered)
    return servers * blocked / (servers - offered * (1 - blocked))


def mean_wait(servers: int, offered: float, service: float) -> float:
    """Mean waiting time in M/M/c, over all requests, with the mean service time `service`."""
    return erlang_c(servers, offered) * service / (servers - offered)


def shared_response(load: float, size: float) -> float:
    """Mean response time of a request of this size in M/G/1 with processor sharing; any service law."""
    return size / (1 - load)


# --- many queues ------------------------------------------------------------------------------------------------------


def random_response(load: float, service: float) -> float:
    """Mean response time if requests are spread at random: every server is M/M/1."""
    return service / (1 - load)


def round_robin_response(servers: int, load: float, service: float) -> float:
    """Mean response time if requests are dealt in turn: every server is E_n/M/1.

    s, the least root of s = (n rho / (n rho + 1 - s))^n, is the chance that the server is busy at an arrival.
    """
    from scipy.optimize import brentq

    if servers == 1:
        return random_response(load, service)
    rate = servers * load
    busy = brentq(lambda s: (rate / (rate + 1 - s)) ** servers - s, 0.0, 1 - 1e-9, xtol=1e-15, rtol=1e-14)
    return float(service / (1 - busy))


def central_response(servers: int, load: float, service: float) -> float:
    """Mean response time of one queue before all servers, M/M/n: a lower reference for balancing."""
    return service + mean_wait(servers, servers * load, service)


def shortest_of_response(servers: int, choices: int, load: float, service: float, longest: int = 80) -> float:
    """Mean response time if each request joins the shortest of `choices` different servers; exponential service.

    With `choices` equal to `servers` this is join the shortest queue. The chain of the sorted queue lengths, cut off at
    `longest`, by sparse linear algebra, and Little's law.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import spsolve

    states = [
        tuple(lengths) for lengths in np.ndindex(*(longest + 1,) * servers) if all(a >= b for a, b in pairwise(lengths))
    ]
    number = {state: i for i, state in enumerate(states)}
    picks = list(combinations(range(servers), choices))
    rows, columns, rates = [], [], []
    for state, i in number.items():
        moves = []
        for pick in picks:
            shortest = min(state[place] for place in pick)
            moves.append((state.index(shortest), 1, servers * load / len(picks)))
        moves += [(servers - 1 - state[::-1].index(length), -1, state.count(length)) for length in set(state) if length]
        for place, step, rate in moves:
            after = tuple(sorted((*state[:place], state[place] + step, *state[place + 1 :]), reverse=True))
            if after in number:
                rows += [number[after], i]
                columns += [i, i]
                rates += [rate, -rate]
    places = (np.array(rows), np.array(columns))
    matrix = coo_matrix((np.array(rates), places), shape=(len(states),) * 2).tolil()
    matrix[0, :] = 1.0
    shares = spsolve(matrix.tocsc(), np.eye(1, len(states)).ravel())
    return float(shares @ np.array([sum(state) for state in states]) / (servers * load) * service)


def shortest_of_limit(choices: int, load: float, service: float) -> float:
    """Mean seconds in the system when each request joins the shortest of `choices` queues, of infinitely many servers.

    Mitzenmacher 2001; Vvedenskaya et al. 1996. `load` is the share of the time that a server works, `service` the mean
    of exponential service times in seconds. With few servers it is longer (`shortest_of_response`).
    """
    return service * math.fsum(load ** ((choices**i - choices) / (choices - 1)) for i in range(1, 40 // choices))


# --- endpoints that are listed although they are dead -------------------------------------------------------------


def stale_failure(endpoints: int, up: float, stale: float, unlisted: float) -> float:
    """P(a request fails), each endpoint being up, dead but listed, and unlisted for such mean times; any laws.

    Requests go to a listed endpoint at random and fail at a dead one, or if none is listed.
    """
    nowhere = (unlisted / (up + stale + unlisted)) ** endpoints
    return nowhere + (1 - nowhere) * stale / (up + stale)


def stale_failure_with_one_retry(endpoints: int, up: float, stale: float, unlisted: float) -> float:
    """P(a request and its one retry fail), with endpoints as in `stale_failure`; any laws.

    A request that has failed goes at once to another listed endpoint, where there is one.
    """
    dead, out = stale / (up + stale), unlisted / (up + stale + unlisted)
    none, one = out**endpoints, endpoints * out ** (endpoints - 1) * (1 - out)
    return none + one * dead + (1 - none - one) * dead**2

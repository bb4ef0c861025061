"""Passive health checks: endpoints that a proxy leaves out, compiled as part of `simulator.traffic.requests.loop`."""

from simulator.traffic.requests.arrays import RETURN, Proxies, Rules, State
from simulator.traffic.requests.heaps import plan


def relist(rules: Rules, proxies: Proxies, proxy: int, now: float) -> None:
    """Makes the table of a proxy: what is listed, without those ejected."""
    size = 0
    for i in range(proxies.listed_size[proxy]):
        endpoint = proxies.listed[proxy, i]
        if rules.ejects_after == 0 or proxies.out_until[proxy, endpoint] <= now:
            proxies.table[proxy, size] = endpoint
            size += 1
    proxies.size[proxy] = size


def suspect(state: State, proxy: int, endpoint: int, now: float) -> None:
    """One more failure in a row; perhaps one too many."""
    rules, proxies = state.rules, state.proxies
    proxies.failures[proxy, endpoint] += 1
    if proxies.failures[proxy, endpoint] < rules.ejects_after or proxies.out_until[proxy, endpoint] > now:
        return
    listed = proxies.listed_size[proxy]
    out = listed - proxies.size[proxy]
    if proxies.size[proxy] <= 1 or out + 1 > max(1.0, rules.most_ejected * listed):
        return
    proxies.failures[proxy, endpoint] = 0
    proxies.ejections[proxy, endpoint] += 1
    until = now + min(rules.ejection * proxies.ejections[proxy, endpoint], rules.longest_ejection)
    proxies.out_until[proxy, endpoint] = until
    plan(state.agenda, state.tally, until, RETURN, proxy, 0)
    relist(rules, proxies, proxy, now)

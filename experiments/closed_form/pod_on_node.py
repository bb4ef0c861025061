"""A pod on a node that may be lost: detection, toleration, eviction."""

import math


def pod_on_node_unavailability(
    pod_mttf: float, restart: float, node_mttf: float, detect_and_tolerate: float, reschedule: float
) -> float:
    """One replica: container crashes restart in place, a lost node moves it; exponential restart with mean `restart`.

    Crashes (exponential) cost `restart`; a node failure (exponential, permanent) costs `detect_and_tolerate` +
    `reschedule` seconds and may strike during a restart. Renewal-reward over the cycle between node failures.
    """
    pod, node, repair = 1 / pod_mttf, 1 / node_mttf, 1 / restart
    up = (node + repair) / (node * (node + pod + repair))
    return 1 - up / (node_mttf + detect_and_tolerate + reschedule)


def pod_on_node_unavailability_fixed_restart(
    pod_mttf: float, restart: float, node_mttf: float, detect_and_tolerate: float, reschedule: float
) -> float:
    """One replica whose container crashes restart in place and whose lost node moves it; a fixed restart of `restart`.

    Else as in `pod_on_node_unavailability`: exponential crashes and node failures, times in seconds.
    """
    pod, node = 1 / pod_mttf, 1 / node_mttf
    up = (1 / (pod + node)) / (1 - pod / (pod + node) * math.exp(-node * restart))
    return 1 - up / (node_mttf + detect_and_tolerate + reschedule)


def mean_downtime_of_a_node_outage(
    outage_mean: float, detect_and_tolerate: float, reschedule: float, restart_on_return: float
) -> float:
    """Seconds that one replica is away when its node has an exponential outage, which may end before the eviction.

    Shorter than `detect_and_tolerate`: the pod restarts on its node. Longer: it is evicted and made again elsewhere.
    """
    evicted = math.exp(-detect_and_tolerate / outage_mean)
    return outage_mean * (1 - evicted) + reschedule * evicted + restart_on_return * (1 - evicted)


def mean_reaction_time(grace: float, heartbeat: float, monitor: float) -> float:
    """Mean seconds from a silent node crash to NotReady: grace - U(0, heartbeat) + U(0, monitor), uniform phases."""
    return grace - heartbeat / 2 + monitor / 2


def reaction_time_variance(heartbeat: float, monitor: float) -> float:
    """Variance of the time from a silent node crash to NotReady (`mean_reaction_time`), in seconds squared."""
    return (heartbeat**2 + monitor**2) / 12


def mean_time_to_eviction(grace: float, toleration: float, heartbeat: float, monitor: float) -> float:
    """Mean seconds from a silent node crash to the eviction by taint: the reaction, then tolerationSeconds."""
    return mean_reaction_time(grace, heartbeat, monitor) + toleration


def mean_time_to_eviction_before_taints(eviction_timeout: float, heartbeat: float, monitor: float) -> float:
    """Mean seconds from a silent node crash to the eviction by podEvictionTimeout, the rule before taints.

    It is counted from the last heartbeat that was observed; the phases of `heartbeat` and `monitor` are uniform.
    """
    return eviction_timeout - heartbeat / 2 + monitor / 2

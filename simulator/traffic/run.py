"""What becomes of the requests to the Services of a run, worked out from its log when it is over."""

from dataclasses import replace

from models.cluster import Cluster, services_by_name
from models.demand import shortage
from models.distributions import Scaled
from models.request_level import FirstComeFirstServed, ProcessorSharing
from models.traffic import Traffic
from simulator.log import TransitionLog
from simulator.run import Run
from simulator.streams import Streams
from simulator.traffic.endpoints import EndpointHistory, endpoint_history
from simulator.traffic.fluid.fluid import Requests, fluid
from simulator.traffic.requests.answers import Answers
from simulator.traffic.requests.requests import requests
from simulator.traffic.service_policy import with_policies
from simulator.traffic.surges import with_surges


def expected(traffic: Traffic, run: Run, cluster: Cluster) -> Requests:
    """What becomes of a Service's requests, as expectations; the run must have kept its log.

    Where requests have a CPU time, a CPU limit of the pods bounds what an endpoint can answer.
    """
    traffic = _as_it_came(traffic, run, cluster)
    found = shortage(traffic, cluster)
    if found is not None and (traffic.capacity is None or found.capacity < traffic.capacity):
        traffic = replace(traffic, capacity=found.capacity)
    return fluid(traffic, _history(traffic, run), cluster, Streams(run.seed, run.replication))


def followed(traffic: Traffic, run: Run, cluster: Cluster) -> Answers:
    """What becomes of a Service's requests, each followed by itself, as `traffic.requests` says.

    Where requests have a CPU time, a CPU limit of the pods slows them down: a pod that shares its processor among all
    its requests works on as many of them at full speed as the limit has room for (unless `cores` is given); each of a
    fixed number of workers takes longer, if the limit has no room for all of them.
    """
    traffic = _as_it_came(traffic, run, cluster)
    level, at_full_speed = traffic.requests, None
    assert level is not None
    if (found := shortage(traffic, cluster)) is not None:
        match level.pod:
            case ProcessorSharing(cores=None):
                at_full_speed = found.at_full_speed
            case FirstComeFirstServed(concurrency=workers) if workers > found.at_full_speed:
                stretched = Scaled(traffic.service_time, workers / found.at_full_speed)
                traffic = replace(traffic, service_time=stretched)
    streams = Streams(run.seed, run.replication)
    return requests(traffic, level, _history(traffic, run), cluster, streams, at_full_speed)


def _as_it_came(traffic: Traffic, run: Run, cluster: Cluster) -> Traffic:
    """As declared by its Service, and as many as came."""
    traffic = with_policies(traffic, services_by_name(cluster)[traffic.service])
    return with_surges(traffic, _log(run), run.start, run.end)


def _history(traffic: Traffic, run: Run) -> EndpointHistory:
    return endpoint_history(_log(run), traffic.service, run.start, run.end, traffic.timeout)


def _log(run: Run) -> TransitionLog:
    if run.log is None:
        raise ValueError("traffic is worked out from the log of a run: simulate with keep_log=True")
    return run.log

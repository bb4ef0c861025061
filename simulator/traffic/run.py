"""What becomes of the requests to the Services of a run, worked out from its log when it is over."""

from models.cluster import Cluster
from models.traffic import Traffic
from simulator.run import Run
from simulator.state.history import service_names
from simulator.streams import Streams
from simulator.traffic.endpoints import EndpointHistory, endpoint_history
from simulator.traffic.fluid.fluid import Requests, fluid
from simulator.traffic.requests.answers import Answers
from simulator.traffic.requests.requests import requests
from simulator.traffic.service_policy import with_policies


def expected(traffic: Traffic, run: Run, cluster: Cluster) -> Requests:
    """What becomes of a Service's requests, as expectations; the run must have kept its log."""
    history = _history(traffic, run)
    return fluid(_as_declared(traffic, cluster), history, cluster, Streams(run.seed, run.replication))


def followed(traffic: Traffic, run: Run, cluster: Cluster) -> Answers:
    """What becomes of a Service's requests, each followed by itself, as `traffic.requests` says."""
    assert traffic.requests is not None
    history, streams = _history(traffic, run), Streams(run.seed, run.replication)
    return requests(_as_declared(traffic, cluster), traffic.requests, history, cluster, streams)


def _as_declared(traffic: Traffic, cluster: Cluster) -> Traffic:
    services = dict(zip(service_names(cluster.services), cluster.services, strict=True))
    return with_policies(traffic, services[traffic.service])


def _history(traffic: Traffic, run: Run) -> EndpointHistory:
    if run.log is None:
        raise ValueError("traffic is worked out from the log of a run: simulate with keep_log=True")
    return endpoint_history(run.log, traffic.service, run.start, run.end)

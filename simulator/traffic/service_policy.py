"""What the fields of a Service say about its traffic, as routing and balancing.

Source: pkg/proxy/topology.go (CategorizeEndpoints), k8s.io/endpointslice (hints), pkg/proxy/iptables (affinity).
"""

from dataclasses import replace

from models.service import Service
from models.traffic import Traffic
from simulator.traffic.balancing import Balancing
from simulator.traffic.balancing.session_affinity import SessionAffinity
from simulator.traffic.balancing.uniform_random import Random
from simulator.traffic.routing import Route
from simulator.traffic.routing.local import Local
from simulator.traffic.routing.topology_hints import TopologyHints
from simulator.traffic.routing.traffic_distribution import PreferSameNode, PreferSameZone


def with_policies(traffic: Traffic, service: Service) -> Traffic:
    """The traffic, with routing and balancing as its Service has them where the traffic says nothing."""
    return replace(
        traffic,
        routing=routing_of(service) if traffic.routing is None else traffic.routing,
        balancing=balancing_of(service) if traffic.balancing is None else traffic.balancing,
    )


def routing_of(service: Service) -> tuple[Route, ...]:
    """Which endpoints are left out for which clients.

    Topology counts among the endpoints of the whole cluster, so clients that are kept to their node do not feel it;
    hints by the annotation go before those by trafficDistribution. externalTrafficPolicy leaves nothing out: a load
    balancer sends to nodes with a ready endpoint only, so to all endpoints.
    """
    if service.headless:
        return ()
    if service.internal_traffic_policy == "Local":
        return (Local(),)
    if service.topology_hints:
        return (TopologyHints(),)
    match service.traffic_distribution:
        case "PreferClose" | "PreferSameZone":
            return (PreferSameZone(),)
        case "PreferSameNode":
            return (PreferSameNode(),)
    return ()


def balancing_of(service: Service) -> Balancing:
    """How a client chooses: at random, as kube-proxy's iptables and nftables; or it stays with its endpoint."""
    if service.session_affinity_seconds is None or service.headless:
        return Random()
    return SessionAffinity(service.session_affinity_seconds)

"""What a recording says of the cluster it was made on: its nodes, and the flags of its control plane."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.node import HOSTNAME_LABEL, Node, Resources, Taint, TaintEffect
from models.timing import Timing
from models.units import parse_amount, parse_cpu, parse_duration

_RECORDER = Timing(
    metrics_resolution=5.0, metrics_window=5.0, metrics_container_age=0.0, metrics_delay=0.0, pleg_relist_period=0.0
)
"""The recordings' metrics came from the recorder, not from a metrics server: samples every 5 s, of that time, at once.
Their kubelets were fakes, which say at once what becomes of a container.
"""
_FLAGS = {
    "node-monitor-grace-period": "node_monitor_grace_period",
    "node-monitor-period": "node_monitor_period",
    "node-eviction-rate": "node_eviction_rate",
    "secondary-node-eviction-rate": "secondary_node_eviction_rate",
    "unhealthy-zone-threshold": "unhealthy_zone_threshold",
    "large-cluster-size-threshold": "large_cluster_size_threshold",
    "default-unreachable-toleration-seconds": "unreachable_toleration_seconds",
    "default-not-ready-toleration-seconds": "not_ready_toleration_seconds",
    "horizontal-pod-autoscaler-sync-period": "autoscaler_sync_period",
    "horizontal-pod-autoscaler-downscale-stabilization": "autoscaler_downscale_stabilization",
    "horizontal-pod-autoscaler-tolerance": "autoscaler_tolerance",
    "horizontal-pod-autoscaler-cpu-initialization-period": "autoscaler_cpu_initialization_period",
    "horizontal-pod-autoscaler-initial-readiness-delay": "autoscaler_initial_readiness_delay",
}


def timing_of(flags: Mapping[str, Any], clock: float = 0.0) -> Timing:
    """The control plane's constants with these flags; one that is not modelled is an error.

    `clock`: the second of a minute at which the recording begins.
    """
    values = {"clock_at_start": clock}
    for flag, value in flags.items():
        if flag not in _FLAGS:
            raise ValueError(f"the flag {flag!r} is not modelled; expected one of {', '.join(sorted(_FLAGS))}")
        text = str(value)
        values[_FLAGS[flag]] = parse_duration(text) if text[-1:].isalpha() else float(value)
    return replace(_RECORDER, **values)  # type: ignore[arg-type]


def node_of(node: Mapping[str, Any], pool: str) -> Node:
    """The node, with what every node of a recording has."""
    name = node["name"]
    return Node(
        name,
        Resources(
            parse_cpu(node.get("cpu", "4")),
            parse_amount(node.get("memory", "16Gi")),
            {"ephemeral-storage": parse_amount("100Gi")},
        ),
        pods=int(node.get("pods", "110")),
        labels={HOSTNAME_LABEL: name, "pool": pool, **node.get("labels", {})},
        taints=tuple(taint_of(taint) for taint in node.get("taints", [])),
        images={name: int(image["sizeBytes"]) for image in node.get("images", []) for name in image["names"]},
    )


def taint_of(taint: Mapping[str, Any]) -> Taint:
    """The taint as the API has it."""
    return Taint(taint["key"], TaintEffect(taint["effect"]), taint.get("value", ""))

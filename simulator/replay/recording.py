"""What a recording says of the cluster it was made on: its nodes, and the flags of its control plane."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from models.input.documents import Document
from models.input.problems import InputError, Path, Problem, did_you_mean, shown
from models.manifests import Manifest, build_cluster
from models.node import Node, Taint, TaintEffect
from models.timing import Timing
from models.units import LONGEST_DURATION, parse_duration

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
_PERIODS = ("node-monitor-period", "horizontal-pod-autoscaler-sync-period")
SHORTEST_PERIOD = 0.1
"""Seconds between two passes of a loop: far less than any control plane takes."""


def timing_of(flags: Mapping[str, Any], clock: float, document: Document, problems: list[Problem]) -> Timing:
    """The control plane's constants with these flags; what is wrong with them is added to the problems.

    `clock`: the second of a minute at which the recording begins.
    """
    timing = replace(_RECORDER, clock_at_start=clock)
    for flag, value in flags.items():
        if flag not in _FLAGS:
            message = f"this flag is not modelled; expected one of {', '.join(sorted(_FLAGS))}"
            problems.append(document.problem_at_key(("flags", flag), message + did_you_mean(flag, _FLAGS)))
            continue
        try:
            number = _number(value)
            if flag in _PERIODS and number < SHORTEST_PERIOD:
                raise ValueError(f"expected at least {SHORTEST_PERIOD:g} s (got {shown(value)})")
            timing = replace(timing, **{_FLAGS[flag]: number})  # type: ignore[arg-type]
        except ValueError as error:
            problems.append(document.problem(("flags", flag), str(error)))
    return timing


def _number(value: float | str) -> float:
    """A flag's value: a number, or a duration in seconds."""
    if isinstance(value, str) and value[-1:].isalpha():
        return parse_duration(value)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number <= LONGEST_DURATION:
        raise ValueError(f"expected a number that is not negative, or a duration like 30s (got {shown(value)})")
    return number


def node_manifest(node: Mapping[str, Any], pool: str, document: Document, path: Path) -> Manifest:
    """The Node object of a node that is described at `path`, with what every node of a recording has."""
    allocatable = {
        "cpu": node.get("cpu", "4"),
        "memory": node.get("memory", "16Gi"),
        "pods": node.get("pods", "110"),
        "ephemeral-storage": "100Gi",
    }
    value = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node["name"], "labels": {"pool": pool, **node.get("labels", {})}},
        "spec": {"taints": node.get("taints", [])},
        "status": {"allocatable": allocatable, "images": node.get("images", [])},
    }
    return Manifest(value, document, path)


def nodes_of(manifests: Sequence[Manifest], problems: list[Problem]) -> tuple[Node, ...]:
    """The nodes; what is wrong with them is added to the problems."""
    try:
        return build_cluster(manifests).cluster.nodes
    except InputError as error:
        problems += error.problems
        return ()


def taint_of(taint: Mapping[str, Any]) -> Taint:
    """The taint as the API has it."""
    return Taint(taint["key"], TaintEffect(taint["effect"]), taint.get("value", ""))

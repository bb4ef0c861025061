"""Tolerations: how long pods stay on a node that is gone.

Source: plugin/pkg/admission/defaulttolerationseconds (300 s); pkg/controller/tainteviction.
"""

import math
from collections.abc import Iterator
from typing import Any

from experiments.advice.candidate import Candidate, mend
from experiments.advice.change import Change
from experiments.advice.situation import Situation
from experiments.attribution.stages import Stage
from experiments.lint.application import Workload
from models.daemonset import DaemonSet
from models.node import TaintEffect

SECONDS = 30
"""What is tried: long enough for a node that only missed some heartbeats, which takes up to 50 s to be found at all."""
_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


@mend("toleration")
def toleration(situation: Situation) -> Iterator[Candidate]:
    """Pods leave a node that is gone after 30 s, not 300 s: where the wait for their toleration costs downtime."""
    for workload in situation.workloads():
        because = situation.evidence(workload, Stage.TOLERATED)
        if not because or isinstance(workload.maker, DaemonSet) or (longest := _stays(workload)) <= SECONDS:
            continue
        written: list[Any] = workload.written(*workload.pod, "tolerations") or []
        was = "none at all (for ever)" if longest == math.inf else f"{longest:g}"
        effect = TaintEffect.NO_EXECUTE.value
        # One without an effect is about scheduling, too, and stays so.
        others = [one for one in written if one.get("key") not in _TAINTS or one.get("effect") != effect]
        kept = [
            {**one, "effect": TaintEffect.NO_SCHEDULE.value}
            if one.get("key") in _TAINTS and not one.get("effect")
            else one
            for one in others
        ]
        shorter = [
            {"key": key, "operator": "Exists", "effect": effect, "tolerationSeconds": SECONDS} for key in _TAINTS
        ]
        yield Candidate(
            "toleration",
            (workload.title,),
            f"tolerationSeconds {SECONDS} instead of {was}",
            because,
            (Change.of_pods(workload, {"tolerations": [*kept, *shorter]}),),
        )


def _stays(workload: Workload) -> float:
    """How long its pods stay on a node that is gone, in seconds: as long as the toleration that allows least."""
    longest = 0.0
    for taint in _TAINTS:
        lasting = [
            math.inf if one.seconds is None else one.seconds
            for one in workload.spec.tolerations
            if one.key in (taint, "")
        ]
        longest = max(longest, min(lasting, default=0.0))
    return longest

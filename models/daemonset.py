"""DaemonSets."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from models.deployment import IntOrPercent, scaled
from models.labels import LabelSelector
from models.node import NOT_READY, UNREACHABLE, UNSCHEDULABLE, Node, TaintEffect
from models.pod import PodTemplate, Toleration

_AUTOMATIC = (
    Toleration(NOT_READY, effect=TaintEffect.NO_EXECUTE),
    Toleration(UNREACHABLE, effect=TaintEffect.NO_EXECUTE),
    Toleration("node.kubernetes.io/disk-pressure", effect=TaintEffect.NO_SCHEDULE),
    Toleration("node.kubernetes.io/memory-pressure", effect=TaintEffect.NO_SCHEDULE),
    Toleration("node.kubernetes.io/pid-pressure", effect=TaintEffect.NO_SCHEDULE),
    Toleration(UNSCHEDULABLE, effect=TaintEffect.NO_SCHEDULE),
)
_WITH_HOST_NETWORK = Toleration("node.kubernetes.io/network-unavailable", effect=TaintEffect.NO_SCHEDULE)


@dataclass(frozen=True, slots=True)
class DaemonSet:
    """Keeps one pod of `template` on every node that suits it."""

    name: str
    template: PodTemplate
    selector: LabelSelector
    namespace: str = "default"
    on_delete: bool = False
    """Update strategy OnDelete: a pod gets the new template when somebody deletes it."""
    max_unavailable: IntOrPercent = 1
    """Strategy RollingUpdate: so many nodes may be without an available pod (0 with a surge)."""
    max_surge: IntOrPercent = 0
    """Strategy RollingUpdate: so many nodes may have a new pod beside the old one."""
    min_ready_seconds: float = 0.0
    revision_history_limit: int = 10
    labels: Mapping[str, str] = field(default_factory=dict)

    def fence_posts(self, desired: int) -> tuple[int, int]:
        """(maxSurge, maxUnavailable) in nodes, of `desired` ones; both round up, and both zero is one unavailable.

        Source: pkg/controller/daemon/update.go (updatedDesiredNodeCounts).
        """
        surge = scaled(self.max_surge, desired, round_up=True)
        unavailable = scaled(self.max_unavailable, desired, round_up=True)
        return surge, 1 if surge == unavailable == 0 else unavailable

    @property
    def pod_template(self) -> PodTemplate:
        """The template with the tolerations that all daemon pods get, in place of the template's of the same taint.

        Source: pkg/controller/daemon/util/daemonset_util.go (AddOrUpdateDaemonPodTolerations).
        """
        spec = self.template.spec
        automatic = {_matched(toleration): toleration for toleration in _AUTOMATIC}
        if spec.host_network:
            automatic[_matched(_WITH_HOST_NETWORK)] = _WITH_HOST_NETWORK
        kept = tuple(automatic.pop(_matched(toleration), toleration) for toleration in spec.tolerations)
        return replace(self.template, spec=replace(spec, tolerations=(*kept, *automatic.values())))

    def unsuited(self, node: Node) -> str:
        """Why its pods are not meant to run on the node as it is declared, in the scheduler's words; "" if they are.

        Source: pkg/controller/daemon/daemon_controller.go (NodeShouldRunDaemonPod).
        """
        spec = self.pod_template.spec
        if spec.node_name not in (None, node.name):
            return "node(s) didn't match the requested node name"
        if not spec.allows_node(node.labels, node.name):
            return "node(s) didn't match Pod's node affinity/selector"
        for taint in node.taints:
            if taint.effect is not TaintEffect.PREFER_NO_SCHEDULE and not any(
                toleration.tolerates(taint) for toleration in spec.tolerations
            ):
                return f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}"
        return ""


def without_nodes(daemon_sets: Iterable[DaemonSet], nodes: Sequence[Node]) -> tuple[str, ...]:
    """A sentence on every DaemonSet that none of the nodes suits: there is no pod of it that could say why."""
    notes = []
    for daemon_set in daemon_sets:
        reasons = Counter(map(daemon_set.unsuited, nodes))
        if "" not in reasons:
            middle = f"{daemon_set.namespace}/" if daemon_set.namespace != "default" else ""
            listed = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
            notes.append(
                f"DaemonSet/{middle}{daemon_set.name} runs on no node: "
                f"0/{len(nodes)} nodes are suitable: {listed or 'there are none'}"
            )
    return tuple(notes)


def _matched(toleration: Toleration) -> tuple[str, str | None, TaintEffect | None]:
    return toleration.key, toleration.value, toleration.effect

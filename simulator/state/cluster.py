"""The state of the cluster: the only thing in a run that changes, and only through the verbs of its parts.

Each verb makes one change and emits one transition: it is appended to the log, and told to those who listen to its
kind. Listeners get the record that changed, the new value and the cause.
"""

from collections.abc import Sequence

from models.node import Node
from simulator.kernel import Kernel
from simulator.log import Kind, TransitionLog
from simulator.state.admission import Admission
from simulator.state.nodes import Nodes
from simulator.state.pods import Pods
from simulator.state.services import Services
from simulator.state.transitions import Listener, Transitions
from simulator.state.volumes import Volumes
from simulator.state.workloads import Workloads


class ClusterState:
    """Nodes, workloads, pods and Services as they are now."""

    def __init__(self, kernel: Kernel, nodes: Sequence[Node], log: TransitionLog | None) -> None:
        self.log = log
        self.transitions = Transitions(kernel, log)
        self.nodes = Nodes(nodes, self.transitions)
        self.pods = Pods(kernel, self.nodes, self.transitions)
        self.workloads = Workloads(self.transitions)
        self.services = Services(self.transitions)
        self.admission = Admission(self.workloads, self.transitions)
        self.volumes = Volumes(self.transitions, self.nodes.names)

    def listen(self, kind: Kind, listener: Listener, owner: type = object) -> None:
        """Calls `listener` after each transition of this kind, in the order of listening.

        Of pods it may ask for those alone that have an owner of one class (None has one, too).
        """
        self.transitions.listen(kind, listener, owner)

    def cause(self, name: str) -> int:
        """The number of the cause with this name."""
        return self.transitions.cause(name)

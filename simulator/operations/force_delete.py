"""forceDelete: pods that hang on lost nodes are deleted without their kubelets."""

from dataclasses import dataclass

from models.distributions import Distribution
from models.labels import LabelSelector
from simulator.registry import register
from simulator.stories.world import World


@register("operation", "forceDelete")
@dataclass(frozen=True)
class ForceDelete:
    """A pod that is being deleted on a node that is not Ready, and stays, is deleted by force.

    As by `kubectl delete pod --force`, or by a controller that does so. A StatefulSet makes its replacement then. A
    volume that was attached to the node is taken from it 6 min later, though containers may run on if the node is only
    cut off.
    """

    name: str
    after: Distribution
    """From when the pod begins to hang: it is being deleted, and its node is not Ready."""
    select: LabelSelector = LabelSelector()
    """Which pods, by their labels; all by default."""

    def install(self, world: World) -> None:
        world.force_delete(self.name, self.after, self.select)

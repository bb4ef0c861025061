"""A stage: one simulation in which degraded periods are begun from settled states, one after the other.

To deploy a cluster anew for each of them takes longer than to follow it. What a settled state does not tell of cannot
matter (`simulator.rare.settled`); so once all that a period left behind is over, the simulation can be brought into any
settled state as a new one can, if its replicas are brought to their places.
"""

from collections import Counter, defaultdict
from collections.abc import Collection

import numpy as np

from simulator.rare.degraded import Follower, Tilting
from simulator.rare.settled import Settled, are_alike, restore, settled
from simulator.rare.sojourns import Sojourns
from simulator.rare.watched import Up, Watched
from simulator.simulation import Simulation
from simulator.state.objects import PodState, Workload

_PATIENCE = 4
"""So many times it is waited until what is under way is over, before a new simulation is made."""
_PHASES = 600.0
"""Seconds, a multiple of the periods of the control plane's loops, over which the end of a wait is spread: a period
mostly ends when one of them has looked, and the next is to begin wherever they stand."""
_LONGEST_LOG = 8
"""Times as much as when it was new that a log may hold: all of it is read for each period with an outage."""


class Stage:
    """A simulation, the Service that is watched in it, and who follows its degraded periods."""

    def __init__(
        self,
        simulation: Simulation,
        service: str,
        up: Up,
        tilting: Tilting,
        usually_fatal: Collection[str] | None = None,
    ) -> None:
        """The simulation stands at its time 0; `usually_fatal` as of `Sojourns`."""
        self.simulation = simulation
        self.watched = Watched(simulation, service, up)
        self.sojourns = Sojourns(simulation, self.watched, usually_fatal)
        self.follower = Follower(simulation, self.watched, tilting, self.sojourns)
        self._deployed = self.transitions

    @property
    def now(self) -> float:
        """Seconds since its time 0."""
        return self.simulation.kernel.now

    @property
    def transitions(self) -> int:
        """State changes so far."""
        return self.simulation.state.transitions.count

    def bring(self, state: Settled, rng: np.random.Generator) -> bool:
        """Waits until what is under way is over, moves the replicas, restores the rest; False if that cannot be.

        `rng` says where the control plane's loops then stand.
        """
        if self._log_is_long() or not self._settle(rng):
            return False
        if self._move(state) and not self._settle(rng):
            return False
        return restore(self.simulation, state)

    def _log_is_long(self) -> bool:
        return self.simulation.log is not None and self.transitions > _LONGEST_LOG * self._deployed

    def _settle(self, rng: np.random.Generator) -> bool:
        """Whether nothing is under way any more, some time after the repairs that are."""
        simulation = self.simulation
        kernel, modes = simulation.kernel, simulation.hazards.exposure
        for _ in range(_PATIENCE):
            left = simulation.hazards.repairs.longest_left(modes)
            kernel.run_until(kernel.now + left + simulation.timing.crash_loop_reset + 1.0 + _PHASES * rng.random())
            if settled(simulation) is not None:
                return True
        return False

    def _move(self, state: Settled) -> bool:
        """Deletes replicas that are not where the state has one, and says where those that follow them go.

        Only those that are alike can be moved. Whether there are any to move.
        """
        simulation = self.simulation
        names = simulation.state.nodes.names
        wanted = defaultdict[str, Counter[str]](Counter)
        for name, node in state.nodes.items():
            wanted[name.rpartition("/")[0]][node] += 1
        misplaced = defaultdict[Workload, list[PodState]](list)
        for pod in simulation.state.pods.values():
            workload = pod.pod_class.workload
            if are_alike(workload) and pod.node >= 0:
                places = wanted[str(workload)]
                if places[names[pod.node]] > 0:
                    places[names[pod.node]] -= 1
                else:
                    misplaced[workload].append(pod)
        for workload, pods in misplaced.items():
            for pod in pods:
                simulation.state.pods.mark_deleting(pod, 0)
            nodes = [simulation.state.nodes.index[node] for node in wanted[str(workload)].elements()]
            slots = workload.next_slots(len(pods))
            simulation.control_plane.place(dict(zip(slots, nodes, strict=False)))
        return bool(misplaced)

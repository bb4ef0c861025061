"""What an attack is to find out, as values."""

from dataclasses import dataclass, replace

from experiments.design.goal import ServiceGoal
from experiments.design.scenario import Scenario
from experiments.runner.replication import arguments
from models.distributions import Exponential, Fixed
from models.units import HOUR, YEAR
from simulator.attack.follow import Target
from simulator.failures.node_crash import NodeCrash
from simulator.failures.sandbox_crash import SandboxCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.operations.drain import Drain

PATIENCE = 4 * HOUR
"""Seconds after the last step for which a Service is watched at most."""


@dataclass(frozen=True)
class Question:
    """Which Services of which application are to be broken, and how much may be tried."""

    scenario: Scenario
    goals: tuple[ServiceGoal, ...]
    """The Services, and when each is available: it is broken while it is not."""
    at_most: int = 2
    """Failures and operations together."""
    simulations: int = 2000
    """So many at most, beside those that confirm what was found."""
    moments: int = 20
    """After each step so many moments at most at which the next is taken."""
    longer_than: float = 0.0
    """Seconds: a Service that is down for no longer is not broken."""
    all_ways: bool = False
    """Whether all smallest ways are looked for; else, of several steps, the first that is found."""
    replication: int = 0
    """Whose luck: where replicas are placed, how long they start up."""

    @property
    def target(self) -> Target:
        """What is simulated."""
        armed = with_usual_steps(self.scenario)
        simulated = arguments(armed)
        failures, operations, seed = (simulated.pop(name) for name in ("failures", "operations", "seed"))
        simulated["profile"], simulated["orchestrator"] = simulated.pop("scheduler"), simulated.pop("control_plane")
        return Target(simulated, failures, operations, seed, self.replication, PATIENCE)


def with_usual_steps(scenario: Scenario) -> Scenario:
    """The scenario; if nothing breaks and nothing is done in it, with what usually is.

    That is every node, every zone (if there are several) and every single pod, and a drain of every node.
    """
    if scenario.failures or scenario.operations:
        return scenario
    some_day, an_hour = Exponential(YEAR), Fixed(HOUR)
    zones = {node.zone for node in scenario.cluster.nodes}
    return replace(
        scenario,
        failures=(
            NodeCrash("node-crash", some_day, an_hour),
            *([ZoneOutage("zone-outage", some_day, an_hour)] if len(zones) > 1 else []),
            SandboxCrash("pod-crash", some_day),
        ),
        operations=(Drain("drain", at=0.0, maintenance=Fixed(HOUR / 4)),),
    )

"""With every failure mode and operation that is registered at once, every lost second still has its cause."""

import math

import pytest

from experiments.attribution.losses import attribute
from experiments.attribution.missing import missing_replicas
from models.distributions import Exponential
from simulator.run import simulate
from tests.simulator.clusters import DAY, HOUR
from tests.simulator.failures.test_failures import APPS, FAILURES, LOAD, POLICIES, REQUESTS, instance

OFTEN = {"time_to_failure": Exponential(3 * DAY), "time_to_repair": Exponential(HOUR)}


@pytest.mark.parametrize("needed", [1.0, 3.0])
def test_the_causes_sum_to_the_downtime(needed: float) -> None:
    stories = {name: instance(policy, **OFTEN, name=name.replace(" ", "-")) for name, policy in POLICIES.items()}
    failures = [story for story in stories.values() if type(story) in FAILURES.values()]
    operations = [story for story in stories.values() if type(story) not in FAILURES.values()]
    found = simulate(
        LOAD, failures=failures, operations=operations, traffic=[REQUESTS], duration=8 * DAY, keep_log=True, seed=5
    )
    assert found.log is not None
    spells = missing_replicas(found.log, list(APPS), found.end)
    causes: set[str] = set()
    for app in APPS:
        outages = found.services[app].answering.intervals_below(needed)
        losses = attribute(spells[app], outages)
        assert math.fsum(loss.seconds for loss in losses) == math.fsum(float(end - start) for start, end in outages)
        causes |= {loss.cause.partition("/")[0] for loss in losses}
    assert "" not in causes
    assert len(causes) > 10

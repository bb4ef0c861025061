"""The beta-factor model of common causes, simulated, against its closed form."""

import math

import pytest

from experiments.closed_form import common_cause_unavailability
from models.cluster import Cluster
from models.distributions import Exponential
from simulator.failures.common_cause import CommonCause
from simulator.log import Kind
from simulator.run import Run, simulate
from tests.simulator.clusters import DAY, node

RACK = "rack"


def unavailability(result: Run, count: int, days: float, atleast_down: int) -> float:
    """Share of time in which so many nodes were down."""
    assert result.log is not None
    changes = [(r[0], 1 if r[4] == 0 else -1) for r in result.log.columns() if r[1] == Kind.NODE_POWER]
    down, since, lost = 0, 0.0, 0.0
    for time, step in [*changes, (days * DAY, 0)]:
        lost += (time - since) * (down >= atleast_down)
        down, since = down + step, time
    return lost / (days * DAY)


@pytest.mark.parametrize("beta", [0.1, 0.5])
def test_the_beta_factor_agrees_with_its_closed_form(beta: float) -> None:
    """Case d4 of the analytic cases, with more frequent failures: P(all three down at once)."""
    mttf, mttr, days = 10 * DAY, 0.2 * DAY, 20_000.0
    rack = Cluster(nodes=tuple(node(f"r0-n{i}", "zone-0", labels={RACK: "r0"}) for i in range(3)))
    mode = CommonCause("c", Exponential(mttf), Exponential(mttr), beta, RACK)
    simulated = unavailability(simulate(rack, failures=(mode,), duration=days * DAY, seed=1, keep_log=True), 3, days, 3)
    exact = common_cause_unavailability(3, beta, mttf, mttr)
    outages = beta * days * DAY / mttf
    assert abs(simulated / exact - 1) < 4 * math.sqrt(2 / outages)

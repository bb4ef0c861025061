"""Group x, without chance: the worst window of a service, and a container in CrashLoopBackOff."""

from dataclasses import replace

import numpy as np

from experiments import closed_form as exact
from experiments.metrics.windowed import worst_window
from experiments.verify.check import Basis, Check, Study
from experiments.verify.systems import INSTANT, PROMPT, behaviour, nodes, steadfast, unit_per_node
from models.arrays import Floats
from models.cluster import Cluster
from models.distributions import Fixed
from models.service import Service
from models.units import DAY
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.run import simulate

PERIOD = 30 * DAY


def _outages(up: float, down: float) -> Floats:
    """Start and end of the outages of a unit with fixed lives and repairs, over 30 days."""
    run = simulate(
        unit_per_node(1),
        duration=PERIOD,
        behaviour=behaviour(),
        failures=[NodeCrash("crash", Fixed(up), Fixed(down))],
    )
    return run.services["all"].answering.intervals_below(1)


def _worst_windows(seed: int, effort: float) -> list[Check]:
    single = worst_window(_outages(20 * DAY, 300.0), PERIOD, np.array([3600.0]))
    second = worst_window(_outages(3599.0, 1.0), PERIOD, np.array([36_000.0]))
    windows = (3600.0, 5400.0)
    periodic = worst_window(_outages(3480.0, 120.0), PERIOD, np.array(windows))
    checks = [
        Check(
            "x3",
            "worst hour of 30 days with one outage of 300 s",
            exact.worst_window_of_one_outage(300.0, 3600.0),
            float(single[0]),
            basis=Basis.CERTAIN,
        ),
        Check(
            "x4",
            "worst 10 hours of a service with an outage of 1 s every hour",
            exact.worst_window_of_periodic_outages(1.0, 3600.0, 36_000.0),
            float(second[0]),
            basis=Basis.CERTAIN,
        ),
    ]
    for window, worst in zip(windows, periodic, strict=True):
        checks.append(
            Check(
                f"x5_{window:g}",
                f"worst {window:g} s of a service with an outage of 120 s every hour",
                exact.worst_window_of_periodic_outages(120.0, 3600.0, window),
                float(worst),
                basis=Basis.CERTAIN,
            )
        )
    return checks


def _crash_loop(seed: int, effort: float) -> list[Check]:
    """Eight crashes in a row, each 5 s after a start; the back-off has no jitter, and starting takes 1 s."""
    crashes, life, start = 8, 5.0, 1.0
    cluster = Cluster(
        nodes=nodes(1),
        pods=(steadfast("pod", "node-0", {"app": "web"}),),
        services=(Service("web", selector={"app": "web"}),),
    )
    expected = exact.crash_loop_downtime(crashes, start)
    run = simulate(
        cluster,
        duration=crashes * life + expected + life / 2,
        behaviour=behaviour(
            replace(INSTANT, restart=Fixed(start)), replace(PROMPT, crash_loop_initial=10.0, crash_loop_jitter=0.0)
        ),
        failures=[ContainerCrash("crash", Fixed(life))],
    )
    downtime = run.services["web"].answering.time_below(1)
    return [
        Check("x2", "seconds down in 8 crashes in a row (CrashLoopBackOff)", expected, downtime, basis=Basis.CERTAIN)
    ]


STUDIES = (Study("worst windows", _worst_windows), Study("crash loop", _crash_loop))

"""What shorter stages would save, against simulations in which they are shorter."""

import math

import numpy as np
import pandas as pd
import pytest

from experiments.attribution.losses import attribute, table
from experiments.attribution.missing import missing_replicas
from experiments.attribution.stages import Stage
from experiments.design.goal import ReadyEndpoints
from experiments.findings import breakdown, levers
from experiments.findings.breakdown import Part, SeenPart
from experiments.findings.levers import LEVERS, Lever, savings
from experiments.inference.sample import Sample
from experiments.metrics.observation import Observation
from models.behaviour import Behaviour
from models.distributions import Distribution, Exponential, Fixed
from models.units import YEAR
from simulator.failures.node_crash import NodeCrash
from simulator.run import simulate
from tests.simulator.clusters import DAY, behaviour, cluster, deployment, nodes, template, tolerations

REPLICATIONS = 8


def parts(toleration: float, repair: Distribution) -> tuple[list[Part], Sample]:
    """One replica on four nodes, each of which crashes every ten days; two years in all."""
    load = cluster(nodes(4), deployment(pods=template("web", tolerations=tolerations(toleration))))
    rows, downtimes, spans = [], [], []
    for replication in range(REPLICATIONS):
        run = simulate(
            load,
            behaviour=behaviour(Behaviour().timing),
            failures=[NodeCrash("node-crash", Exponential(10 * DAY), repair)],
            duration=90 * DAY,
            replication=replication,
            keep_log=True,
        )
        outages = Observation.of(run.services["web"], ReadyEndpoints(1), run.start, run.end).outages
        assert run.log is not None
        rows += [
            row | {"replication": replication}
            for row in table({"web": attribute(missing_replicas(run.log, ["web"], run.end)["web"], outages)})
        ]
        downtimes.append(run.services["web"].answering.time_below(1))
        spans += [(replication, *outage) for outage in outages.tolist()]
    of = np.array(spans)
    numbers = np.arange(REPLICATIONS)
    counts = np.array([(of[:, 0] == number).sum() for number in numbers], dtype=float)
    windows = np.full(REPLICATIONS, 90 * DAY)
    sample = Sample(numbers, windows, np.array(downtimes), counts, of[:, 0].astype(np.int64), of[:, 1:])
    return breakdown.breakdown(pd.DataFrame(rows), sample), sample


def per_year(sample: Sample) -> float:
    return float(sample.downtimes.sum() / sample.windows.sum() * YEAR)


def test_the_parts_sum_to_the_downtime() -> None:
    found, sample = parts(300.0, Exponential(3600.0))
    assert math.isclose(math.fsum(part.per_year for part in found), per_year(sample), rel_tol=1e-12)
    frame = breakdown.frame(found, 0.95)
    assert frame["share"].sum() == pytest.approx(1.0)
    assert (frame["lost_low"] <= frame["lost_s_per_year"]).all()
    assert (frame["lost_s_per_year"] <= frame["lost_high"]).all()
    assert list(frame["stage"]) == [stage for stage in Stage if stage in set(frame["stage"])]


def test_a_shorter_toleration_saves_what_the_lever_says_where_nodes_stay_away() -> None:
    """The same bad luck, 30 s in place of 300 s: each of some 70 outages is 270 s shorter, and nothing else differs.

    In simulations an outage more or less may come of a pod being elsewhere a little earlier: one outage of tolerance.
    """
    before, long = parts(300.0, Fixed(DAY))
    after, short = parts(30.0, Fixed(DAY))
    [lever] = [lever for lever in LEVERS if lever.name == "toleration of 30 s"]
    one_outage = long.lengths.max() / long.windows.sum() * YEAR
    assert len(long.lengths) > 50
    assert lever.saved(before) == pytest.approx(per_year(long) - per_year(short), abs=one_outage)
    assert lever.saved(after) == 0.0


def test_it_promises_too_much_where_nodes_come_back_by_themselves() -> None:
    """A pod that is moved has to start elsewhere: 3 s more than on a node that is back just then."""
    before, long = parts(300.0, Exponential(200.0))
    _, short = parts(30.0, Exponential(200.0))
    promised = Lever("toleration of 30 s", Stage.TOLERATED, at_most=30.0).saved(before)
    kept = per_year(long) - per_year(short)
    assert 0 < kept < promised


def part(cause: str, stage: Stage, *lengths: float) -> Part:
    return SeenPart(cause, stage, np.array(lengths), np.array([math.fsum(lengths)]), np.array([YEAR]))


SOME = [
    part("node-crash", Stage.UNDETECTED, 45.0, 10.0),
    part("node-crash", Stage.TOLERATED, 300.0),
    part("oom", Stage.UNDETECTED, 0.5),
    part("oom", Stage.START, 4.0),
    part("", Stage.START, 6.0),
]


@pytest.mark.parametrize(
    ("lever", "saved"),
    [
        (Lever("detection at 20 s", Stage.UNDETECTED, at_most=20.0), 25.0),
        (Lever("detection at once", Stage.UNDETECTED, times=0.0), 55.5),
        (Lever("half the start", Stage.START, times=0.5), 5.0),
        (Lever("no oom", cause="oom", times=0.0), 4.5),
        (Lever("no oom, half the start", Stage.START, "oom", times=0.5), 2.0),
        (Lever("no pull", Stage.IMAGE_PULL, times=0.0), 0.0),
    ],
)
def test_a_lever_acts_on_every_outage(lever: Lever, saved: float) -> None:
    assert lever.saved(SOME) == pytest.approx(saved)


def test_levers_come_with_the_best_first_and_those_in_vain_not_at_all() -> None:
    found = savings(SOME)
    names = [saving.lever.name for saving in found]
    assert names[:2] == ["no node-crash", "toleration of 30 s"]
    assert "no image pull" not in names
    assert [saving.per_year for saving in found] == sorted((s.per_year for s in found), reverse=True)
    frame = levers.frame(found)
    assert list(frame.columns) == ["lever", "stage", "saved_s_per_year", "share"]
    assert frame["share"].iloc[0] == pytest.approx(355.0 / 365.5)


def test_every_stage_has_a_lever_but_the_one_that_takes_no_time() -> None:
    assert {lever.stage for lever in LEVERS} == set(Stage) - {Stage.NOT_LISTED, Stage.NOT_IN_VIP}

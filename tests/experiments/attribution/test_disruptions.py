"""Disruptions: what a strike took away, until all of it was back."""

import json
from typing import Any

import numpy as np
import pytest

from experiments.attribution.disruptions import COLUMNS, disruptions, table
from experiments.attribution.losses import Loss, attribute
from experiments.attribution.missing import missing_replicas
from experiments.attribution.stages import Spell, Stage
from experiments.design.goal import ReadyEndpoints
from experiments.metrics.observation import Observation
from models.distributions import Exponential, Fixed
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.log import Kind
from simulator.operations.rollout import Rollout
from simulator.operations.scale import Scale
from simulator.run import Run
from simulator.stories.disruption_kind import DisruptionKind, kinds_of
from tests.experiments.attribution.scenarios import run, transition
from tests.simulator.clusters import DAY, cluster, deployment, nodes

NONE = np.empty((0, 2))


def spell(start: float, end: float, cause: str, stage: Stage = Stage.UNDETECTED) -> Spell:
    return Spell(start, end, cause, stage)


def test_replicas_that_are_missing_for_one_cause_one_after_the_other_are_one_disruption() -> None:
    spells = [spell(10, 40, "crash/node-1"), spell(20, 60, "crash/node-1"), spell(60, 70, "crash/node-1")]
    [one] = disruptions(spells, [], NONE, 0.0, 100.0)
    assert (one.start, one.end, one.replica_s, one.beside) == (10, 70, 30 + 40 + 10, set())


def test_those_of_two_subjects_and_those_with_a_gap_between_them_are_two() -> None:
    spells = [spell(50, 60, "crash/node-1"), spell(10, 40, "crash/node-1"), spell(40, 45, "crash/node-2")]
    found = disruptions(spells, [], NONE, 0.0, 100.0)
    assert [(one.cause, one.start, one.end) for one in found] == [
        ("crash/node-1", 10, 40),
        ("crash/node-2", 40, 45),
        ("crash/node-1", 50, 60),
    ]
    assert [one.beside for one in found] == [set(), set(), set()]  # one after the other is not beside


def test_disruptions_that_overlap_name_each_other() -> None:
    spells = [spell(0, 100, "zone/a"), spell(10, 20, "crash/node-1"), spell(15, 30, "crash/node-2")]
    zone, first, second = disruptions(spells, [], NONE, 0.0, 100.0)
    assert (zone.beside, first.beside, second.beside) == ({"crash"}, {"zone", "crash"}, {"zone", "crash"})


def test_what_nobody_broke_and_what_is_scaled_down_is_no_disruption() -> None:
    spells = [spell(0, 10, ""), spell(0, 10, "evening/Deployment/web", Stage.SCALED_DOWN)]
    assert disruptions(spells, [], NONE, 0.0, 100.0) == []


def test_what_an_outage_costs_is_shared_by_how_long_the_disruptions_of_the_cause_overlap_with_it() -> None:
    spells = [spell(0, 10, "crash/a"), spell(20, 50, "crash/a")]
    losses = [Loss(0, "crash/a", Stage.UNDETECTED, 8.0), Loss(1, "crash/a", Stage.QUEUED, 2.0)]
    first, second = disruptions(spells, losses, np.array([[5.0, 30.0], [40.0, 45.0]]), 0.0, 100.0)
    assert (first.lost_s, second.lost_s) == pytest.approx((8 * 5 / 15, 8 * 10 / 15 + 2))


def test_a_row_cuts_what_was_under_way_before_the_window_and_is_after_it() -> None:
    spells = [
        spell(-50, -10, "crash/a"),
        spell(-5, 20, "crash/b"),
        spell(30, 40, "crash/c"),
        spell(90, 300, "crash/d"),
        spell(35, 45, "zone/z"),
    ]
    found = {"web": disruptions(spells, [], NONE, 0.0, 100.0)}
    crash, zone = table(found, {"crash": DisruptionKind.NODE}, 0.0, 100.0)
    assert set(crash) == {"service", *COLUMNS}
    assert (crash["cause"], crash["kind"], zone["kind"]) == ("crash", "node", "other")
    assert (crash["times"], crash["missing_s"], crash["begun_before"]) == (3, 40.0, 1)
    assert json.loads(crash["lengths_s"]) == [20.0, 10.0, 10.0]
    assert json.loads(crash["not_over"]) == [2]
    assert json.loads(crash["replica_s"]) == [20.0, 10.0, 10.0]
    assert (json.loads(crash["beside"]), json.loads(zone["beside"])) == ({"zone": 1}, {"crash": 1})


def of(found: Run, *stories: Any, needed: int = 1) -> dict[str, dict[str, object]]:
    assert found.log is not None
    outages = Observation.of(found.services["web"], ReadyEndpoints(needed), found.start, found.end).outages
    spells = missing_replicas(found.log, ["web"], found.end)["web"]
    ones = disruptions(spells, attribute(spells, outages), outages, found.start, found.end)
    rows = table({"web": ones}, kinds_of(stories), found.start, found.end)
    return {str(row["cause"]): row for row in rows}


def test_a_crash_has_recovered_when_the_replica_answers_again() -> None:
    crash = NodeCrash("crash", Fixed(500.0), Fixed(120.0))
    found = run(cluster(nodes(1), deployment(replicas=1)), crash, until=900.0)
    row = of(found, crash)["crash"]
    down, back = transition(found, Kind.NODE_POWER, 0), transition(found, Kind.POD_ANSWERING, 1, since=501.0)
    assert down == 500.0
    assert json.loads(str(row["lengths_s"])) == [back - down]
    assert json.loads(str(row["replica_s"])) == json.loads(str(row["downtimes_s"])) == [back - down]
    assert (row["kind"], row["times"], json.loads(str(row["not_over"]))) == ("node", 1, [])


def test_with_a_second_replica_replica_seconds_are_missing_and_nothing_is_lost() -> None:
    crash = ContainerCrash("crash", Exponential(2 * DAY))
    found = run(cluster(nodes(3), deployment(replicas=2)), crash, until=60 * DAY)
    row = of(found, crash)["crash"]
    assert (row["kind"], row["times"]) == ("container", found.strikes["crash"])
    assert sum(json.loads(str(row["downtimes_s"]))) == 0
    assert 0 < sum(json.loads(str(row["replica_s"]))) == pytest.approx(row["missing_s"])


def test_what_is_lost_to_disruptions_sums_to_the_downtime_with_several_modes_at_once() -> None:
    stories = (
        NodeCrash("crash", Exponential(DAY), Fixed(1800.0)),
        ZoneOutage("zone", Exponential(4 * DAY), Fixed(3600.0)),
        ContainerCrash("container", Exponential(DAY)),
    )
    release = Rollout("release", "Deployment/web", every=DAY)
    found = run(cluster(nodes(3), deployment(replicas=2)), *stories, operations=[release], until=60 * DAY)
    rows = of(found, *stories, release, needed=2)
    outages = Observation.of(found.services["web"], ReadyEndpoints(2), found.start, found.end).outages
    lost = sum(sum(json.loads(str(row["downtimes_s"]))) for row in rows.values())
    assert lost == pytest.approx(float((outages[:, 1] - outages[:, 0]).sum()), rel=1e-9)
    assert {row["kind"] for row in rows.values()} == {"node", "zone", "container", "release"}
    assert any(json.loads(str(row["beside"])) for row in rows.values())


def test_a_failure_mode_declares_its_kind_and_what_does_not_is_of_another() -> None:
    crash, evening = NodeCrash("crash", Fixed(1.0), Fixed(1.0)), Scale("evening", "Deployment/web", 0, every=DAY)
    assert kinds_of((crash, evening)) == {"overload": "overload", "crash": "node", "evening": "other"}

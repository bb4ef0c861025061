"""The cause of each outage, and what is unseen of causes."""

import pandas as pd
import pytest

from experiments.attribution.causes import main_causes
from experiments.attribution.losses import Loss, attribute
from experiments.attribution.missing import missing_replicas
from experiments.attribution.stages import Stage
from experiments.design.goal import ReadyEndpoints
from experiments.findings.unseen import Unseen
from experiments.inference.estimate import STATED_OUTAGE
from experiments.metrics.observation import Observation
from models.distributions import Exponential, Fixed
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.node_crash import NodeCrash
from tests.experiments.attribution.scenarios import run
from tests.simulator.clusters import DAY, cluster, deployment, nodes


@pytest.mark.parametrize(
    ("seconds", "cause"),
    [
        ({"node/a": 30.0, "pod/b": 20.0}, "node"),
        ({"node/a": 30.0, "pod/b": 20.0, "pod/c": 20.0}, "pod"),
        ({"node/a": 20.0, "pod/b": 20.0}, "pod"),
        ({"": 20.0, "zone/a": 20.0}, "zone"),
        ({"": 20.0}, ""),
    ],
)
def test_an_outage_is_due_to_what_took_most_of_it_and_shared_ones_to_what_strikes_most(
    seconds: dict[str, float], cause: str
) -> None:
    losses = [Loss(0, why, Stage.START, lost) for why, lost in seconds.items()]
    assert main_causes(losses, 1, {"node": 3, "pod": 40, "zone": 1}) == [cause]


def test_a_run_names_the_cause_of_every_outage() -> None:
    found = run(
        cluster(nodes(2), deployment()),
        NodeCrash("node-crash", Exponential(10 * DAY), Fixed(1000.0)),
        ContainerCrash("container-crash", Exponential(2 * DAY)),
        until=60 * DAY,
    )
    assert found.log is not None
    spans = Observation.of(found.services["web"], ReadyEndpoints(1), found.start, found.end).outages
    causes = main_causes(
        attribute(missing_replicas(found.log, ["web"], found.end)["web"], spans), len(spans), found.strikes
    )
    lengths = pd.Series(spans[:, 1] - spans[:, 0]).groupby(causes).mean()
    assert set(causes) == {"node-crash", "container-crash"}
    assert lengths["node-crash"] > 300 > 60 > lengths["container-crash"]


UNSEEN = Unseen(
    modes={"one": ("crash", "node", "zone", "burst", "release"), "two": ("crash", "node", "release")},
    operations=frozenset({"release"}),
    taken_apart=frozenset({("web", "one"), ("web", "two")}),
    disruptions={
        ("web", "one", "crash"): 10.0,
        ("web", None, "crash"): 20.0,
        ("web", "two", "node"): 300.0,
        ("web", None, "node"): 300.0,
        (None, None, "zone"): 7200.0,
        (None, None, "release"): 20.0,
    },
)


def test_an_unseen_mode_is_taken_to_last_as_long_as_its_absences_or_else_the_stated_hour() -> None:
    expected = {"crash": 10.0, "node": 300.0, "zone": 7200.0, "burst": STATED_OUTAGE}
    assert UNSEEN.by("web", "one", set()) == expected
    assert UNSEEN.by("web", "two", {"crash"}) == {"node": 300.0}


def test_nothing_is_unseen_of_a_service_whose_outages_have_no_causes() -> None:
    assert UNSEEN.by("web+calls", "one", set()) == {}

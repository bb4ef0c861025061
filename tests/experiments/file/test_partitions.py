"""What a network partition does not know of is told before anything runs."""

from pathlib import Path
from typing import Any

import pytest

from experiments import Experiment

SHOP = Path(__file__).resolve().parents[3] / "experiments" / "manifests" / "shop.yaml"
CUT = {
    "name": "cut",
    "type": "networkPartition",
    "timeToFailure": {"kind": "fixed", "value": "1d"},
    "timeToRepair": {"kind": "fixed", "value": "1h"},
}


def warnings(cut: dict[str, Any], at: str) -> list[str]:
    traffic = {"service": "frontend", "rate": {"kind": "constant", "value": 10}, "clients": [{"at": at}]}
    experiment = Experiment.from_manifests(SHOP).set("failures", [CUT | cut]).set("traffic", [traffic])
    return [line for line in experiment.warnings if line.startswith("cut ")]


@pytest.mark.parametrize(
    ("cut", "at", "told"),
    [
        ({}, "outside", 0),
        ({}, "node/general-1", 1),
        ({"cutFrom": ["apiServer"]}, "node/general-1", 0),
        ({"direction": "in"}, "node/general-1", 1),
        ({"cutFrom": ["pods"]}, "node/general-1", 0),
        ({"direction": "out"}, "node/general-1", 0),
    ],
)
def test_clients_that_may_be_inside_are_told_of(cut: dict[str, Any], at: str, told: int) -> None:
    found = warnings(cut, at)
    assert len(found) == told
    assert all("clients in a node do not get through" in line for line in found)


@pytest.mark.parametrize(("at", "told"), [("outside", 1), ("nodes", 0), ("zone/a", 0)])
def test_a_cut_between_pods_that_no_client_meets_is_told_of(at: str, told: int) -> None:
    found = warnings({"cutFrom": ["pods", "apiServer"]}, at)
    assert len(found) == told
    assert all("all clients are outside of the cluster, and reach both sides" in line for line in found)

"""Containers that end while their kubelet is about to replace the pod's sandbox."""

import pytest

from models.distributions import Fixed
from simulator.failures.container_crash import ContainerCrash
from simulator.failures.sandbox_crash import SandboxCrash
from simulator.failures.system_oom import SystemOOM
from simulator.log import Kind
from tests.simulator.clusters import Lab, behaviour, cluster, deployment, nodes


@pytest.mark.parametrize("killed", [3600.25, 3600.5, 3600.999])
def test_a_container_that_is_killed_meanwhile_starts_once_with_the_new_sandbox(killed: float) -> None:
    """The sandbox dies at 3600 s; from then to the exit of its containers it takes 1 s, and so does the start."""
    failures = [
        SandboxCrash("sandbox", Fixed(3600.0)),
        SystemOOM("oom", Fixed(killed)),
        ContainerCrash("crash", Fixed(5000.0)),
    ]
    lab = Lab(cluster(nodes(1), deployment("web", 1)), behaviour(), failures, end=8000.0)
    lab.run(3610.0)
    assert lab.simulation.strikes()["sandbox"] == 1
    assert lab.simulation.strikes()["oom"] == 1
    assert [time for time, _, new in lab.log(Kind.POD_CONTAINERS) if new and time > 10] == [3602.0]

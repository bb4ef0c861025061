"""Stages of control planes beside Kubernetes, in their own words."""

from experiments.attribution.missing import missing_replicas
from experiments.attribution.stages import Stage
from simulator.control_planes.nomad import Nomad
from tests.simulator.clusters import Lab, cluster, deployment, down, nodes


def test_stages_are_in_nomads_words() -> None:
    """Half a second of a lost replica goes into its placement: there is no allocation yet."""
    web = deployment(replicas=1)
    lab = Lab(
        cluster(nodes(2), web),
        before=lambda simulation: simulation.control_plane.place({"Deployment/default/web/0": 0}),
        failures=[down(0, at=100.0)],
        control_plane=Nomad(),
    ).run(300.0)
    log = lab.simulation.completed_log()
    assert log is not None
    spells = missing_replicas(log, ["web"], 300.0)["web"]
    stages = [spell.stage for spell in spells if spell.start >= 100.0]
    assert stages == [Stage.UNDETECTED, Stage.DELAYED, Stage.QUEUED, Stage.START]
    assert {spell.cause for spell in spells if spell.start >= 100.0} == {"down-0-100.0/0"}

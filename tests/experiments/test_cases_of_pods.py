"""Situations in the life of pods that people met on real clusters: what Kubernetes does must come out.

The files are in tests/data/cases; each test names the rule and where it is known from.
"""

from pathlib import Path

import pytest

from experiments.experiment import Experiment
from experiments.results import Results
from models.units import YEAR
from simulator.replay import replay

HOUR = 3600.0
CASES = Path(__file__).parents[1] / "data" / "cases"


def results(case: str, file: str = "e.yaml") -> Results:
    return Experiment.from_yaml(CASES / case / file).run()


def mean_outages(found: Results) -> dict[str, float]:
    """Seconds that an outage lasts in the mean, by policy."""
    outages = found.outages
    return dict((outages["end_s"] - outages["start_s"]).groupby(outages["policy"]).mean())


def test_any_change_of_a_template_starts_a_rollout() -> None:
    """kubernetes/kubernetes#112452: Recreate, a node that is not ready, then `kubectl set env`."""
    observed = replay(CASES / "template-change-unmodelled-field" / "scenario.json")["observed"]
    pods = [(entry["event"], entry["name"]) for entry in observed if entry["kind"] == "Pod" and entry["t"] >= 500]
    # The first pod is stuck on the dead node, and Recreate waits for it.
    assert pods == [("deleting", "web-r0-1"), ("removed", "web-r0-1")]


def test_a_container_is_ready_when_its_post_start_hook_has_returned() -> None:
    """Container lifecycle hooks: here the hook takes 60 s, while the application starts up in its 5 to 20 s."""
    hook = "spec.template.spec.containers[c].lifecycle"
    experiment = (
        Experiment.from_yaml(CASES / "post-start" / "e.yaml")
        .policy("with")
        .policy("without", patches=[{"target": {"kind": "Deployment"}, "set": {hook: None}}])
    )
    assert experiment.named == ()
    lasting = mean_outages(experiment.run())
    assert 40 < lasting["with"] - lasting["without"] < 60


def test_main_containers_start_when_the_sidecar_has_started() -> None:
    """KEP-753: after a reboot power 60 s, 60 s until the probe of the sidecar succeeds, the main container 60 s."""
    lasting = [
        mean_outages(results("sidecar-startup-order", file))["as-shipped"]
        for file in ("e.yaml", "e-without-sidecar.yaml")
    ]
    assert lasting[0] == pytest.approx(lasting[1] + 60.0, abs=1.0)


def test_a_probe_gives_the_container_its_own_grace_period() -> None:
    """KEP-2238: the application ignores SIGTERM; the pod gives 300 s, the liveness probe 1 s."""
    by_probe, by_pod = (results("probe-level-grace", file) for file in ("e.yaml", "e-pod-grace-1.yaml"))
    assert by_probe.runs["availability"].tolist() == by_pod.runs["availability"].tolist()
    downtime = (1 - by_probe.runs["availability"].mean()) * YEAR
    assert downtime == pytest.approx(30 * HOUR, rel=0.15)


def test_a_pod_fails_when_its_active_deadline_is_over() -> None:
    """Pod lifecycle: nobody makes a pod of its own again."""
    experiment = Experiment.from_yaml(CASES / "active-deadline" / "e.yaml")
    [warning] = [line for line in experiment.warnings if "activeDeadlineSeconds" in line]
    assert warning.endswith("the pod fails after 600 s, and nobody makes it again")
    assert experiment.run().runs["availability"].tolist() == [0.0] * 4

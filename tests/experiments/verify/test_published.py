"""Published and documented outages of a single replica, reproduced by experiment files."""

from pathlib import Path

import pytest

from experiments import Experiment

FILE = Path(__file__).parents[2] / "data" / "published" / "single-replica.yaml"

PUBLISHED = {"container": 1.766, "sandbox": 32.019, "node": 300.852}
"""Seconds of outage: Vayghan et al., CLOUD 2018, default configuration, no redundancy (quoted second-hand)."""

PROFILES = {
    "today": ({"nodeMonitorGracePeriod": "50s", "leaseRenewPeriod": "10s", "nodeMonitorPeriod": "5s"}, 300, 347.5),
    "fast": ({"nodeMonitorGracePeriod": "20s", "leaseRenewPeriod": "4s", "nodeMonitorPeriod": "2s"}, 30, 49.0),
    "medium": ({"nodeMonitorGracePeriod": "120s", "leaseRenewPeriod": "20s", "nodeMonitorPeriod": "5s"}, 60, 172.5),
    "low": ({"nodeMonitorGracePeriod": "300s", "leaseRenewPeriod": "60s", "nodeMonitorPeriod": "5s"}, 60, 332.5),
}
"""Today's defaults and the reliability profiles of kubespray: settings, toleration, mean seconds to the eviction."""


def mean_outages(experiment: Experiment) -> dict[str, float]:
    outages = experiment.run().outages
    lengths = (outages["end_s"] - outages["start_s"]).groupby(outages["policy"]).mean()
    return {str(policy): float(length) for policy, length in lengths.items()}


def test_the_published_table_is_reproduced_within_five_percent() -> None:
    found = mean_outages(Experiment.from_yaml(FILE))
    assert found == {policy: pytest.approx(seconds, rel=0.05) for policy, seconds in PUBLISHED.items()}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_node_failure_takes_detection_toleration_and_a_start(profile: str) -> None:
    settings, toleration, eviction = PROFILES[profile]
    experiment = Experiment.from_yaml(FILE).only("node").set("behaviour.timing.podEvictionTimeout", None)
    for name, value in {
        **settings,
        "unreachableTolerationSeconds": f"{toleration}s",
        "notReadyTolerationSeconds": f"{toleration}s",
    }.items():
        experiment = experiment.set(f"behaviour.timing.{name}", value)
    start = 2.0 + 0.578
    # About 1,000 outages with a standard deviation of at most 18 s.
    assert mean_outages(experiment) == {"node": pytest.approx(eviction + start, abs=2.5)}

"""Situations in the life of pods that people met on real clusters: what Kubernetes does must come out.

The files are in tests/data/cases; each test names the rule and where it is known from.
"""

from pathlib import Path

from simulator.replay import replay

CASES = Path(__file__).parents[1] / "data" / "cases"


def test_any_change_of_a_template_starts_a_rollout() -> None:
    """kubernetes/kubernetes#112452: Recreate, a node that is not ready, then `kubectl set env`."""
    observed = replay(CASES / "template-change-unmodelled-field" / "scenario.json")["observed"]
    pods = [(entry["event"], entry["name"]) for entry in observed if entry["kind"] == "Pod" and entry["t"] >= 500]
    # The first pod is stuck on the dead node, and Recreate waits for it.
    assert pods == [("deleting", "web-r0-1"), ("removed", "web-r0-1")]

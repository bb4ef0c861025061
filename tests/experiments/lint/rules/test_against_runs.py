"""What rules say without simulating is what happens when it is simulated."""

from pathlib import Path

import pytest

from experiments.experiment import Experiment
from experiments.lint.linting import lint
from simulator.log import Kind
from simulator.operations.rollout import Rollout
from simulator.run import simulate
from simulator.stories.attempts import Outcome
from tests.experiments.lint.app import BUDGET, DEPLOYMENT, EXPERIMENT, SERVICE, write

ROOMY = EXPERIMENT.replace("count: 3", "count: 6")
LIMITS = [
    *(f"minAvailable: {limit}" for limit in (0, 1, 2, 3, 5, "1%", "34%", "50%", "67%", "100%")),
    *(f"maxUnavailable: {limit}" for limit in (0, 1, 2, 3, 5, "0%", "1%", "34%", "50%", "100%")),
    "# none",
]


@pytest.mark.parametrize("replicas", [1, 2, 3])
@pytest.mark.parametrize("limit", LIMITS)
def test_a_budget_is_said_to_block_or_to_protect_nothing_as_its_status_does(
    tmp_path: Path, limit: str, replicas: int
) -> None:
    budget = BUDGET.replace("maxUnavailable: 1", limit)
    write(tmp_path, DEPLOYMENT.replace("replicas: 3", f"replicas: {replicas}"), SERVICE, budget)
    path = str(write(tmp_path, ROOMY, name="e.yaml"))
    only = ("budget-blocks-drains", "budget-protects-nothing")
    said = {one.rule for one in lint([path], only=only).findings}
    run = simulate(Experiment.from_yaml(path).scenarios()[0].cluster, duration=1.0, keep_log=True)
    assert run.log is not None
    changes = run.log.of_kind(Kind.BUDGET_ALLOWED)
    allowed = int(changes[-1][4]) if len(changes) else 0
    blocks, protects_nothing = allowed == 0, allowed >= replicas > 1
    assert (only[0] in said, only[1] in said) == (blocks, protects_nothing)


APART = """\
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}
"""


@pytest.mark.parametrize(
    ("nodes", "strategy", "is_apart"),
    [
        (3, "", True),
        (4, "", True),
        (3, "", False),
        (3, "maxUnavailable: 1", True),
        (3, "maxSurge: 0, maxUnavailable: 1", True),
    ],
)
def test_a_rollout_that_cannot_surge_does_not_end_and_others_do(
    tmp_path: Path, nodes: int, strategy: str, is_apart: bool
) -> None:
    web = DEPLOYMENT.replace("  replicas: 3\n", f"  replicas: 3\n  strategy: {{rollingUpdate: {{{strategy}}}}}\n")
    grace = "      terminationGracePeriodSeconds: 60\n"
    write(tmp_path, web.replace(grace, grace + APART) if is_apart else web, SERVICE, BUDGET)
    path = str(write(tmp_path, EXPERIMENT.replace("count: 3", f"count: {nodes}"), name="e.yaml"))
    said = {one.rule for one in lint([path]).findings}
    cluster = Experiment.from_yaml(path).scenarios()[0].cluster
    [attempt] = simulate(cluster, duration=7200.0, operations=[Rollout("release", "Deployment/web", at=60.0)]).attempts
    assert (attempt.outcome is Outcome.DONE) == ("rollout-cannot-surge" not in said)


@pytest.mark.parametrize("apart", ["kubernetes.io/hostname", "topology.kubernetes.io/zone", "rack"])
@pytest.mark.parametrize("replicas", [2, 3, 4])
def test_anti_affinity_that_cannot_be_met_leaves_pods_pending(tmp_path: Path, apart: str, replicas: int) -> None:
    grace = "      terminationGracePeriodSeconds: 60\n"
    web = DEPLOYMENT.replace(grace, grace + APART.replace("kubernetes.io/hostname", apart))
    write(tmp_path, web.replace("replicas: 3", f"replicas: {replicas}"), SERVICE, BUDGET)
    two_zones = EXPERIMENT.replace("[a, b, c]", "[a, b]")
    path = str(write(tmp_path, two_zones, name="e.yaml"))
    said = {one.rule for one in lint([path]).findings}
    pending = simulate(Experiment.from_yaml(path).scenarios()[0].cluster, duration=1.0).pending
    assert ("anti-affinity-cannot-be-met" in said) == bool(pending)
    assert "not-placed" not in said

"""Rollouts: how many pods may be away while a new version comes."""

from collections.abc import Iterator

from experiments.advice.candidate import Candidate, mend
from experiments.advice.change import Change
from experiments.advice.situation import Situation
from experiments.lint.rules.volumes import exclusive_claims
from models.deployment import Deployment, StrategyType
from simulator.operations.config_change import ConfigChange
from simulator.operations.rollout import Rollout
from simulator.operations.secret_rotation import SecretRotation


@mend("rollout")
def rollout(situation: Situation) -> Iterator[Candidate]:
    """A new pod is ready before an old one goes (maxSurge 1, maxUnavailable 0): of Deployments whose rollouts cost.

    One of strategy Recreate is rolled then, but where a volume is for one node at a time.
    """
    releases = situation.operations(Rollout, ConfigChange, SecretRotation)
    for workload in situation.workloads():
        because = situation.evidence(workload, causes=releases) if releases else ""
        maker = workload.maker
        if not because or not isinstance(maker, Deployment) or exclusive_claims(situation.application, workload):
            continue
        rolls = maker.strategy is StrategyType.ROLLING_UPDATE
        surge, unavailable = maker.fence_posts(workload.fewest)
        if rolls and unavailable == 0:
            continue
        surges = rolls and surge > 0
        rolling = {"maxUnavailable": 0, **({} if surges else {"maxSurge": 1})}
        change = Change(workload.manifest, {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}})
        was = (
            f"maxUnavailable {maker.max_unavailable}" if rolls else "strategy Recreate, if two versions may run at once"
        )
        words = f"maxUnavailable 0{'' if surges else ' and maxSurge 1'} instead of {was}"
        yield Candidate("rollout", (workload.title,), words, because, (change,))

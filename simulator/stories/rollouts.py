"""What stories do to workloads: rollouts, other contents of what their pods read, numbers of replicas."""

from collections import Counter
from dataclasses import replace

from models.pod import PodTemplate
from simulator.kernel import Kernel
from simulator.log import Kind
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.objects import ConfigurationState, DaemonSetState, DeploymentState, StatefulSetState
from simulator.stories.attempts import Attempt, Outcome
from simulator.stories.configurations import Configurations, Reload, with_checksum

Rollable = DeploymentState | StatefulSetState | DaemonSetState
"""What a change of the pod template rolls out."""


class Rollouts:
    """Changes workloads, and ends the attempts to do so once the workloads are as they are to be."""

    def __init__(
        self, kernel: Kernel, state: ClusterState, api: Api, strikes: Counter[str], configurations: Configurations
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._api = api
        self._strikes = strikes
        self._configurations = configurations
        self._under_way: dict[Rollable, Attempt] = {}
        """By what is rolled out."""
        for kind in (Kind.DEPLOYMENT_COMPLETE, Kind.STATEFULSET_COMPLETE, Kind.DAEMONSET_COMPLETE):
            state.listen(kind, self._completed)

    def rollable(self, target: str) -> Rollable:
        """The Deployment, StatefulSet or DaemonSet meant by "Kind/name" or "Kind/namespace/name".

        Raises ValueError if there is none.
        """
        return self._api.rollable(target)

    def scalable(self, target: str) -> DeploymentState | StatefulSetState:
        """The Deployment or StatefulSet meant by such a name; ValueError if it is none, or has no replicas."""
        found = self.rollable(target)
        if isinstance(found, DaemonSetState):
            raise ValueError(f"{target} has no replicas to scale")
        return found

    def roll_out(self, attempt: Attempt, target: Rollable, new_image: bool) -> None:
        """The target's template changes: to images that no node has yet, or only in an annotation."""
        self._strikes[attempt.operation] += 1
        template = target.spec.template
        release = f"{attempt.operation}/{target.generation}"
        if new_image:
            containers = tuple(replace(c, image=f"{c.image.split('@')[0]}@{release}") for c in template.spec.containers)
            template = replace(template, spec=replace(template.spec, containers=containers))
        else:
            annotations = {**template.annotations, "kubectl.kubernetes.io/restartedAt": release}
            template = replace(template, annotations=annotations)
        attempt.begin(self._kernel.now)
        self._apply(attempt, target, template)

    def reload(self, attempt: Attempt, record: ConfigurationState, reload: Reload) -> None:
        """What pods do about another content of a ConfigMap or Secret; what they do by themselves is over at once."""
        targets = self._configurations.readers(record) if reload is Reload.RESTART else []
        for target in targets:
            self._apply(attempt, target, with_checksum(target.spec.template, record))
        if not targets:
            attempt.end(self._kernel.now)

    def scale(self, attempt: Attempt, target: DeploymentState | StatefulSetState, replicas: int) -> None:
        """The target is to have so many replicas (kubectl scale)."""
        self._strikes[attempt.operation] += 1
        cause = self._state.cause(f"{attempt.operation}/{target.workload}")
        self._api.apply(replace(target.spec, replicas=replicas), cause)

    def _apply(self, attempt: Attempt, target: Rollable, template: PodTemplate) -> None:
        before = self._under_way.pop(target, None)
        if before is not None and before.ended is None:
            before.end(self._kernel.now, Outcome.REPLACED)
        cause = self._state.cause(f"{attempt.operation}/{target.workload}")
        self._api.apply(replace(target.spec, template=template), cause)
        self._under_way[target] = attempt

    def _completed(self, target: Rollable, complete: int, cause: int) -> None:
        """The last of the rollouts of an attempt ends it."""
        attempt = self._under_way.pop(target, None) if complete else None
        if attempt is not None and attempt.ended is None and attempt not in self._under_way.values():
            attempt.end(self._kernel.now)

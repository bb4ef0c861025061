"""What stories do to workloads: rollouts, other contents of what their pods read, numbers of replicas."""

from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np

from models.pod import PodTemplate
from models.release import Defect
from simulator.kernel import Event, Kernel, Order
from simulator.log import Kind
from simulator.state.api import Api
from simulator.state.cluster import ClusterState
from simulator.state.objects import ConfigurationState, DaemonSetState, DeploymentState, StatefulSetState
from simulator.stories.alerts import Alert, Alerts, ErrorBudget
from simulator.stories.attempts import Attempt, Outcome
from simulator.stories.configurations import Configurations, Reload, with_checksum
from simulator.streams import Streams

Rollable = DeploymentState | StatefulSetState | DaemonSetState
"""What a change of the pod template rolls out."""


class Rollouts:
    """Changes workloads, and ends the attempts to do so once the workloads are as they are to be."""

    def __init__(
        self,
        kernel: Kernel,
        state: ClusterState,
        api: Api,
        strikes: Counter[str],
        configurations: Configurations,
        alerts: Alerts,
        streams: Streams,
    ) -> None:
        self._kernel = kernel
        self._state = state
        self._api = api
        self._strikes = strikes
        self._configurations = configurations
        self._alerts = alerts
        self._streams = streams
        self._under_way: dict[Rollable, Attempt] = {}
        """By what is rolled out."""
        for kind in (Kind.DEPLOYMENT_COMPLETE, Kind.STATEFULSET_COMPLETE, Kind.DAEMONSET_COMPLETE):
            state.listen(kind, self._completed)
        self._late: defaultdict[Rollable, list[Event]] = defaultdict(list)
        """Who waits for a rollout to be beyond its deadline."""
        state.listen(Kind.DEPLOYMENT_PROGRESSING, self._progressing)
        state.listen(Kind.DEPLOYMENT_ABORTED, self._aborted)

    def rollable(self, target: str) -> Rollable:
        """The Deployment, StatefulSet, DaemonSet or Rollout meant by "Kind/name" or "Kind/namespace/name".

        Of several that have the kind and the name, the first; raises ValueError if there is none.
        """
        return self._api.rollable(target)

    def scalable(self, target: str) -> DeploymentState | StatefulSetState:
        """The Deployment, StatefulSet or Rollout that `rollable` finds; ValueError if there is none, or no replicas."""
        found = self.rollable(target)
        if isinstance(found, DaemonSetState):
            raise ValueError(f"{target} has no replicas to scale")
        return found

    def luck(self, attempt: Attempt, target: Rollable) -> np.random.Generator:
        """The stream of one release of a workload, be it a Deployment or a Rollout."""
        workload = target.workload
        release = f"{workload.namespace}/{workload.name}/{attempt.asked:.15g}"
        return self._streams.stream(f"release/{attempt.operation}/{release}")

    def roll_out(self, attempt: Attempt, target: Rollable, new_image: bool, defect: Defect | None = None) -> None:
        """The target's template changes: to images that no node has yet, or only in an annotation; it may be bad."""
        self._strikes[attempt.operation] += 1
        template = target.spec.template
        release = f"{attempt.operation}/{target.generation}"
        if new_image:
            containers = tuple(replace(c, image=f"{c.image.split('@')[0]}@{release}") for c in template.spec.containers)
            template = replace(template, spec=replace(template.spec, containers=containers), defect=defect)
        else:
            annotations = {**template.annotations, "kubectl.kubernetes.io/restartedAt": release}
            template = replace(template, annotations=annotations, defect=defect)
        attempt.begin(self._kernel.now)
        self._apply(attempt, target, template)

    def roll_back(self, attempt: Attempt, target: Rollable, good: PodTemplate, by_hand: bool) -> None:
        """What an attempt brought was no good: the old template comes back (kubectl rollout undo).

        Pods of a StatefulSet that are not ready hold up its next revision, unless people delete them
        (pkg/controller/statefulset: issue 67250).
        """
        if attempt.outcome is not Outcome.ROLLED_BACK:  # an Argo Rollout may have gone back by itself
            attempt.end(self._kernel.now, Outcome.ROLLED_BACK)
        self._apply(Attempt(attempt.operation, attempt.subject, self._kernel.now), target, good)
        if by_hand and isinstance(target, StatefulSetState):
            cause = self._state.cause(f"{attempt.operation}/{target.workload}")
            for pod in list(target.pods.values()):
                if not pod.ready and pod.pod_class.template.defect is not None:
                    self._state.pods.mark_deleting(pod, cause)

    def late(self, target: Rollable) -> Event:
        """An event to yield: succeeds when the rollout under way is beyond its progressDeadlineSeconds."""
        event = self._kernel.event()
        self._late[target].append(event)
        return event

    def _progressing(self, target: Rollable, progressing: int, cause: int) -> None:
        if not progressing:
            for event in self._late.pop(target, ()):
                event.succeed()

    def _aborted(self, target: Rollable, aborted: int, cause: int) -> None:
        """An Argo Rollout has gone back to its old version by itself, though its template still says the new one."""
        attempt = self._under_way.pop(target, None) if aborted else None
        if attempt is not None and attempt.ended is None:
            attempt.end(self._kernel.now, Outcome.ROLLED_BACK)

    def unfinished_after(self, attempt: Attempt, seconds: float | None) -> Event:
        """An event to yield: succeeds so many seconds from now, unless the attempt is over by then; None: never."""
        event = self._kernel.event()
        if seconds is not None:
            self._kernel.timer(seconds, lambda: event.succeed() if attempt.ended is None else None, Order.REPAIR)
        return event

    def budgets(self, target: Rollable, alert: Alert) -> list[ErrorBudget]:
        """The error budgets of the Services in front of it. Raises ValueError if there is none."""
        spec = target.spec
        services = self._state.services.selecting(spec.namespace, spec.template.labels)
        if not services:
            raise ValueError(f"no Service is in front of {target.workload}, so there is nothing to alert on")
        return [self._alerts.on(service, alert) for service in services]

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

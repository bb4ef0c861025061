"""Admission: whether the API server makes a pod, and what it says if not.

Source: k8s.io/apiserver/pkg/admission/plugin/resourcequota (the last plug-in to be asked). What the others do to a pod
is settled when its template is read, since nothing that they go by changes during a run.
"""

from simulator.log import Kind, Refusal
from simulator.state.objects import PodClass, PodOwner, QuotaState, ServiceState
from simulator.state.transitions import Transitions
from simulator.state.workloads import Workloads


class Admission:
    """Knows who is refused pods."""

    def __init__(self, workloads: Workloads, transitions: Transitions) -> None:
        self._quotas = workloads.of(QuotaState)
        self._emit = transitions.emit
        self._behind: dict[PodOwner, tuple[ServiceState, ...]] = {}
        """Of owners that are refused pods, the Services that miss these."""

    def refusal(self, pod_class: PodClass) -> str:
        """Why no pod of this class is made, in Kubernetes' words ({} stands for its name), or ""."""
        refused = pod_class.template.absences.refused
        for quota in () if refused else self._quotas:
            if words := quota.refusal(pod_class):
                return f'pods "{{}}" is forbidden: {words}'
        return refused

    def set_refused(self, owner: PodOwner, words: str, services: tuple[ServiceState, ...], cause: int) -> None:
        """Why the owner's pods, which these Services miss, are refused; "": none is."""
        if owner.refusal == words:
            return
        owner.refusal = words
        behind = self._behind.pop(owner, ())
        if words:
            self._behind[owner] = services
        for service in sorted({*services, *behind}, key=lambda service: service.index):
            refusals = [_kind(other.refusal) for other, missed in self._behind.items() if service in missed]
            old, service.refused = service.refused, max(refusals, default=Refusal.NONE)
            if old is not service.refused:
                self._emit(Kind.SERVICE_REFUSED, service, service.index, old, service.refused, cause)


def _kind(words: str) -> Refusal:
    return Refusal.QUOTA if " quota: " in words else Refusal.FORBIDDEN

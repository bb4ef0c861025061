"""What keeps a pod from starting on its node: an image that does not exist, or an object that is not there.

Nothing makes the image or object during a run, so the kubelet's retries change nothing and are left out.

Source: pkg/kubelet (kubelet.go, SyncPod: all volumes are waited for; kuberuntime_container.go, startContainer:
CreateContainerConfigError; kubelet_pods.go, getPhase: a pod with a container that never started is Pending).
"""

from collections.abc import Sequence

from simulator.state.objects import ContainerState, PodState


def stuck(pod: PodState) -> bool:
    """Whether none of its containers starts: a volume is missing, or an init container, or each of them, is held."""
    absences, spec = pod.pod_class.template.absences, pod.pod_class.spec
    held = absences.held_back
    if not (absences.unmounted or held):
        return False
    return (
        bool(absences.unmounted)
        or any(container.name in held for container in spec.init_containers)
        or all(container.name in held for container in spec.containers)
    )


def startable(pod: PodState, containers: Sequence[ContainerState]) -> Sequence[ContainerState]:
    """Those of these containers of the pod that start."""
    held = pod.pod_class.template.absences.held_back
    return [container for container in containers if container.spec.name not in held] if held else containers


def stays_pending(pod: PodState) -> bool:
    """Whether any of its containers never starts: its phase stays Pending, though others run."""
    return bool(pod.pod_class.template.absences.held_back)


def reason(pod: PodState) -> str:
    """Why the pod, which is on its node, does not start or is never ready, in Kubernetes' words; "" if nothing."""
    absences, spec = pod.pod_class.template.absences, pod.pod_class.spec
    order = (*spec.init_containers, *spec.containers)
    held = (absences.held_back[container.name] for container in order if container.name in absences.held_back)
    return absences.unmounted or next(held, "")

"""RuntimeClasses, and what admission makes of a pod that asks for one.

Source: plugin/pkg/admission/runtimeclass.
"""

from dataclasses import replace

from models.manifests.affinity import own_tolerations
from models.manifests.container import resources
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.selector import check_labels
from models.node import Resources
from models.pod import PodSpec
from models.runtime_class import RuntimeClass


@converts("RuntimeClass")
def runtime_class(field: Field, admission: Admission) -> RuntimeClass:
    """A RuntimeClass; every node is taken to have its handler."""
    overhead, scheduling = field["overhead"]["podFixed"], field["scheduling"]
    return RuntimeClass(
        name=field.manifest.name,
        overhead=resources(overhead) if field["overhead"].present else None,
        node_selector=check_labels(scheduling["nodeSelector"]),
        tolerations=own_tolerations(scheduling["tolerations"]),
    )


def with_runtime_class(spec: PodSpec, chosen: RuntimeClass | None) -> tuple[PodSpec, str]:
    """(the spec with what the class brings, why the API server refuses the pod or ""); None: it names no class."""
    nothing = Resources()
    if chosen is None or chosen.overhead is None:
        if spec.overhead != nothing:
            return spec, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
        overhead = nothing
    elif spec.overhead not in (nothing, chosen.overhead):
        return spec, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
    else:
        overhead = chosen.overhead
    if chosen is None:
        return spec, ""
    for key, value in chosen.node_selector.items():
        own = spec.node_selector.get(key, value)
        if own != value:
            what = f"runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {own}"
            return spec, f"conflict: {what}"
    further = tuple(toleration for toleration in chosen.tolerations if toleration not in spec.tolerations)
    node_selector = {**spec.node_selector, **chosen.node_selector}
    tolerations = (*spec.tolerations, *further)
    return replace(spec, overhead=overhead, node_selector=node_selector, tolerations=tolerations), ""

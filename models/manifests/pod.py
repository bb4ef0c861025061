"""Pods and pod templates."""

from dataclasses import replace

from models.labels import is_canonical_integer
from models.manifests import hooks, pod_security
from models.manifests.affinity import affinity, tolerations, topology_spread
from models.manifests.claim import ephemeral_claims, local_volumes, pod_claims
from models.manifests.configuration import configuration_references
from models.manifests.container import container, resources
from models.manifests.conversion import Admission, converts
from models.manifests.limit_ranger import limited
from models.manifests.manifest import Field
from models.manifests.pod_resources import pod_resources
from models.manifests.references import absences
from models.manifests.runtime_class import with_runtime_class
from models.manifests.selector import check_labels
from models.manifests.template_digest import template_digest
from models.node import Resources
from models.pod import DELETION_COST, Pod, PodSpec, PodTemplate
from models.priority import SYSTEM_PRIORITIES, PriorityClass


@converts("Pod")
def pod(field: Field, admission: Admission) -> Pod:
    """A pod of its own."""
    return Pod(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        template=pod_template(field, admission, restart_policies=("Always", "OnFailure", "Never")),
    )


def pod_template(field: Field, admission: Admission, restart_policies: tuple[str, ...] = ("Always",)) -> PodTemplate:
    """The metadata and spec of the pods that a workload makes, as the API server would fill them in."""
    spec = field["spec"]
    host_network = spec["hostNetwork"].flag()
    grace_period = float(spec["terminationGracePeriodSeconds"].integer(30))
    classes = admission.priority_classes
    priority, preempts = _priority(spec, admission.default_class, classes)
    containers = spec["containers"].required()
    made = PodSpec(
        containers=tuple(container(c, host_network=host_network, grace_period=grace_period) for c in containers),
        init_containers=tuple(
            container(c, host_network=host_network, grace_period=grace_period, init=True)
            for c in spec["initContainers"]
        ),
        node_selector=check_labels(spec["nodeSelector"]),
        node_name=spec["nodeName"].text() or None,
        affinity=affinity(spec["affinity"]),
        tolerations=tolerations(spec["tolerations"], admission.behaviour.timing),
        topology_spread_constraints=topology_spread(spec["topologySpreadConstraints"]),
        scheduling_gates=_scheduling_gates(spec),
        claims=pod_claims(spec),
        ephemeral_claims=ephemeral_claims(spec, admission.objects),
        local_volumes=local_volumes(spec),
        readiness_gates=tuple(gate["conditionType"].required().text() for gate in spec["readinessGates"]),
        priority_class_name=spec["priorityClassName"].text() or None,
        priority=priority,
        preempts=preempts,
        termination_grace_period=grace_period,
        active_deadline=_active_deadline(spec, restart_policies),
        restart_policy=spec["restartPolicy"].choice("Always", restart_policies),
        service_account=_service_account(spec),
        host_network=host_network,
        overhead=resources(spec["overhead"]),
    )
    if spec["resources"].value:
        made = replace(made, resources=pod_resources(spec, replace(made, overhead=Resources())))
    _check_names(spec)
    metadata = field["metadata"]
    made, refused = _admitted(spec, made, admission)
    absent = absences(field, admission.objects)
    annotations = metadata.checked["annotations"].labels()
    cost = metadata["annotations"][DELETION_COST].parsed(_deletion_cost, 0)
    template = PodTemplate(
        made,
        check_labels(metadata["labels"]),
        annotations,
        cost,
        template_digest(field.value),
        replace(absent, refused=refused or absent.refused),
        configuration_references(spec),
    )
    _check_durations(field, template, admission)
    return template


def _admitted(spec: Field, made: PodSpec, admission: Admission) -> tuple[PodSpec, str]:
    """(the spec as admission plug-ins leave it, in whose order it passes them; why they refuse its pods or "")."""
    made, refused = limited(made, admission.limit_ranges.get(spec.manifest.namespace, ()))
    refused = refused or _wrong_priority(spec, made, admission)
    name = spec["runtimeClassName"].text()
    if not name or name in admission.runtime_classes:
        made, conflict = with_runtime_class(made, admission.runtime_classes.get(name))
        refused = refused or conflict
    refused = refused or pod_security.refusal(spec, admission.namespaces.get(spec.manifest.namespace))
    if not refused:
        return made, ""
    spec.warn(f"the API server refuses its pods: {refused}")
    return made, f'pods "{{}}" is forbidden: {refused}'


def _wrong_priority(spec: Field, made: PodSpec, admission: Admission) -> str:
    """Why a pod is refused that says itself what its class is to say (plugin/pkg/admission/priority)."""
    name, written = spec.checked["priorityClassName"].text(), spec.checked["priority"]
    if name and name not in admission.priority_classes and name not in SYSTEM_PRIORITIES:
        return ""
    if not written.present or written.integer(0, at_least=-(2**31)) == made.priority:
        return ""
    return (
        f"the integer value of priority ({written.value}) must not be provided in pod spec; priority admission "
        f"controller computed {made.priority} from the given PriorityClass name"
    )


def _deletion_cost(value: object) -> int:
    """A 32-bit integer (pkg/apis/core/helper: GetDeletionCostFromPodAnnotations)."""
    text = str(value)
    if not is_canonical_integer(text) or not -(2**31) <= int(text) < 2**31:
        raise ValueError(f"must be a 32bit integer (got {text!r})")
    return int(text)


def _check_durations(field: Field, template: PodTemplate, admission: Admission) -> None:
    """Takes back the reading of hooks and readiness gates of which nobody says how long they take."""
    maker = field.manifest
    behaviour = admission.behaviour.of(maker.kind, maker.name, maker.namespace, template)
    if behaviour.readiness_gate is None:
        field["spec"]["readinessGates"].withdraw()
    spec = template.spec
    containers = (*spec.containers, *spec.init_containers)
    for item, made in zip((*field["spec"]["containers"], *field["spec"]["initContainers"]), containers, strict=True):
        if made.pre_stop is None and behaviour.pre_stop is None:
            hooks.withdraw(item["lifecycle"]["preStop"])
        if made.post_start is None and behaviour.post_start is None:
            hooks.withdraw(item["lifecycle"]["postStart"])


def _priority(spec: Field, default: PriorityClass | None, classes: dict[str, PriorityClass]) -> tuple[int, bool]:
    """(priority, whether it preempts), as the Priority admission plug-in resolves them."""
    name = spec["priorityClassName"]
    written = spec["priority"].integer(0, at_least=-(2**31))
    chosen = classes.get(name.text()) if name.text() else default
    if name.text() in SYSTEM_PRIORITIES:
        chosen = PriorityClass(name.text(), SYSTEM_PRIORITIES[name.text()])
    by_class = "PreemptLowerPriority" if chosen is None or chosen.preempts else "Never"
    policy = spec["preemptionPolicy"].choice(by_class, ("PreemptLowerPriority", "Never"))
    unknown = written if name.text() and chosen is None else 0
    return (chosen.value if chosen else unknown), policy != "Never"


def _service_account(spec: Field) -> str:
    """The name of the account; the deprecated field is a synonym (pkg/apis/core/v1/conversion.go)."""
    return spec["serviceAccountName"].text() or spec["serviceAccount"].text() or "default"


def _active_deadline(spec: Field, restart_policies: tuple[str, ...]) -> float | None:
    """spec.activeDeadlineSeconds, which the pods of most controllers must not have (pkg/apis/apps/validation)."""
    field = spec["activeDeadlineSeconds"]
    if not field.present:
        return None
    kind = field.manifest.kind
    if restart_policies == ("Always",):
        field.problem(f"activeDeadlineSeconds in {'ReplicaSet' if kind == 'Deployment' else kind} is not Supported")
    seconds = field.integer(1, at_least=1)
    if kind == "Pod":
        field.warn(f"the pod fails after {seconds} s, and nobody makes it again")
    return float(seconds)


def _scheduling_gates(spec: Field) -> tuple[str, ...]:
    """The names of spec.schedulingGates."""
    gates = spec["schedulingGates"]
    names: list[str] = []
    for gate in gates:
        name = gate["name"].required().text()
        if name in names:
            gate["name"].problem(f'duplicate value: "{name}"')
        names.append(name)
    if names and spec["nodeName"].text():
        spec["nodeName"].problem("cannot be set until all schedulingGates have been cleared")
    if names:
        gates.warn(
            "a gated pod is not scheduled until somebody removes its gates, which nothing in the simulation does"
        )
    return tuple(names)


def _check_names(spec: Field) -> None:
    first: dict[str, Field] = {}
    for item in (*spec["initContainers"], *spec["containers"]):
        name = item["name"].text()
        if name and name in first:
            item["name"].problem(f'duplicate value: "{name}"')
        first[name] = item

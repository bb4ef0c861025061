"""From manifests to a cluster: every object is checked and converted, and what has no model is counted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol, runtime_checkable

from models.autoscaling import HorizontalPodAutoscaler
from models.behaviour import Behaviour
from models.cluster import Cluster
from models.disruption import PodDisruptionBudget
from models.input.problems import InputError, Problem
from models.input.yaml_values import HELM_TEMPLATE
from models.job import Job
from models.labels import LabelSelector
from models.manifests.account import Account, Named
from models.manifests.assumed_storage import assumed_storage
from models.manifests.conversion import Admission, converters
from models.manifests.kinds import is_built_in, type_error
from models.manifests.manifest import Field, Findings, Manifest
from models.manifests.names import wrong_dns_label, wrong_subdomain
from models.manifests.objects import Objects
from models.manifests.ports import MadePod, look_up_ports
from models.manifests.schema import schema_errors
from models.manifests.selector import check_labels
from models.manifests.volume_limits import with_volume_limits
from models.node import Node
from models.pod import PodTemplate
from models.reference import References
from models.service import Service


class Podless(NamedTuple):
    """Why a Service selects no pod of a cluster."""

    problem: Problem
    maker: str
    """The object that would make its pods, but is of a kind without a model; "" if no object would."""


@runtime_checkable
class NamesItsPods(Protocol):
    """A value whose pods have labels of their own, by ordinal."""

    @property
    def ordinals(self) -> range:
        """The numbers of its pods."""
        ...

    def pod_labels(self, ordinal: int) -> Mapping[str, str]:
        """The labels of the pod with this number."""
        ...


@runtime_checkable
class MakesPods(Protocol):
    """A value that is a pod, or makes pods of one template."""

    @property
    def template(self) -> PodTemplate:
        """What its pods are."""
        ...


@dataclass(frozen=True, slots=True)
class ClusterInput:
    """A cluster, and what the objects say that is not in it."""

    cluster: Cluster
    not_modelled: Mapping[str, int] = field(default_factory=dict)
    """Kind -> how many, sorted by kind."""
    account: Account = field(default_factory=Account, compare=False)
    """What becomes of everything that they say."""
    podless: Mapping[tuple[str, str], Podless] = field(default_factory=dict)
    """(namespace, name) of each Service with a selector that selects no pod of the cluster -> why."""
    made_by_others: Mapping[str, int] = field(default_factory=dict)
    """Kind -> how many objects were left to their controller, which is in the input (`kubectl get all -o yaml`)."""
    warnings: tuple[Problem, ...] = ()

    @property
    def named(self) -> tuple[Named, ...]:
        """What they say that may matter and is not in the cluster: by effect, the most frequent first."""
        return self.account.named


def build_cluster(
    objects: Iterable[Manifest],
    nodes: Sequence[Node] = (),
    behaviour: Behaviour | None = None,
    references: References = References.ASSUMED,
    missing_images: Sequence[str] = (),
) -> ClusterInput:
    """The cluster of these objects, defaults filled as the API server fills them; `nodes` come before Node objects.

    The objects are checked again, since they may have been patched. Raises InputError with all problems; the place of
    a patched part is that of the nearest part of the original. `behaviour` gives the tolerations that admission
    adds, and how long hooks take of which the manifest does not tell; `references` says what holds of objects that
    pods refer to and that are not among these; images exist but for those that match a pattern of `missing_images`.
    """
    manifests = list(objects)
    findings = Findings()
    usable = [manifest for manifest in manifests if _check_object(manifest, findings)]
    _check_duplicates(usable, nodes, findings)
    left_to_owner, kept = _by_owner(usable, findings)
    referred = Objects(usable, strict=references is References.STRICT, missing_images=missing_images)
    converted = _convert(kept, behaviour or Behaviour(), referred, findings)
    simulated = [value for manifest, value in converted if value is not None and manifest.kind not in Admission.KINDS]
    cluster = Cluster.of([*nodes, *simulated])
    cluster = replace(cluster, nodes=tuple(with_volume_limits(cluster.nodes, usable)))
    if references is References.ASSUMED:
        cluster = cluster.with_values(assumed_storage(cluster))
    if findings.problems:
        raise InputError(findings.problems)
    podless = _warn_of_empty_selections(converted, findings)
    _warn_of_missing_targets(converted, findings)
    services = [(manifest, value) for manifest, value in converted if isinstance(value, Service) and value.selector]
    look_up_ports(services, list(_made_pods(converted)), findings)
    absent, acting = referred.absent([manifest for manifest, value in converted if value is not None])
    findings.warnings += acting
    account = Account(absent)
    for manifest, value in converted:
        if value is None:
            account.add_unread(manifest, _label(manifest))
        else:
            account.add(manifest, findings.reads_of(manifest))
    not_modelled = Counter(_label(m) for m, value in converted if value is None)
    return ClusterInput(
        cluster=cluster,
        not_modelled=dict(sorted(not_modelled.items())),
        account=account,
        podless=podless,
        made_by_others=dict(sorted(Counter(m.kind for m in left_to_owner).items())),
        warnings=tuple(sorted(set(findings.warnings))),
    )


def _label(manifest: Manifest) -> str:
    """The kind, with its group where a custom resource has the name of a kind of Kubernetes."""
    if is_built_in(manifest.api_version, manifest.kind) or manifest.kind not in converters():
        return manifest.kind
    return f"{manifest.kind}.{manifest.api_version.rpartition('/')[0]}"


def _check_object(manifest: Manifest, findings: Findings) -> bool:
    """Check type, schema and name; whether it can be converted."""
    if reason := type_error(manifest.api_version, manifest.kind):
        findings.problems.append(manifest.problem(("apiVersion",), reason))
        return False
    if not is_built_in(manifest.api_version, manifest.kind):
        return True
    for path, message, at_key in schema_errors(manifest.api_version, manifest.kind, manifest.value):
        findings.problems.append((manifest.problem_at_key if at_key else manifest.problem)(path, message))
    metadata = manifest.value.get("metadata", {})
    if isinstance(metadata, dict) and metadata.get("name") in (None, ""):
        findings.problems.append(manifest.problem(("metadata", "name"), "required value is missing"))
    elif "{{" in manifest.name:
        findings.problems.append(manifest.problem(("metadata", "name"), HELM_TEMPLATE))
    elif manifest.name and manifest.kind in converters() and (wrong := wrong_subdomain(manifest.name)):
        findings.problems.append(manifest.problem(("metadata", "name"), wrong))
    if manifest.namespace and (wrong := wrong_dns_label(manifest.namespace)):
        findings.problems.append(manifest.problem(("metadata", "namespace"), wrong))
    return True


def _check_duplicates(manifests: Iterable[Manifest], nodes: Sequence[Node], findings: Findings) -> None:
    first: dict[tuple[str, str, str], Manifest] = {}
    given = {node.name for node in nodes}
    for manifest in manifests:
        if not manifest.name or not is_built_in(manifest.api_version, manifest.kind):
            continue
        earlier = first.setdefault((manifest.kind, manifest.namespace, manifest.name), manifest)
        if earlier is not manifest:
            message = f"defined twice (first at {earlier.where(('metadata', 'name'))})"
            findings.problems.append(manifest.problem(("metadata", "name"), message))
        elif manifest.kind == "Node" and manifest.name in given:
            message = "a node of this name is in the cluster already"
            findings.problems.append(manifest.problem(("metadata", "name"), message))


def _by_owner(manifests: list[Manifest], findings: Findings) -> tuple[list[Manifest], list[Manifest]]:
    """(objects that their controller, also given, will make anew; all others, without finished pods)."""
    given = {(m.kind, m.namespace, m.name) for m in manifests}
    owned, others = [], []
    for manifest in manifests:
        if manifest.kind not in ("Pod", "ReplicaSet", "Job"):
            others.append(manifest)
            continue
        whole = Field.whole(manifest, findings)
        owner = _controller(whole)
        if owner and any((kind, manifest.namespace, name) in given for kind, name in owner):
            owned.append(manifest)
        elif whole["status"]["phase"].text() in ("Succeeded", "Failed"):
            whole["status"]["phase"].warn(f"the pod has finished ({whole['status']['phase'].text()}): left out")
        elif end := _end_of_job(whole):
            whole["status"]["conditions"].warn(f"the Job has finished ({end}): left out")
        else:
            if owner and owner[0][0] != "Node":
                kind, name = owner[0]
                whole.warn(f"its controller {kind}/{name} is not among the given objects: nobody would make it again")
            others.append(manifest)
    return owned, others


def _end_of_job(whole: Field) -> str:
    """Complete or Failed, if the Job is; else ""."""
    conditions = whole["status"]["conditions"] if whole.manifest.kind == "Job" else ()
    true = [condition["type"].text() for condition in conditions if condition["status"].text() == "True"]
    return next((end for end in ("Complete", "Failed") if end in true), "")


def _controller(whole: Field) -> list[tuple[str, str]]:
    """The (kind, name) of the object's controller; then of the Deployment above it, as the names tell."""
    for reference in whole["metadata"]["ownerReferences"]:
        if reference["controller"].flag():
            kind, name = reference["kind"].text(), reference["name"].text()
            template_hash = whole["metadata"]["labels"]["pod-template-hash"].text()
            above = [("Deployment", name.removesuffix(f"-{template_hash}"))] if template_hash else []
            return [(kind, name), *(above if kind == "ReplicaSet" else [])]
    return []


def _convert(
    manifests: list[Manifest], behaviour: Behaviour, objects: Objects, findings: Findings
) -> list[tuple[Manifest, object | None]]:
    admission = Admission({}, behaviour, objects)

    def converted(manifest: Manifest) -> object | None:
        convert = converters().get(manifest.kind) if is_built_in(manifest.api_version, manifest.kind) else None
        if convert is None:
            return None
        whole = Field.whole(manifest, findings)
        check_labels(whole["metadata"].checked["labels"])
        return convert(whole, admission)

    first = {id(m): converted(m) for m in manifests if m.kind in Admission.FIRST}
    admission = admission.with_objects(first.values())
    return [(m, first[id(m)] if id(m) in first else converted(m)) for m in manifests]


def _warn_of_empty_selections(
    converted: list[tuple[Manifest, object | None]], findings: Findings
) -> dict[tuple[str, str], Podless]:
    """Services and budgets that select no pod of the given objects; legal, since others may make the pods.

    Returns those that are Services, by namespace and name.
    """
    podless: dict[tuple[str, str], Podless] = {}
    pods = [(manifest, value, labels) for manifest, value in converted for labels in _pod_labels(manifest, value)]
    selector: LabelSelector | None
    for manifest, value in converted:
        if isinstance(value, Service) and value.selector:
            selector, consequence = LabelSelector.of(value.selector), "it has no endpoints"
        elif isinstance(value, PodDisruptionBudget):
            selector, consequence = value.selector, "it protects nothing"
        else:
            continue
        near = [pod for pod in pods if pod[0].namespace == manifest.namespace]
        hit = [(maker, made) for maker, made, labels in near if selector is not None and selector.matches(labels)]
        if any(made is not None for _, made in hit):
            continue
        reason = "selects no pod of the given objects"
        if hit:
            reason = f"selects pods of {hit[0][0].key}, which is not simulated yet"
        warning = manifest.problem(("spec", "selector"), f"{reason}: {consequence}")
        findings.warnings.append(warning)
        if isinstance(value, Service):
            podless[value.namespace, value.name] = Podless(warning, hit[0][0].key if hit else "")
    return podless


def _warn_of_missing_targets(converted: list[tuple[Manifest, object | None]], findings: Findings) -> None:
    """Autoscalers of workloads that are not among the given objects, or not simulated, or that have one already."""
    first: dict[tuple[str, str, str], str] = {}
    made = {(m.kind, m.namespace, m.name): value is not None for m, value in converted}
    for manifest, value in converted:
        if isinstance(value, HorizontalPodAutoscaler):
            key = (value.target_kind, value.namespace, value.target_name)
            target, simulated = f"{value.target_kind}/{value.target_name}", made.get(key)
            if (other := first.setdefault(key, value.name)) != value.name:
                message = (
                    f"{target} is scaled by {other} too: in Kubernetes neither does (AmbiguousSelector); here both do"
                )
                findings.warnings.append(manifest.problem(("spec", "scaleTargetRef"), message))
            if not simulated:
                reason = "is not among the given objects" if simulated is None else "is not simulated yet"
                findings.warnings.append(manifest.problem(("spec", "scaleTargetRef"), f"{target} {reason}"))


def _made_pods(converted: list[tuple[Manifest, object | None]]) -> Iterator[MadePod]:
    for manifest, value in converted:
        if isinstance(value, MakesPods):
            for labels in _pod_labels(manifest, value):
                yield MadePod(manifest.key, manifest.namespace, labels, value.template.spec.named_ports)


def _pod_labels(manifest: Manifest, value: object | None) -> Iterator[Mapping[str, Any]]:
    """The labels of the pods that the object is, or makes."""
    if isinstance(value, NamesItsPods):
        yield from map(value.pod_labels, value.ordinals)
        return
    if isinstance(value, Job):
        yield value.pod_labels
        return
    labels = _pod_template(manifest)["metadata"]["labels"]
    if labels.present:
        yield labels.labels()


def _pod_template(manifest: Manifest) -> Field:
    """Metadata and spec of the pods that the object is, or makes; reads of it do not count."""
    whole = Field(manifest.value, manifest, Findings())
    if manifest.kind == "CronJob":
        return whole["spec"]["jobTemplate"]["spec"]["template"]
    return whole if manifest.kind == "Pod" else whole["spec"]["template"]

"""StatefulSets."""

from models.manifests.claim import claim_templates
from models.manifests.conversion import Admission, converts
from models.manifests.deployment import workload_selector
from models.manifests.manifest import Field
from models.manifests.pod import pod_template
from models.manifests.replicas import replicas
from models.statefulset import PodManagementPolicy, StatefulSet


@converts("StatefulSet")
def stateful_set(field: Field, admission: Admission) -> StatefulSet:
    """A StatefulSet with the API server's defaults (pkg/apis/apps/v1/defaults.go)."""
    spec = field["spec"]
    template = pod_template(spec["template"], admission)
    policy = spec["podManagementPolicy"].choice(PodManagementPolicy.ORDERED_READY, PodManagementPolicy)
    strategy = spec["updateStrategy"]
    on_delete = strategy["type"].choice("RollingUpdate", ("RollingUpdate", "OnDelete")) == "OnDelete"
    rolling = strategy["rollingUpdate"]
    if on_delete and rolling.present:
        rolling.problem("only allowed for updateStrategy 'RollingUpdate'")
    if (ignored := rolling.checked["maxUnavailable"]).present:
        ignored.warn("ignored, as by default in Kubernetes (MaxUnavailableStatefulSet is off)")
    retention = spec["persistentVolumeClaimRetentionPolicy"]
    kept = retention["whenScaled"].choice("Retain", ("Retain", "Delete"))
    return StatefulSet(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        labels=field["metadata"].checked["labels"].labels(),
        template=template,
        selector=workload_selector(spec, template),
        replicas=replicas(spec["replicas"]),
        pod_management_policy=PodManagementPolicy(policy),
        on_delete=on_delete,
        partition=rolling["partition"].integer(0),
        min_ready_seconds=float(spec["minReadySeconds"].integer(0)),
        start=spec["ordinals"]["start"].integer(0),
        service_name=spec.checked["serviceName"].text(),
        revision_history_limit=spec["revisionHistoryLimit"].integer(10),
        volume_claim_templates=claim_templates(spec["volumeClaimTemplates"], admission.objects),
        keeps_claims_when_scaled=kept == "Retain",
    )

"""ReplicationControllers: ReplicaSets as they were before, still served by every cluster."""

from models.deployment import ReplicaSet
from models.labels import LabelSelector
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.pod import pod_template
from models.manifests.replicas import replicas
from models.manifests.selector import check_labels


@converts("ReplicationController")
def replication_controller(field: Field, admission: Admission) -> ReplicaSet:
    """A ReplicationController; without a selector it selects its template's labels (pkg/apis/core/v1/defaults.go).

    Its selector is a mapping of labels; it must match the template's (pkg/apis/core/validation).
    """
    spec = field["spec"]
    template = pod_template(spec["template"].required(), admission)
    written = check_labels(spec["selector"])
    if not written and not template.labels:
        spec["selector"].required()
    if any(template.labels.get(key) != value for key, value in written.items()):
        spec["template"]["metadata"]["labels"].problem("`selector` does not match template `labels`")
    return ReplicaSet(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        template=template,
        selector=LabelSelector.of(written or template.labels),
        replicas=replicas(spec["replicas"]),
        min_ready_seconds=float(spec["minReadySeconds"].integer(0)),
        kind="ReplicationController",
    )

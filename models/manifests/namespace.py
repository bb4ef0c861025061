"""Namespaces."""

from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.pod_security import ENFORCE, LEVELS, PRIVILEGED
from models.manifests.selector import check_labels
from models.namespace import NAME_LABEL, Namespace


@converts("Namespace")
def namespace(field: Field, admission: Admission) -> Namespace:
    """A Namespace; its name is one of its labels, whatever is written (pkg/apis/core/v1/defaults.go)."""
    # Other labels decide nothing by themselves: what programs read of them that are not here is named.
    name, metadata = field.manifest.name, field["metadata"]
    metadata["labels"][ENFORCE].choice(PRIVILEGED, LEVELS)
    return Namespace(name, {**check_labels(metadata.checked["labels"]), NAME_LABEL: name})

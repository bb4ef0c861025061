"""Namespaces."""

from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.selector import check_labels
from models.namespace import NAME_LABEL, Namespace


@converts("Namespace")
def namespace(field: Field, admission: Admission) -> Namespace:
    """A Namespace; its name is one of its labels, whatever is written (pkg/apis/core/v1/defaults.go)."""
    # Labels decide nothing by themselves: what other programs read of them is named.
    name = field.manifest.name
    return Namespace(name, {**check_labels(field["metadata"].checked["labels"]), NAME_LABEL: name})

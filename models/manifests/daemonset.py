"""DaemonSets."""

from models.daemonset import DaemonSet
from models.deployment import IntOrPercent, Percent
from models.manifests.conversion import Admission, converts
from models.manifests.deployment import workload_selector
from models.manifests.manifest import Field
from models.manifests.pod import pod_template
from models.units import parse_int_or_share


@converts("DaemonSet")
def daemon_set(field: Field, admission: Admission) -> DaemonSet:
    """A DaemonSet with the API server's defaults (pkg/apis/apps/v1/defaults.go)."""
    spec = field["spec"]
    template = pod_template(spec["template"], admission)
    strategy = spec["updateStrategy"]
    on_delete = strategy["type"].choice("RollingUpdate", ("RollingUpdate", "OnDelete")) == "OnDelete"
    unavailable, surge = _rolling_update(strategy["rollingUpdate"])
    return DaemonSet(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        labels=field["metadata"].checked["labels"].labels(),
        template=template,
        selector=workload_selector(spec, template),
        on_delete=on_delete,
        max_unavailable=unavailable,
        max_surge=surge,
        min_ready_seconds=float(spec["minReadySeconds"].integer(0)),
        revision_history_limit=spec["revisionHistoryLimit"].integer(10),
    )


def _rolling_update(field: Field) -> tuple[IntOrPercent, IntOrPercent]:
    """(maxUnavailable, maxSurge): exactly one of them is not zero (pkg/apis/apps/validation)."""
    nothing = (0, Percent(0))
    default_unavailable: IntOrPercent = 1
    default_surge: IntOrPercent = 0
    unavailable = field["maxUnavailable"].parsed(parse_int_or_share, default_unavailable)
    surge = field["maxSurge"].parsed(parse_int_or_share, default_surge)
    if unavailable in nothing and surge in nothing:
        field["maxUnavailable"].problem("cannot be 0 when maxSurge is 0")
    elif unavailable not in nothing and surge not in nothing:
        field["maxSurge"].problem("may not be set when maxUnavailable is non-zero")
    return unavailable, surge

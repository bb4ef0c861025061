"""PodDisruptionBudgets."""

from models.disruption import PodDisruptionBudget
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.manifests.selector import label_selector
from models.units import parse_int_or_share


@converts("PodDisruptionBudget")
def pod_disruption_budget(field: Field, admission: Admission) -> PodDisruptionBudget:
    """A PodDisruptionBudget of policy/v1."""
    spec = field["spec"]
    if spec["minAvailable"].present and spec["maxUnavailable"].present:
        spec.problem("minAvailable and maxUnavailable cannot be both set")
    policy = spec["unhealthyPodEvictionPolicy"].choice("IfHealthyBudget", ("IfHealthyBudget", "AlwaysAllow"))
    return PodDisruptionBudget(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        selector=label_selector(spec["selector"]),
        min_available=spec["minAvailable"].parsed(parse_int_or_share, None),
        max_unavailable=spec["maxUnavailable"].parsed(parse_int_or_share, None),
        always_allow_unhealthy=policy == "AlwaysAllow",
    )

"""How many pods a workload asks for."""

from models.manifests.manifest import Field
from models.size import too_many_pods


def replicas(field: Field, default: int = 1, *, at_least: int = 0) -> int:
    """The number; more than a run can hold are a problem of input, which says how to raise the bound."""
    count = field.integer(default, at_least=at_least)
    if wrong := too_many_pods(count):
        field.problem(wrong)
        return default
    return count

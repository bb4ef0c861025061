"""PriorityClasses."""

from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.priority import SYSTEM_PRIORITIES, PriorityClass

_MAX_USER_PRIORITY = 1_000_000_000


@converts("PriorityClass")
def priority_class(field: Field, admission: Admission) -> PriorityClass:
    """A PriorityClass; the names that start with system- are Kubernetes' own."""
    name = field.manifest.name
    value = field["value"].integer(0, at_least=-(2**31))
    if name.startswith("system-"):
        if SYSTEM_PRIORITIES.get(name) != value:
            field["metadata"]["name"].problem("priority class names with the prefix 'system-' are reserved")
    elif value > _MAX_USER_PRIORITY:
        field["value"].problem(f"maximum allowed value of a user defined priority is {_MAX_USER_PRIORITY}")
    policy = field["preemptionPolicy"].choice("PreemptLowerPriority", ("PreemptLowerPriority", "Never"))
    return PriorityClass(name, value, field["globalDefault"].flag(), policy != "Never")

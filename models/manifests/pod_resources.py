"""spec.resources of a pod: what it requests and may use as a whole."""

from models.manifests.container import CAPPED, amounts
from models.manifests.manifest import Field
from models.pod import PodResources, PodSpec
from models.units import format_cpu, format_memory

_SUPPORTED = '"cpu", "memory", "hugepages-<size>"'


def pod_resources(spec: Field, containers: PodSpec) -> PodResources:
    """The requests and limits of the pod as a whole, defaults filled in; `containers` is the spec without them.

    Where there is a limit, a request that is missing is that of the containers together, else the limit
    (pkg/apis/core/v1/defaults.go, defaultPodRequests). Notes what the API server refuses
    (pkg/apis/core/validation, validatePodResourceConsistency).
    """
    field = spec["resources"]
    requests, limits = _supported(field["requests"]), _supported(field["limits"])
    for name in sorted({*requests, *CAPPED}):
        field["limits"][name].withdraw()
    aggregate = {name: amount for name, amount in _aggregate(containers).items() if PodResources.is_supported(name)}
    if limits:
        overcommitted = {name: amount for name, amount in aggregate.items() if not name.startswith("hugepages-")}
        requests = {**limits, **overcommitted, **requests}
    for name, asked in requests.items():
        if asked < aggregate.get(name, 0):
            least = f"aggregate container requests of {_shown(name, aggregate[name])}"
            field["requests"][name].problem(f"must be greater than or equal to {least} (got {_shown(name, asked)})")
        if asked > limits.get(name, asked):
            most = f"{name} limit of {_shown(name, limits[name])}"
            field["requests"][name].problem(f"must be less than or equal to {most} (got {_shown(name, asked)})")
    for item, container in zip(spec["containers"], containers.containers, strict=True):
        for name, limit in item.checked["resources"]["limits"].entries():
            if container.limits.amount(name) > limits.get(name, container.limits.amount(name)):
                limit.problem(f"must be less than or equal to pod limits of {_shown(name, limits[name])}")
    return PodResources(requests, limits)


def _supported(field: Field) -> dict[str, int]:
    found = amounts(field)
    for name in [name for name in found if not PodResources.is_supported(name)]:
        field[name].problem(f'unsupported value: "{name}": supported values: {_SUPPORTED}')
        del found[name]
    return found


def _aggregate(containers: PodSpec) -> dict[str, int]:
    """What the containers request together; only resources that one of them requests."""
    together = containers.requests
    declared = {name for c in (*containers.containers, *containers.init_containers) for name in c.declared}
    return {**together.other, **{name: together.amount(name) for name in declared}}


def _shown(name: str, amount: int) -> str:
    return format_cpu(amount) if name == "cpu" else format_memory(amount) if name == "memory" else str(amount)

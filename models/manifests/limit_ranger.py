"""What LimitRanges do to a pod that is made: containers get requests and limits, or the pod is refused.

Source: plugin/pkg/admission/limitranger.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from models.limit_range import Limit, LimitRange, LimitType
from models.node import Resources
from models.pod import Container, PodSpec
from models.units import format_cpu, format_memory


def limited(spec: PodSpec, ranges: Sequence[LimitRange]) -> tuple[PodSpec, str]:
    """(the spec with what its containers get, why the API server refuses the pod or "")."""
    for limit_range in ranges:
        defaults = [limit for limit in limit_range.limits if limit.type is LimitType.CONTAINER]
        limits = {name: amount for limit in defaults for name, amount in limit.default.items()}
        requests = {name: amount for limit in defaults for name, amount in limit.default_request.items()}
        spec = replace(
            spec,
            containers=tuple(_with(container, requests, limits) for container in spec.containers),
            init_containers=tuple(_with(container, requests, limits) for container in spec.init_containers),
        )
        errors = list(dict.fromkeys(error for limit in limit_range.limits for error in _violations(limit, spec)))
        if errors:
            return spec, errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    return spec, ""


def _with(container: Container, requests: Mapping[str, int], limits: Mapping[str, int]) -> Container:
    """The container, with these where it has none of its own."""
    asked, most = {**requests, **_requests(container)}, {**limits, **_limits(container)}
    return replace(
        container,
        requests=_resources(asked),
        limits=_resources(most),
        declared=frozenset(asked.keys() & {"cpu", "memory"}),
        limited=frozenset(most),
    )


def _resources(amounts: Mapping[str, int]) -> Resources:
    other = {name: amount for name, amount in amounts.items() if name not in ("cpu", "memory")}
    return Resources(amounts.get("cpu", 0), amounts.get("memory", 0), other)


def _requests(container: Container) -> dict[str, int]:
    names = (*sorted(container.declared), *container.requests.other)
    return {name: container.requests.amount(name) for name in names}


def _limits(container: Container) -> dict[str, int]:
    return {name: container.limits.amount(name) for name in sorted(container.limited)}


def _violations(limit: Limit, spec: PodSpec) -> Iterator[str]:
    if limit.type is LimitType.CONTAINER:
        for container in (*spec.containers, *spec.init_containers):
            yield from _checked(limit, _requests(container), _limits(container))
        return
    containers = (*spec.containers, *spec.init_containers)
    names = {name for container in containers for name in (*_requests(container), *spec.resources.requests)}
    requests = {name: spec.requests.amount(name) for name in sorted(names)}
    names = {name for container in containers for name in (*container.limited, *spec.resources.limits)}
    yield from _checked(limit, requests, {name: spec.limit(name) for name in sorted(names)})


def _checked(limit: Limit, requests: Mapping[str, int], limits: Mapping[str, int]) -> Iterator[str]:
    for name, least in sorted(limit.minimum.items()):
        usage = f"minimum {name} usage per {limit.type} is {_shown(name, least)}"
        if name not in requests:
            yield f"{usage}.  No request is specified"
        elif requests[name] < least:
            yield f"{usage}, but request is {_shown(name, requests[name])}"
        elif limits.get(name, least) < least:
            yield f"{usage}, but limit is {_shown(name, limits[name])}"
    for name, most in sorted(limit.maximum.items()):
        usage = f"maximum {name} usage per {limit.type} is {_shown(name, most)}"
        if name not in limits:
            yield f"{usage}.  No limit is specified"
        elif limits[name] > most:
            yield f"{usage}, but limit is {_shown(name, limits[name])}"
        elif requests.get(name, most) > most:
            yield f"{usage}, but request is {_shown(name, requests[name])}"
    for name, ratio in sorted(limit.max_ratio.items()):
        usage = f"{name} max limit to request ratio per {limit.type} is {ratio.normalize():f}"
        if not requests.get(name):
            yield f"{usage}, but no request is specified or request is 0"
        elif not limits.get(name):
            yield f"{usage}, but no limit is specified or limit is 0"
        elif Decimal(limits[name]) / requests[name] > ratio:
            yield f"{usage}, but provided ratio is {limits[name] / requests[name]:f}"


def _shown(name: str, amount: int) -> str:
    return format_cpu(amount) if name == "cpu" else format_memory(amount)

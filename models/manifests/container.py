"""Containers: resources, probes, ports, hooks."""

from collections.abc import Callable

from models.manifests.hooks import hook
from models.manifests.manifest import Field
from models.manifests.names import dns_label
from models.node import Resources
from models.pod import Container, Probe
from models.units import format_cpu, format_memory, parse_amount, parse_cpu

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
CAPPED = {"cpu", "memory", "ephemeral-storage"}
"""Resources of which a limit, which may stand for a request here, also holds down the use, which is not simulated."""


def amounts(field: Field) -> dict[str, int]:
    """A mapping of resource names to quantities: those that are written, in the units of `Resources`."""
    return {name: amount(item, parse_cpu if name == "cpu" else parse_amount) for name, item in field.entries()}


def resources(field: Field) -> Resources:
    """A mapping of resource names to quantities; cpu and memory are 0 where they are not written."""
    written = amounts(field)
    return Resources(written.pop("cpu", 0), written.pop("memory", 0), written)


def amount(field: Field, parse: Callable[[object], int]) -> int:
    """A quantity that is not negative; 0 where nothing is written."""
    parsed = field.parsed(parse, 0)
    if parsed < 0:
        field.problem(f"must be greater than or equal to 0 (got {field.value})")
    return max(0, parsed)


def container(field: Field, *, host_network: bool, grace_period: float, init: bool = False) -> Container:
    """One container with the defaults of the API server (kubernetes 1.36, pkg/apis/core/v1/defaults.go)."""
    requests, limits = field["resources"]["requests"], field["resources"]["limits"]
    asked, limited = resources(requests), resources(limits)
    declared = {name for name, _ in requests.entries()}
    defaulted = {name for name, _ in limits.entries()} - declared
    for name in sorted(declared | CAPPED):
        limits[name].withdraw()
    for name in sorted(declared):
        _check_limit(requests[name], limits[name], name, asked, limited)
    image = field["image"].required().text()
    sidecar = init and field.checked["restartPolicy"].text() == "Always"
    variables = {each["name"].text(): each["value"].text() for each in field.checked["env"]}
    return Container(
        name=dns_label(field["name"]),
        image=image,
        image_pull_policy=field.checked["imagePullPolicy"].choice(default_pull_policy(image), _PULL_POLICIES),
        requests=Resources(
            limited.cpu if "cpu" in defaulted else asked.cpu,
            limited.memory if "memory" in defaulted else asked.memory,
            {**asked.other, **{name: amount for name, amount in limited.other.items() if name in defaulted}},
        ),
        limits=limited,
        declared=frozenset((declared | defaulted) & {"cpu", "memory"}),
        limited=frozenset(name for name, _ in limits.entries()),
        readiness=_probe(field["readinessProbe"]),
        liveness=_probe(field["livenessProbe"], kills=True),
        startup=_probe(field["startupProbe"], kills=True),
        pre_stop=hook(field["lifecycle"]["preStop"], grace_period, variables),
        post_start=hook(field["lifecycle"]["postStart"], grace_period, variables),
        restart_policy=_restart_policy(field, init, sidecar),
        # The scheduler takes no note of the ports of init containers that end.
        host_ports=_host_ports((field.checked if init and not sidecar else field)["ports"], host_network),
        named_ports=frozenset() if init and not sidecar else _named_ports(field["ports"]),
    )


def _restart_policy(field: Field, init: bool, sidecar: bool) -> str | None:
    """The container's own restart policy; that of init containers that end decides nothing, since here none fails."""
    own = (field.checked if init and not sidecar else field)["restartPolicy"]
    return own.choice("", _RESTART_POLICIES) or None


def _check_limit(request: Field, limit: Field, name: str, requests: Resources, limits: Resources) -> None:
    if not limit.present:
        return
    asked, most, show = {
        "cpu": (requests.cpu, limits.cpu, format_cpu),
        "memory": (requests.memory, limits.memory, format_memory),
    }.get(name, (requests.other.get(name, 0), limits.other.get(name, 0), str))
    if asked > most:
        request.problem(f"must be less than or equal to {name} limit of {show(most)} (got {show(asked)})")


def default_pull_policy(image: str) -> str:
    """The imagePullPolicy of containers that give none."""
    if "@" in image:
        return "IfNotPresent"
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return "Always" if not colon or tag == "latest" else "IfNotPresent"


def _probe(field: Field, *, kills: bool = False) -> Probe | None:
    """The probe; those that kill may ask for one success only, and only for them does the model count failures."""
    if not field.present:
        return None
    handlers = [name for name in _HANDLERS if field.checked[name].present]
    if len(handlers) != 1:
        field.problem("must specify a handler type" if not handlers else "may not specify more than 1 handler type")
    success = field["successThreshold"].integer(1)
    if kills and success > 1:
        field["successThreshold"].problem(f"must be 1 for liveness and startup probes (got {success})")
    grace = field["terminationGracePeriodSeconds"]
    if grace.present and not kills:
        grace.problem("must not be set for readinessProbes")
    grace_period = grace.integer(1, at_least=1) if grace.present else None
    return Probe(  # zero counts as unset for all but the initial delay
        initial_delay=float(field["initialDelaySeconds"].integer(0)),
        period=float(field["periodSeconds"].integer(10) or 10),
        timeout=float(field.checked["timeoutSeconds"].integer(1) or 1),
        success_threshold=success or 1,
        failure_threshold=(field if kills else field.checked)["failureThreshold"].integer(3) or 3,
        grace_period=None if grace_period is None else float(grace_period),
    )


def _host_ports(field: Field, host_network: bool) -> tuple[tuple[int, str, str], ...]:
    taken = []
    for item in field:
        port = (item if host_network else item.checked)["containerPort"].integer(0, at_least=1, at_most=65535)
        host_port = item["hostPort"].integer(0, at_most=65535)
        if host_network and host_port not in (0, port):
            item["hostPort"].problem("must match `containerPort` when `hostNetwork` is true")
        protocol = item["protocol"].choice("TCP", ("TCP", "UDP", "SCTP"))
        if host_port := port if host_network else host_port:
            taken.append((host_port, protocol, item["hostIP"].text("0.0.0.0")))
    return tuple(taken)


def _named_ports(field: Field) -> frozenset[tuple[str, str]]:
    named = [(port["name"].text(), port["protocol"].text("TCP")) for port in field]
    return frozenset((name, protocol) for name, protocol in named if name)

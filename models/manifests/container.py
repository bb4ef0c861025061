"""Containers: resources, probes, ports, the preStop hook."""

import re
from collections.abc import Callable

from models.manifests.manifest import Field
from models.node import Resources
from models.pod import Container, Probe
from models.units import format_cpu, format_memory, parse_amount, parse_cpu

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
CAPPED = {"cpu", "memory", "ephemeral-storage"}
"""Resources of which a limit, which may stand for a request here, also holds down the use, which is not simulated."""
_SHELLS = re.compile(r"(?:/(?:usr/)?bin/)?(?:ba|da|a)?sh")
_SLEEP = re.compile(r"\s*(?:/(?:usr/)?bin/)?sleep\s+([0-9]+(?:\.[0-9]+)?)([smhd]?)\s*(?:$|[;&\n])")
_SLEEP_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def amounts(field: Field) -> dict[str, int]:
    """A mapping of resource names to quantities: those that are written, in the units of `Resources`."""
    return {name: _amount(item, parse_cpu if name == "cpu" else parse_amount) for name, item in field.entries()}


def resources(field: Field) -> Resources:
    """A mapping of resource names to quantities; cpu and memory are 0 where they are not written."""
    written = amounts(field)
    return Resources(written.pop("cpu", 0), written.pop("memory", 0), written)


def _amount(field: Field, parse: Callable[[object], int]) -> int:
    amount = field.parsed(parse, 0)
    if amount < 0:
        field.problem(f"must be greater than or equal to 0 (got {field.value})")
    return max(0, amount)


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
    return Container(
        name=field["name"].required().text(),
        image=image,
        image_pull_policy=field.checked["imagePullPolicy"].choice(_pull_policy(image), _PULL_POLICIES),
        requests=Resources(
            limited.cpu if "cpu" in defaulted else asked.cpu,
            limited.memory if "memory" in defaulted else asked.memory,
            {**asked.other, **{name: amount for name, amount in limited.other.items() if name in defaulted}},
        ),
        limits=limited,
        declared=frozenset((declared | defaulted) & {"cpu", "memory"}),
        readiness=_probe(field["readinessProbe"]),
        liveness=_probe(field["livenessProbe"], kills=True),
        startup=_probe(field["startupProbe"], kills=True),
        pre_stop=_pre_stop(field["lifecycle"]["preStop"], grace_period),
        restart_policy=field["restartPolicy"].text() if sidecar else None,
        # The scheduler takes no note of the ports of init containers that end.
        host_ports=_host_ports((field.checked if init and not sidecar else field)["ports"], host_network),
        named_ports=frozenset() if init and not sidecar else _named_ports(field["ports"]),
    )


def _check_limit(request: Field, limit: Field, name: str, requests: Resources, limits: Resources) -> None:
    if not limit.present:
        return
    asked, most, show = {
        "cpu": (requests.cpu, limits.cpu, format_cpu),
        "memory": (requests.memory, limits.memory, format_memory),
    }.get(name, (requests.other.get(name, 0), limits.other.get(name, 0), str))
    if asked > most:
        request.problem(f"must be less than or equal to {name} limit of {show(most)} (got {show(asked)})")


def _pull_policy(image: str) -> str:
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
    return Probe(  # zero counts as unset for all but the initial delay
        initial_delay=float(field["initialDelaySeconds"].integer(0)),
        period=float(field["periodSeconds"].integer(10) or 10),
        timeout=float(field.checked["timeoutSeconds"].integer(1) or 1),
        success_threshold=success or 1,
        failure_threshold=(field if kills else field.checked)["failureThreshold"].integer(3) or 3,
    )


def _pre_stop(field: Field, grace_period: float) -> float:
    """Seconds that the hook sleeps, as far as the manifest tells; 0 for any other hook."""
    if field["sleep"].present:
        seconds = field["sleep"]["seconds"].integer(0)
        if seconds > grace_period:
            field["sleep"]["seconds"].problem(
                f"must be non-negative and less than terminationGracePeriodSeconds ({grace_period:g}) (got {seconds})"
            )
        return float(seconds)
    command = list(field["exec"]["command"].texts())
    if len(command) == 3 and _SHELLS.fullmatch(command[0]) and re.fullmatch(r"-[a-z]*c", command[1]):
        line = command[2]
    else:
        line = " ".join(command)
    match = _SLEEP.match(line)
    if match is None:
        field["exec"].withdraw()
        return 0.0
    return float(match[1]) * _SLEEP_UNITS[match[2]]


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

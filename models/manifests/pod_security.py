"""PodSecurity: the pods that a namespace does not take, by its label pod-security.kubernetes.io/enforce.

Source: k8s.io/pod-security-admission/policy, the checks of the latest version, in the order of their names, the higher
level's last. Nobody is exempt, and pods that the namespace only warns of or audits are made.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from models.manifests.manifest import Field
from models.namespace import Namespace

ENFORCE = "pod-security.kubernetes.io/enforce"
ENFORCE_VERSION = f"{ENFORCE}-version"
PRIVILEGED, BASELINE, RESTRICTED = LEVELS = ("privileged", "baseline", "restricted")

_CAPABILITIES = {
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP"),
    *("SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
}
_SYSCTLS = {
    "kernel.shm_rmid_forced",
    *("net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start"),
    *("net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
    *("net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies"),
    "net.ipv4.tcp_wmem",
}
_SECCOMP = ("RuntimeDefault", "Localhost")
_SELINUX = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
_VOLUMES = {
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected"),
    "secret",
}


class _Pod(NamedTuple):
    """The spec of a pod, as the checks look at it: reads of it do not count."""

    spec: Field
    containers: Sequence[Field]
    """Of whatever kind."""

    @property
    def security(self) -> Field:
        return self.spec["securityContext"]

    @property
    def contexts(self) -> list[Field]:
        """The securityContext of the pod, and those of its containers."""
        return [self.security, *(each["securityContext"] for each in self.containers)]

    @property
    def is_of_windows(self) -> bool:
        return self.spec["os"]["name"].text() == "windows"

    @property
    def has_own_users(self) -> bool:
        """In a user namespace of its own, root is nobody outside."""
        return self.spec["hostUsers"].value is False

    def those(self, bad: Callable[[Field], object]) -> list[str]:
        """The names of the containers whose securityContext is bad."""
        return [each["name"].text() for each in self.containers if bad(each["securityContext"])]

    def setters(self, bad: Callable[[Field], object]) -> str:
        """Whoever sets what is bad, the pod and its containers; "" if nobody does."""
        names = self.those(bad)
        found = [*(["pod"] if bad(self.security) else []), *([_named("container", names)] if names else [])]
        return " and ".join(found)


_Check = Callable[[_Pod], tuple[str, str] | None]
"""Gives (reason, detail), if it does not let the pod pass."""


def refusal(spec: Field, namespace: Namespace | None) -> str:
    """Why a namespace (None: it has no labels) takes no pods with this spec, in Kubernetes' words; "" if it does."""
    labels = {} if namespace is None else namespace.labels
    level, version = labels.get(ENFORCE, PRIVILEGED), labels.get(ENFORCE_VERSION, "latest")
    checked = spec.checked
    pod = _Pod(checked, [*checked["initContainers"], *checked["containers"]])
    found = [result for check in _CHECKS.get(level, ()) if (result := check(pod)) is not None]
    if not found:
        return ""
    return f'violates PodSecurity "{level}:{version}": {", ".join(f"{reason} ({detail})" for reason, detail in found)}'


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def _named(noun: str, names: Sequence[str]) -> str:
    return f"{noun}{'s' if len(names) > 1 else ''} {_quoted(names)}"


# -------------------------------------------------------------------------------------------------------- baseline


def _app_armor(pod: _Pod) -> tuple[str, str] | None:
    who = pod.setters(lambda context: context["appArmorProfile"]["type"].text() == "Unconfined")
    return ("forbidden AppArmor profile", f'{who} must not set AppArmor profile type to "Unconfined"') if who else None


def _capabilities_beyond_the_default(pod: _Pod) -> tuple[str, str] | None:
    added = _added(pod, _CAPABILITIES)
    return ("non-default capabilities", added) if added else None


def _added(pod: _Pod, allowed: set[str]) -> str:
    """Which containers add capabilities that they may not; "" if none does."""

    def beyond(context: Field) -> set[str]:
        return set(context["capabilities"]["add"].texts()) - allowed

    names = pod.those(beyond)
    added = sorted({each for container in pod.containers for each in beyond(container["securityContext"])})
    where = "in securityContext.capabilities.add"
    return f"{_named('container', names)} must not include {_quoted(added)} {where}" if names else ""


def _host_namespaces(pod: _Pod) -> tuple[str, str] | None:
    shared = [name for name in ("hostNetwork", "hostPID", "hostIPC") if pod.spec[name].value is True]
    return ("host namespaces", ", ".join(f"{name}=true" for name in shared)) if shared else None


def _host_paths(pod: _Pod) -> tuple[str, str] | None:
    names = [volume["name"].text() for volume in pod.spec["volumes"] if volume["hostPath"].present]
    return ("hostPath volumes", _named("volume", names)) if names else None


def _host_ports(pod: _Pod) -> tuple[str, str] | None:
    used = {each["name"].text(): [p["hostPort"].value for p in each["ports"]] for each in pod.containers}
    names = [name for name, ports in used.items() if any(ports)]
    ports = sorted({str(port) for ports in used.values() for port in ports if port})
    verb, noun = "use" if len(names) > 1 else "uses", "hostPorts" if len(ports) > 1 else "hostPort"
    return ("hostPort", f"{_named('container', names)} {verb} {noun} {', '.join(ports)}") if names else None


def _probe_hosts(pod: _Pod) -> tuple[str, str] | None:
    used = {each["name"].text(): sorted(_hosts(each)) for each in pod.containers}
    names = sorted(name for name, hosts in used.items() if hosts)
    hosts = sorted({host for hosts in used.values() for host in hosts})
    verb, noun = "use" if len(names) > 1 else "uses", f"probe or lifecycle host{'s' if len(hosts) > 1 else ''}"
    if not names:
        return None
    return "probe or lifecycle host", f"{_named('container', names)} {verb} {noun} {_quoted(hosts)}"


def _hosts(container: Field) -> set[str]:
    handlers = [container[name] for name in ("livenessProbe", "readinessProbe", "startupProbe")]
    handlers += [container["lifecycle"][name] for name in ("postStart", "preStop")]
    return {handler[kind]["host"].text() for handler in handlers for kind in ("httpGet", "tcpSocket")} - {""}


def _privileged(pod: _Pod) -> tuple[str, str] | None:
    names = pod.those(lambda context: context["privileged"].value is True)
    return (
        ("privileged", f"{_named('container', names)} must not set securityContext.privileged=true") if names else None
    )


def _proc_mount(pod: _Pod) -> tuple[str, str] | None:
    return None if pod.has_own_users else _unmasked(pod)


def _unmasked(pod: _Pod) -> tuple[str, str] | None:
    names = pod.those(lambda context: context["procMount"].text() == "Unmasked")
    if not names:
        return None
    return "procMount", f'{_named("container", names)} must not set securityContext.procMount to "Unmasked"'


def _selinux(pod: _Pod) -> tuple[str, str] | None:
    contexts = [context["seLinuxOptions"] for context in pod.contexts]
    types = sorted({each["type"].text() for each in contexts} - _SELINUX)
    wrong = [_named("type", types)] if types else []
    wrong += [f"{name} may not be set" for name in ("user", "role") if any(each[name].text() for each in contexts)]

    def bad(context: Field) -> bool:
        options = context["seLinuxOptions"]
        return bool(options["user"].text() or options["role"].text()) or options["type"].text() not in _SELINUX

    who = pod.setters(bad)
    return (
        ("seLinuxOptions", f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(wrong)}") if who else None
    )


def _forbidden_seccomp(pod: _Pod) -> tuple[str, str] | None:
    def bad(context: Field) -> bool:
        profile = context["seccompProfile"]
        return profile.present and profile["type"].text() not in _SECCOMP

    values = sorted({context["seccompProfile"]["type"].text() for context in pod.contexts if bad(context)})
    who = pod.setters(bad)
    detail = f"{who} must not set securityContext.seccompProfile.type to {_quoted(values)}"
    return ("seccompProfile", detail) if who else None


def _sysctls(pod: _Pod) -> tuple[str, str] | None:
    names = [name for each in pod.security["sysctls"] if (name := each["name"].text()) not in _SYSCTLS]
    return ("forbidden sysctls", ", ".join(names)) if names else None


def _host_process(pod: _Pod) -> tuple[str, str] | None:
    who = pod.setters(lambda context: context["windowsOptions"]["hostProcess"].value is True)
    return ("hostProcess", f"{who} must not set securityContext.windowsOptions.hostProcess=true") if who else None


# ------------------------------------------------------------------------------------------------------ restricted


def _escalation(pod: _Pod) -> tuple[str, str] | None:
    names = pod.those(lambda context: context["allowPrivilegeEscalation"].value is not False)
    if pod.is_of_windows or not names:
        return None
    detail = f"{_named('container', names)} must set securityContext.allowPrivilegeEscalation=false"
    return "allowPrivilegeEscalation != false", detail


def _capabilities(pod: _Pod) -> tuple[str, str] | None:
    if pod.is_of_windows:
        return None
    keeping = pod.those(lambda context: "ALL" not in context["capabilities"]["drop"].texts())
    kept = f'{_named("container", keeping)} must set securityContext.capabilities.drop=["ALL"]' if keeping else ""
    details = [detail for detail in (kept, _added(pod, {"NET_BIND_SERVICE"})) if detail]
    return ("unrestricted capabilities", "; ".join(details)) if details else None


def _restricted_volumes(pod: _Pod) -> tuple[str, str] | None:
    kinds = {v["name"].text(): {key for key, _ in v.entries()} - {"name"} - _VOLUMES for v in pod.spec["volumes"]}
    names = [name for name, restricted in kinds.items() if restricted]
    if not names:
        return None
    types = sorted(set().union(*kinds.values()))
    verb, noun = "use" if len(names) > 1 else "uses", f"restricted volume type{'s' if len(types) > 1 else ''}"
    return "restricted volume types", f"{_named('volume', names)} {verb} {noun} {_quoted(types)}"


def _non_root(pod: _Pod) -> tuple[str, str] | None:
    if pod.has_own_users:
        return None
    reason = "runAsNonRoot != true"
    if who := pod.setters(lambda context: context["runAsNonRoot"].value is False):
        return reason, f"{who} must not set securityContext.runAsNonRoot=false"
    names = pod.those(lambda context: not context["runAsNonRoot"].present)
    if pod.security["runAsNonRoot"].value is True or not names:
        return None
    return reason, f"pod or {_named('container', names)} must set securityContext.runAsNonRoot=true"


def _root(pod: _Pod) -> tuple[str, str] | None:
    who = "" if pod.has_own_users else pod.setters(lambda context: context["runAsUser"].value == 0)
    return ("runAsUser=0", f"{who} must not set runAsUser=0") if who else None


def _seccomp(pod: _Pod) -> tuple[str, str] | None:
    if pod.is_of_windows:
        return None
    if (forbidden := _forbidden_seccomp(pod)) is not None:
        return forbidden
    names = pod.those(lambda context: not context["seccompProfile"].present)
    if pod.security["seccompProfile"].present or not names:
        return None
    who = f"pod or {_named('container', names)}"
    return "seccompProfile", f'{who} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'


_CHECKS: dict[str, tuple[_Check, ...]] = {
    PRIVILEGED: (),
    BASELINE: (
        *(_app_armor, _capabilities_beyond_the_default, _host_namespaces, _host_paths, _host_ports, _probe_hosts),
        *(_privileged, _proc_mount, _selinux, _forbidden_seccomp, _sysctls, _host_process),
    ),
    RESTRICTED: (
        *(_app_armor, _host_namespaces, _host_ports, _probe_hosts, _privileged, _selinux, _sysctls, _host_process),
        *(_escalation, _capabilities, _unmasked, _restricted_volumes, _non_root, _root, _seccomp),
    ),
}
"""By level: its own, and of those of the level below it all that none of its own contains."""

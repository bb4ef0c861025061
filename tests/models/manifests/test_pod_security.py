"""Which pods a namespace takes, by the level of PodSecurity that it enforces, and in which words it refuses others.

Words: k8s.io/pod-security-admission/policy, and messages that API servers gave.
"""

from typing import Any

import pytest
import yaml

from models.input.problems import InputError
from tests.models.manifests.test_admission import build, made, pod, refused

HARDENED = (
    "securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, "
    "seccompProfile: {type: RuntimeDefault}}"
)


def namespace(level: str, *more: str) -> str:
    labels = ", ".join([f"pod-security.kubernetes.io/enforce: {level}", *more])
    return f"{{apiVersion: v1, kind: Namespace, metadata: {{name: default, labels: {{{labels}}}}}}}"


def context(rest: str) -> str:
    return f"securityContext: {{{rest}}}"


BASELINE = [
    (pod(context("privileged: true")), 'privileged (container "c" must not set securityContext.privileged=true)'),
    (
        pod(context("capabilities: {add: [SYS_ADMIN, NET_RAW, CHOWN]}")),
        'non-default capabilities (container "c" must not include "NET_RAW", "SYS_ADMIN" in '
        "securityContext.capabilities.add)",
    ),
    (
        pod(spec="hostNetwork: true, hostPID: true, hostIPC: true"),
        "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
    ),
    (pod(spec="volumes: [{name: v, hostPath: {path: /}}]"), 'hostPath volumes (volume "v")'),
    (
        pod("ports: [{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 443}]"),
        'hostPort (container "c" uses hostPorts 443, 80)',
    ),
    (
        pod("livenessProbe: {httpGet: {port: 80, host: example.com}}"),
        'probe or lifecycle host (container "c" uses probe or lifecycle host "example.com")',
    ),
    (
        pod(context("procMount: Unmasked")),
        'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    ),
    (
        pod(spec=context("seLinuxOptions: {type: spc_t, user: u}")),
        'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ),
    (
        pod(context("seccompProfile: {type: Unconfined}"), context("seccompProfile: {type: Unconfined}")),
        'seccompProfile (pod and container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
    ),
    (
        pod(spec=context("sysctls: [{name: kernel.msgmax, value: '1'}, {name: net.ipv4.tcp_rmem, value: '1'}]")),
        "forbidden sysctls (kernel.msgmax)",
    ),
    (
        pod(spec=context("appArmorProfile: {type: Unconfined}")),
        'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    ),
    (
        pod(context("windowsOptions: {hostProcess: true}")),
        'hostProcess (container "c" must not set securityContext.windowsOptions.hostProcess=true)',
    ),
]
RESTRICTED = [
    (
        pod(),
        'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), '
        'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), '
        'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), '
        'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or '
        '"Localhost")',
    ),
    (
        pod(HARDENED, "volumes: [{name: a, hostPath: {path: /}}, {name: b, nfs: {server: s, path: /}}, {name: c}]"),
        'restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs")',
    ),
    (
        pod(HARDENED, context("runAsUser: 0, runAsNonRoot: false")),
        "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), "
        "runAsUser=0 (pod must not set runAsUser=0)",
    ),
    (
        pod(HARDENED.replace("[ALL]", "[ALL], add: [NET_BIND_SERVICE, CHOWN]")),
        'unrestricted capabilities (container "c" must not include "CHOWN" in securityContext.capabilities.add)',
    ),
    (
        pod(HARDENED.replace("RuntimeDefault", "Unconfined")),
        'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
    ),
]


@pytest.mark.parametrize(("asked", "words"), BASELINE)
def test_the_baseline_refuses_what_opens_the_node(asked: dict[str, Any], words: str) -> None:
    assert refused(namespace("baseline"), asked) == f'violates PodSecurity "baseline:latest": {words}'
    made(namespace("privileged"), asked)
    made(asked)


@pytest.mark.parametrize(("asked", "words"), RESTRICTED)
def test_the_restricted_level_asks_for_more(asked: dict[str, Any], words: str) -> None:
    assert refused(namespace("restricted"), asked) == f'violates PodSecurity "restricted:latest": {words}'


def test_what_is_hardened_passes_by_the_container_or_by_the_pod() -> None:
    made(namespace("restricted"), pod(HARDENED))
    of_pod = context("runAsNonRoot: true, seccompProfile: {type: Localhost, localhostProfile: p.json}")
    of_container = context("allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}")
    made(namespace("restricted"), pod(of_container, of_pod))
    of_windows = "os: {name: windows}, securityContext: {runAsNonRoot: true}"
    made(namespace("restricted"), pod(spec=of_windows))


def test_in_a_user_namespace_of_its_own_a_pod_may_be_root() -> None:
    hardened = HARDENED.replace("runAsNonRoot: true", "runAsUser: 0")
    made(namespace("restricted"), pod(hardened, "hostUsers: false"))
    made(namespace("baseline"), pod(context("procMount: Unmasked"), "hostUsers: false"))
    assert "procMount" in refused(namespace("restricted"), pod(context("procMount: Unmasked"), "hostUsers: false"))


def test_init_containers_come_first() -> None:
    init = "initContainers: [{name: i, image: 'i:1', securityContext: {privileged: true}}]"
    words = 'privileged (containers "i", "c" must not set securityContext.privileged=true)'
    assert refused(namespace("baseline"), pod(context("privileged: true"), init)).endswith(words)


def test_other_namespaces_and_levels_that_only_warn_refuse_nothing() -> None:
    asked = pod(context("privileged: true"))
    made(namespace("privileged", "pod-security.kubernetes.io/warn: baseline"), asked)
    elsewhere = yaml.safe_load(namespace("restricted"))
    elsewhere["metadata"]["name"] = "shop"
    made(elsewhere, asked)


def test_the_version_is_named_and_the_level_is_checked() -> None:
    pinned = namespace("baseline", "pod-security.kubernetes.io/enforce-version: v1.30")
    built = build(pinned, pod(context("privileged: true")))
    [found] = built.cluster.pods
    assert 'violates PodSecurity "baseline:v1.30": privileged' in found.template.absences.refused
    assert [one.field for one in built.named] == [
        'Namespace metadata.labels["pod-security.kubernetes.io/enforce-version"]'
    ]
    assert any("the API server refuses its pods" in str(warning) for warning in built.warnings)
    with pytest.raises(InputError, match="did you mean 'restricted'"):
        build(namespace("restrict"), pod())


def test_the_namespace_is_still_seen_by_its_labels() -> None:
    built = build(namespace("baseline"))
    assert len(built.cluster.others) == 1

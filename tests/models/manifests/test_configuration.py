"""ConfigMaps and Secrets, and how pods read them."""

from pathlib import Path

import pytest

from models.configuration import (
    Certificate,
    Configuration,
    ConfigurationReference,
    Content,
    Fails,
    Fault,
    Origin,
    Via,
    full_key,
)
from models.manifests import ClusterInput, build_cluster, read_manifests
from models.reference import References

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: robot
  initContainers:
  - name: prepare
    image: web:1
    volumeMounts: [{name: files, mountPath: /etc/files}]
  containers:
  - name: server
    image: web:1
    envFrom: [{configMapRef: {name: flags}}, {secretRef: {name: keys}}]
    env:
    - {name: A, valueFrom: {configMapKeyRef: {name: flags, key: a}}}
    - {name: B, valueFrom: {secretKeyRef: {name: password, key: b}}}
    - {name: C, value: plain}
    volumeMounts:
    - {name: files, mountPath: /etc/files}
    - {name: both, mountPath: /etc/one.yaml, subPath: one.yaml}
    - {name: both, mountPath: /etc/$(A).yaml, subPathExpr: $(A).yaml}
    - {name: scratch, mountPath: /tmp}
  volumes:
  - {name: files, configMap: {name: settings}}
  - {name: both, projected: {sources: [{secret: {name: tls}}, {configMap: {name: ca}}]}}
  - {name: unused, secret: {secretName: spare}}
  - {name: scratch, emptyDir: {}}
"""


def built(tmp_path: Path, text: str, references: References = References.ASSUMED) -> ClusterInput:
    path = tmp_path / "f.yaml"
    path.write_text(text)
    return build_cluster(read_manifests([path]).objects, references=references)


def test_a_pod_reads_them_from_its_environment_and_its_volumes(tmp_path: Path) -> None:
    (pod,) = built(tmp_path, POD).cluster.pods
    assert set(pod.template.configuration) == {
        ConfigurationReference("ConfigMap/shop/settings", Via.VOLUME, "prepare", "files"),
        ConfigurationReference("ConfigMap/shop/flags", Via.ENV, "server"),
        ConfigurationReference("Secret/shop/keys", Via.ENV, "server"),
        ConfigurationReference("Secret/shop/password", Via.ENV, "server"),
        ConfigurationReference("ConfigMap/shop/settings", Via.VOLUME, "server", "files"),
        ConfigurationReference("Secret/shop/tls", Via.SUB_PATH, "server", "both"),
        ConfigurationReference("ConfigMap/shop/ca", Via.SUB_PATH, "server", "both"),
        ConfigurationReference("Secret/shop/spare", Via.VOLUME, "", "unused"),
    }
    assert len(set(pod.template.configuration)) == len(pod.template.configuration)
    assert pod.template.spec.service_account == "robot"


def test_the_objects_are_read_and_nothing_of_them_is_named(tmp_path: Path) -> None:
    objects = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
        "data: {key: value}\nbinaryData: {bytes: ''}\nimmutable: true\n---\n"
        "apiVersion: v1\nkind: Secret\nmetadata: {name: b, namespace: shop}\ntype: Opaque\nstringData: {key: value}\n"
    )
    found = built(tmp_path, objects)
    assert found.cluster.of_kind(Configuration) == (
        Configuration("ConfigMap", "a", immutable=True),
        Configuration("Secret", "b", "shop"),
    )
    assert found.not_modelled == {}
    assert found.named == ()


@pytest.mark.parametrize(("references", "lacks"), [(References.ASSUMED, False), (References.STRICT, True)])
def test_pods_that_lack_one_wait_for_it_if_references_are_strict(
    tmp_path: Path, references: References, lacks: bool
) -> None:
    account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: shop}\n"
    (pod,) = built(tmp_path, POD + account, references).cluster.pods
    assert pod.template.absences.lacks_configuration is lacks


def test_a_key_says_kind_namespace_and_name() -> None:
    assert full_key("Secret/db") == full_key("Secret/default/db") == Configuration("Secret", "db").key
    assert full_key("ConfigMap/shop/a") == Configuration("ConfigMap", "a", "shop").key


def test_a_content_is_at_fault_if_it_is_bad_or_has_run_out() -> None:
    certificate = Certificate(100.0, Fails.START, "expiry/Secret/tls")
    assert Content(certificate=certificate).fault(99.0) is None
    assert Content(certificate=certificate).fault(100.0) == Fault(Fails.START, Origin.CERTIFICATE, "expiry/Secret/tls")
    bad = Content(1, Fails.BOTH, cause="change/Secret/tls", certificate=certificate)
    assert bad.fault(100.0) == Fault(Fails.BOTH, Origin.CONTENT, "change/Secret/tls")

"""Claims, volumes and classes as they are written."""

import pytest

from models.claim import AccessMode, PersistentVolumeClaim
from models.input.documents import parse_documents
from models.input.problems import InputError
from models.labels import LabelSelector
from models.manifests import ClusterInput, Manifest, build_cluster
from models.node import HOSTNAME_LABEL, ZONE_LABEL, Node, Resources, volume_limit
from models.reference import References
from models.volume import ReclaimPolicy, StorageClass, VolumeBindingMode

GIB = 1024**3
POD = """\
template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: i}], volumes: [%s]}
"""


def build(*texts: str, references: References = References.ASSUMED, nodes: tuple[Node, ...] = ()) -> ClusterInput:
    documents = parse_documents("---\n".join(texts), "f.yaml")
    return build_cluster([Manifest(document.value, document) for document in documents], nodes, references=references)


def class_of(more: str, name: str = "std") -> str:
    return f"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: {name}}}\n{more}\n"


def workload(kind: str, volumes: str, more: str = "", name: str = "web") -> str:
    head = f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n"
    selector = "  selector: {matchLabels: {app: web}}\n"
    return f"{head}{selector}  {more}\n  {POD % volumes}"


def object_of(kind: str, spec: str, metadata: str = "name: data") -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{{metadata}}}\nspec: {spec}\n"


USES = "{name: v, persistentVolumeClaim: {claimName: data}}"


def test_a_class_has_the_defaults_of_the_api_server() -> None:
    [made] = build(class_of("provisioner: ebs.csi.aws.com")).cluster.storage_classes
    assert made == StorageClass("std", "ebs.csi.aws.com")
    assert made.binding_mode is VolumeBindingMode.IMMEDIATE
    assert made.reclaim_policy is ReclaimPolicy.DELETE
    assert made.provisions


@pytest.mark.parametrize(
    ("provisioner", "key", "attaches"),
    [
        ("ebs.csi.aws.com", ZONE_LABEL, True),
        ("rancher.io/local-path", HOSTNAME_LABEL, False),
        ("rook-ceph.rbd.csi.ceph.com", "", True),
        ("rook-ceph.cephfs.csi.ceph.com", "", False),
        ("cluster.local/nfs-client-provisioner", "", False),
    ],
)
def test_what_is_known_of_a_driver_says_where_its_volumes_are(provisioner: str, key: str, attaches: bool) -> None:
    built = build(class_of(f"provisioner: {provisioner}"))
    [made] = built.cluster.storage_classes
    assert (made.topology_key, made.attaches) == (key, attaches)
    assert built.warnings == ()


def test_of_an_unknown_driver_it_is_said_what_is_assumed() -> None:
    built = build(class_of("provisioner: disks.example.org"))
    [made], [warning] = built.cluster.storage_classes, built.warnings
    assert (made.topology_key, made.attaches) == (ZONE_LABEL, True)
    assert warning.message.startswith("nothing is known of this driver: its volumes are taken to be disks of the zone")
    driver = "apiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: {name: disks.example.org}\n"
    shared = build(class_of("provisioner: disks.example.org"), driver + "spec: {attachRequired: false}\n")
    assert [(c.topology_key, c.attaches) for c in shared.cluster.storage_classes] == [("", False)]
    assert shared.warnings == ()


def test_everything_that_a_class_says_is_read() -> None:
    text = class_of(
        "provisioner: ebs.csi.aws.com\nvolumeBindingMode: WaitForFirstConsumer\nreclaimPolicy: Retain\n"
        "allowedTopologies: [{matchLabelExpressions: [{key: topology.kubernetes.io/zone, values: [a, b]}]}]\n"
        "parameters: {type: gp3}\nallowVolumeExpansion: true"
    ).replace("{name: std}", "{name: std, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}")
    built = build(text)
    [made] = built.cluster.storage_classes
    assert made.is_default
    assert made.binding_mode is VolumeBindingMode.WAIT_FOR_FIRST_CONSUMER
    assert made.reclaim_policy is ReclaimPolicy.RETAIN
    [term] = made.allowed_topologies
    assert [term.matches({ZONE_LABEL: zone}, "") for zone in "abc"] == [True, True, False]
    assert built.named == ()


def test_a_regional_disk_is_named() -> None:
    [named] = build(class_of("provisioner: pd.csi.storage.gke.io\nparameters: {replication-type: regional-pd}")).named
    assert (named.field, named.effect) == ("StorageClass parameters.replication-type", "too bad")


def test_a_volume_and_a_claim_are_read() -> None:
    built = build(
        object_of(
            "PersistentVolume",
            "{capacity: {storage: 10Gi}, accessModes: [ReadWriteOnce, ReadOnlyMany], storageClassName: x, "
            "claimRef: {namespace: shop, name: data}, csi: {driver: ebs.csi.aws.com, volumeHandle: v}, "
            "nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: topology.kubernetes.io/zone, "
            "operator: In, values: [a]}]}]}}}",
            "name: pv, labels: {tier: fast}",
        ),
        object_of(
            "PersistentVolumeClaim",
            "{accessModes: [ReadWriteOnce], storageClassName: x, resources: {requests: {storage: 5Gi}}, "
            "volumeName: pv, selector: {matchLabels: {tier: fast}}}",
            "name: data, namespace: shop",
        ),
    )
    [volume], [claim] = built.cluster.volumes, built.cluster.claims
    assert (volume.capacity, volume.claim, volume.attaches) == (10 * GIB, ("shop", "data"), True)
    assert [volume.reaches({ZONE_LABEL: zone}, "") for zone in "ab"] == [True, False]
    assert volume.reclaim_policy is ReclaimPolicy.RETAIN
    assert not volume.is_exclusive
    modes = (AccessMode.READ_WRITE_ONCE,)
    selector = LabelSelector.of({"tier": "fast"})
    assert claim == PersistentVolumeClaim("data", "shop", modes, "x", 5 * GIB, "pv", selector)
    assert built.named == ()


@pytest.mark.parametrize(("source", "attaches"), [("nfs: {path: /, server: s}", False), ("fc: {lun: 1}", True)])
def test_what_is_behind_a_volume_says_whether_it_is_attached(source: str, attaches: bool) -> None:
    [volume] = build(object_of("PersistentVolume", f"{{capacity: {{storage: 1Gi}}, {source}}}")).cluster.volumes
    assert volume.attaches is attaches


def test_a_volume_without_a_source_and_words_that_do_not_exist_are_mistakes() -> None:
    with pytest.raises(InputError) as caught:
        build(
            object_of("PersistentVolume", "{capacity: {storage: 1Gi}}"),
            object_of("PersistentVolumeClaim", "{accessModes: [ReadWriteOne], volumeMode: Blok}"),
        )
    said = "\n".join(problem.message for problem in caught.value.problems)
    assert "must specify a volume type" in said
    assert "did you mean 'ReadWriteOnce'?" in said
    assert "did you mean 'Block'?" in said


@pytest.mark.parametrize(
    ("kind", "spec", "message"),
    [
        ("PersistentVolume", "{hostPath: {path: /x}, nfs: {server: s, path: /x}}", "not specify more than 1 volume"),
        ("PersistentVolume", "{local: {path: /x}}", "Local volume requires node affinity"),
        ("PersistentVolume", "{hostPath: {path: /x}, capacity: {storage: 0}}", "must be greater than zero (got 0)"),
        ("PersistentVolumeClaim", "{resources: {requests: {storage: -1}}}", "must be greater than zero (got -1)"),
        ("PersistentVolumeClaim", "{accessModes: [ReadWriteOncePod, ReadWriteOnce]}", "may not use ReadWriteOncePod"),
    ],
)
def test_storage_that_the_api_server_refuses_is_refused(kind: str, spec: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        build(object_of(kind, spec))
    assert any(message in problem.message for problem in caught.value.problems)


def test_the_claims_of_pods_and_of_stateful_sets_are_read() -> None:
    ephemeral = "{name: s, ephemeral: {volumeClaimTemplate: {spec: {resources: {requests: {storage: 1Gi}}}}}}"
    claims = object_of("PersistentVolumeClaim", "{}")
    [web] = build(workload("Deployment", f"{USES}, {ephemeral}"), claims).cluster.deployments
    assert web.template.spec.claims == ("data",)
    assert [(claim.name, claim.request) for claim in web.template.spec.ephemeral_claims] == [("s", GIB)]
    more = (
        "volumeClaimTemplates: [{metadata: {name: disk}, spec: {storageClassName: x}}]\n"
        "  persistentVolumeClaimRetentionPolicy: {whenScaled: Delete, whenDeleted: Retain}"
    )
    [db] = build(workload("StatefulSet", "", more)).cluster.stateful_sets
    assert not db.keeps_claims_when_scaled
    assert [claim.name for claim in db.claims(2)] == ["disk-web-2"]
    assert [claim.storage_class for claim in db.claims(2)] == ["x"]


def test_storage_of_the_node_is_what_is_on_its_disk() -> None:
    volumes = (
        "{name: host, hostPath: {path: /x}}, {name: disk, emptyDir: {}}, {name: memory, emptyDir: {medium: Memory}}, "
        "{name: settings, configMap: {name: c}}"
    )
    [web] = build(workload("Deployment", volumes)).cluster.deployments
    assert web.template.spec.local_volumes == ("host", "disk")


def test_a_claim_that_is_not_given_is_a_disk_or_a_share_of_those_that_use_it() -> None:
    one = build(workload("Deployment", USES)).cluster
    assert [(claim.name, claim.access_modes) for claim in one.claims] == [("data", (AccessMode.READ_WRITE_ONCE,))]
    assert [(c.name, c.is_default, c.provisions) for c in one.storage_classes] == [("(default)", True, True)]
    for several in (
        [workload("Deployment", USES, "replicas: 2")],
        [workload("DaemonSet", USES)],
        [workload("Deployment", USES), workload("Deployment", USES, name="other")],
    ):
        [claim] = build(*several).cluster.claims
        assert claim.access_modes == (AccessMode.READ_WRITE_MANY,)
    strict = build(workload("Deployment", USES), references=References.STRICT).cluster
    assert (strict.claims, strict.storage_classes) == ((), ())


def test_only_classes_that_are_asked_for_and_make_volumes_are_assumed() -> None:
    claim = object_of("PersistentVolumeClaim", "{storageClassName: fast}")
    assert [c.name for c in build(claim).cluster.storage_classes] == ["fast"]
    volume = object_of("PersistentVolume", "{storageClassName: fast, nfs: {path: /, server: s}}", "name: pv")
    assert build(claim, volume).cluster.storage_classes == ()


@pytest.mark.parametrize(("name", "key"), [("''", ZONE_LABEL), ("local", HOSTNAME_LABEL)])
def test_volumes_that_people_make_are_taken_to_be_there(name: str, key: str) -> None:
    claim = object_of(
        "PersistentVolumeClaim", f"{{storageClassName: {name}, resources: {{requests: {{storage: 1Gi}}}}}}"
    )
    local = class_of("provisioner: kubernetes.io/no-provisioner", "local")
    web = workload("Deployment", USES)
    built = build(local, claim, web)
    made = built.cluster.storage_classes[-1]
    assert (made.topology_key, made.provisions) == (key, True)
    [named] = built.named
    assert named.field == f"PersistentVolume/(of class {name.replace(chr(39) * 2, '(none)')})"
    assert "pod has unbound immediate PersistentVolumeClaims" in named.sentence
    source = f"{{storageClassName: {name}, capacity: {{storage: 1Gi}}, nfs: {{path: /, server: s}}}}"
    volume = object_of("PersistentVolume", source, "name: pv")
    assert build(local, claim, web, volume).named == ()
    strict = build(local, claim, web, references=References.STRICT)
    assert [c.name for c in strict.cluster.storage_classes] == ["local"]
    assert bool(strict.cluster.deployments[0].template.absences.unschedulable) is (name == "''")


def test_a_class_may_be_named_as_before() -> None:
    before = "name: data, annotations: {volume.beta.kubernetes.io/storage-class: std}"
    claim = object_of("PersistentVolumeClaim", "{}", before)
    built = build(claim, workload("Deployment", USES), class_of("provisioner: ebs.csi.aws.com"))
    assert [one.storage_class for one in built.cluster.claims] == ["std"]
    assert built.named == ()


def test_a_claim_of_a_volume_that_is_not_given_gets_another() -> None:
    claim = object_of("PersistentVolumeClaim", "{volumeName: pvc-123, storageClassName: fast}")
    built = build(claim, workload("Deployment", USES))
    [made] = built.cluster.claims
    assert made.volume_name == ""
    assert [named.field for named in built.named] == ["PersistentVolume/pvc-123"]
    [strictly] = build(claim, references=References.STRICT).cluster.claims
    assert strictly.volume_name == "pvc-123"


def test_the_limits_of_a_csi_node_are_those_of_its_node() -> None:
    text = (
        "apiVersion: storage.k8s.io/v1\nkind: CSINode\nmetadata: {name: node-0}\n"
        "spec: {drivers: [{name: ebs.csi.aws.com, nodeID: i, allocatable: {count: 25}}, {name: other, nodeID: i}]}\n"
    )
    mine, other = build(text, nodes=(Node("node-0", Resources(1000)), Node("node-1", Resources(1000)))).cluster.nodes
    assert mine.allocatable.other == {volume_limit("ebs.csi.aws.com"): 25}
    assert other.allocatable.other == {}

"""Situations that people met on real clusters, rebuilt as small files: what Kubernetes does must come out.

The files are in tests/data/cases; each test names the rule and where it is known from.
"""

from pathlib import Path

import pytest

from experiments.experiment import Experiment
from experiments.preflight.validation import validate
from experiments.report.remarks import notes, pending
from experiments.results import Results
from models.manifests import build_cluster, read_manifests

CASES = Path(__file__).parents[1] / "data" / "cases"


def results(case: str) -> Results:
    return Experiment.from_yaml(CASES / case / "e.yaml").run()


def available(found: Results) -> dict[str, float]:
    return dict(found.runs.groupby("service")["availability"].mean())


def not_placed(found: Results) -> set[str]:
    return {reason for reasons in pending(found).values() for reason in reasons}


def test_nodes_of_a_pool_have_what_every_kubelet_reports() -> None:
    """Labels kubernetes.io/os and kubernetes.io/arch, and ephemeral-storage (ingress-nginx, flannel, unmodified)."""
    found = available(results("pool-node-basics"))
    assert found == dict.fromkeys(("os", "arch", "scratch", "agent"), 1.0)


def test_a_daemon_set_that_no_node_suits_says_so() -> None:
    where = "spec.cluster.pools[0].labels"
    experiment = Experiment.from_yaml(CASES / "pool-node-basics" / "e.yaml").set(where, {"kubernetes.io/os": "windows"})
    [warning] = [line for line in experiment.warnings if "DaemonSet/agent" in line]
    assert warning == (
        "DaemonSet/agent runs on no node: 0/3 nodes are suitable: 3 node(s) didn't match Pod's node affinity/selector"
    )
    assert warning in notes(experiment.run(replications=1))


def test_affinity_sees_the_labels_of_namespaces() -> None:
    """kubernetes/kubernetes#68827, KEP-2249: the two must not share the only node."""
    found = results("namespace-labels")
    assert available(found)["t2/db2"] == 0.0
    assert available(found)["t1/db"] > 0.99
    assert not_placed(found) == {
        "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.",
    }


def test_a_node_is_out_for_one_reason() -> None:
    """InterPodAffinity.Filter returns at its first failing check (kubernetes/kubernetes#141491, kops#17472)."""
    assert not_placed(results("unschedulable-reasons")) == {
        "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules.",
        "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.",
    }


def test_a_replication_controller_makes_pods() -> None:
    found = available(results("replication-controller"))
    assert found == {"web": pytest.approx(0.9995, abs=0.0003)}


def test_json_objects_in_a_stream_are_all_read() -> None:
    """As kubectl's YAMLOrJSONDecoder reads what `jq '.items[]'` writes."""
    report = validate([str(CASES / "json-stream-and-duplicates" / "stream.json")])
    assert report.problems == []
    assert report.read[0].endswith(": 2 ConfigMap")


def test_of_equal_keys_the_last_counts() -> None:
    """As helm and kubectl have it (neuvector-helm#398, dapr#2752, rook#13416)."""
    file = str(CASES / "json-stream-and-duplicates" / "duplicate.yaml")
    report = validate([file])
    assert report.problems == []
    assert report.warnings[0] == (
        f"{file}:7:3: duplicate key 'replicas': the last one counts, as in kubectl (first at {file}:6:3)"
    )
    [deployment] = build_cluster(read_manifests([file]).objects).cluster.deployments
    assert deployment.replicas == 5


def test_a_plain_y_is_a_boolean() -> None:
    """In the table of go-yaml v2, which kubectl reads YAML with."""
    file = str(CASES / "json-stream-and-duplicates" / "paused-y.yaml")
    report = validate([file])
    assert report.problems == []
    assert report.warnings[0] == f'{file}:7:11: a plain y is true, as in kubectl; for text write "y"'
    [deployment] = build_cluster(read_manifests([file]).objects).cluster.deployments
    assert deployment.paused


def test_pods_of_a_job_take_room_until_they_complete() -> None:
    """24 of half a CPU, on three nodes of four: beside a pod of half a CPU there is room for 23 at once."""
    found = results("job")
    assert not [one for one in found.named if one.field.startswith(("Job", "CronJob"))]
    assert found.tables["jobs"][["job", "due", "complete"]].to_numpy().tolist() == [["Job/j", 1, 1]] * 4
    assert any("Job/j: nothing says how long its pods run" in note for note in found.manifest.warnings)
    # No Service loses a pod so early: what waits is the last pod of the Job, until another one is done.
    assert (found.cells["longest_pending_s"] > 1.0).all()


def test_a_pod_waits_for_the_zone_of_its_volume_as_for_one_that_it_is_pinned_to() -> None:
    """Kubernetes/kubernetes#97386: the volume decides, without a word in the pod."""
    bound = results("zo-pv")
    assert available(bound)["web"] == pytest.approx(0.982, abs=0.003)
    assert available(bound)["web"] == pytest.approx(available(results("zo-pinned"))["web"], abs=0.0005)
    assert any("2 node(s) didn't match PersistentVolume's node affinity" in reason for reason in not_placed(bound))


def test_a_dead_node_keeps_the_only_volume_until_it_is_back() -> None:
    """Kubernetes/kubernetes#53059: 6 h, whatever the tolerations; the volumes are assumed, and named."""
    found = results("volumes-unsaid")
    assert set(found.outages["service"]) == {"web", "db"}
    lengths = found.outages["end_s"] - found.outages["start_s"]
    assert lengths.between(6 * 3600, 6 * 3600 + 60).all()
    named = {one.field for one in Experiment.from_yaml(CASES / "volumes-unsaid" / "e.yaml").named}
    assert named == {"PersistentVolumeClaim/web-data", "StorageClass/zonal-ssd"}


def test_pods_without_room_wait_in_the_scheduler_s_words() -> None:
    assert not_placed(results("hpa-full")) == {"0/3 nodes are available: 3 Insufficient cpu."}

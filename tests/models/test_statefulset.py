"""StatefulSets as values."""

from models.labels import LabelSelector
from models.pod import Container, PodSpec, PodTemplate
from models.statefulset import PodManagementPolicy, StatefulSet

TEMPLATE = PodTemplate(PodSpec((Container("server"),)), {"app": "db"})


def test_it_is_ordered_by_default() -> None:
    made = StatefulSet("db", TEMPLATE, LabelSelector.of({"app": "db"}))
    assert (made.replicas, made.pod_management_policy, made.partition) == (1, PodManagementPolicy.ORDERED_READY, 0)
    assert not made.on_delete


def test_ordinals_begin_where_it_says() -> None:
    made = StatefulSet("db", TEMPLATE, LabelSelector.of({"app": "db"}), replicas=3, start=5)
    assert list(made.ordinals) == [5, 6, 7]


def test_each_pod_has_labels_of_its_own() -> None:
    made = StatefulSet("db", TEMPLATE, LabelSelector.of({"app": "db"}))
    assert made.pod_labels(2) == {
        "app": "db",
        "statefulset.kubernetes.io/pod-name": "db-2",
        "apps.kubernetes.io/pod-index": "2",
    }

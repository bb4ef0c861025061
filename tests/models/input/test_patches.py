import copy
from typing import Any

import pytest

from models.input.patches import PatchError, locate, merge, parse_path, set_at, set_path

DEPLOYMENT = {
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app.kubernetes.io/name": "web"}},
    "spec": {
        "replicas": 1,
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "server",
                        "image": "web:1",
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                        "ports": [{"containerPort": 80}, {"containerPort": 90, "name": "metrics"}],
                        "args": ["-v", "-x"],
                    },
                    {"name": "proxy", "image": "proxy:1"},
                ],
                "topologySpreadConstraints": [
                    {"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1},
                    {"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 1},
                ],
            }
        },
    },
}


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("spec", ("spec",)),
        ("spec.replicas", ("spec", "replicas")),
        ("spec.containers[a.b/c].image", ("spec", "containers", "[a.b/c", "image")),
        ('labels["a.b/c"]', ("labels", "[a.b/c")),
        ("failures[node-crash][timeToFailure]", ("failures", "[node-crash", "[timeToFailure")),
    ],
)
def test_a_path_is_names_and_brackets(path: str, steps: tuple[str, ...]) -> None:
    assert parse_path(path) == steps


@pytest.mark.parametrize("path", ["", ".a", "a..b", "a[", "a[]", "a]b", "a.", "a.[b]"])
def test_a_path_that_cannot_be_read_is_an_error(path: str) -> None:
    with pytest.raises(PatchError):
        set_path({}, path, 1)


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("spec.replicas", ("spec", "replicas")),
        ("spec.template.spec.containers[proxy].image", ("spec", "template", "spec", "containers", 1, "image")),
        ("spec.template.spec.containers[server].args[1]", ("spec", "template", "spec", "containers", 0, "args", 1)),
        (
            "spec.template.spec.containers[server].ports[90].hostPort",
            ("spec", "template", "spec", "containers", 0, "ports", 1, "hostPort"),
        ),
        ("metadata.labels[app.kubernetes.io/name]", ("metadata", "labels", "app.kubernetes.io/name")),
        ("spec.template.spec.nodeSelector.zone", ("spec", "template", "spec", "nodeSelector", "zone")),
    ],
)
def test_set_changes_the_one_value_that_the_path_addresses(path: str, location: tuple[str | int, ...]) -> None:
    document = copy.deepcopy(DEPLOYMENT)
    assert set_path(document, path, "new") == location
    value = document
    for key in location:
        value = value[key]  # type: ignore[index]
    assert value == "new"


def test_a_place_stays_where_it_is_whatever_its_items_are_called() -> None:
    document: dict[str, Any] = {"pools": [{"name": "a"}]}
    place = locate(document, "pools[a].size.cpu")
    assert (place, document) == (("pools", 0, "size", "cpu"), {"pools": [{"name": "a"}]})
    document["pools"][0]["name"] = "b"
    set_at(document, place, 4)
    assert document == {"pools": [{"name": "b", "size": {"cpu": 4}}]}
    set_at(document, place, None)
    assert document == {"pools": [{"name": "b", "size": {}}]}


def test_setting_null_removes_the_key() -> None:
    document = {"spec": {"replicas": 1}}
    set_path(document, "spec.replicas", None)
    assert document == {"spec": {}}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("spec.template.spec.containers[sever].image", "no item 'sever'; there is 'server', 'proxy'; did you mean"),
        ("spec.template.spec.containers.image", r"there is a list before 'image'; pick an item like \[server\]"),
        ("spec.replicas.most", "nothing can be set under 'most', there is the value 1"),
    ],
)
def test_a_path_that_leads_nowhere_says_what_there_is(path: str, message: str) -> None:
    with pytest.raises(PatchError, match=message):
        set_path(copy.deepcopy(DEPLOYMENT), path, 1)


@pytest.mark.parametrize(
    ("original", "patch", "merged"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
        ({"a": 1, "b": 2}, {"a": None, "z": None}, {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({"a": 1}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ({"args": [1, 2]}, {"args": [3]}, {"args": [3]}),
        (
            {"containers": [{"name": "a", "image": "x"}, {"name": "b"}]},
            {"containers": [{"name": "b", "image": "y"}, {"name": "c"}]},
            {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}, {"name": "c"}]},
        ),
        (
            {"containers": [{"name": "a"}, {"name": "b"}]},
            {"containers": [{"name": "a", "$patch": "delete"}]},
            {"containers": [{"name": "b"}]},
        ),
        (
            {"spec": {"ports": [{"port": 80, "name": "http"}]}},
            {"spec": {"ports": [{"port": 80, "targetPort": 8080}]}},
            {"spec": {"ports": [{"port": 80, "name": "http", "targetPort": 8080}]}},
        ),
    ],
)
def test_merge_follows_the_strategic_merge_rules(original: object, patch: object, merged: object) -> None:
    before = copy.deepcopy(original)
    assert merge(original, patch) == merged
    assert original == before


def test_container_ports_merge_by_container_port() -> None:
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "server", "ports": [{"containerPort": 90}]}]}}}}
    assert merge(DEPLOYMENT, patch) == DEPLOYMENT


def test_spread_constraints_merge_by_key_and_when_unsatisfiable() -> None:
    soft = {"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 2}
    spread = merge(DEPLOYMENT["spec"]["template"], {"spec": {"topologySpreadConstraints": [soft]}})  # type: ignore[index]
    assert [c["maxSkew"] for c in spread["spec"]["topologySpreadConstraints"]] == [1, 2]


def test_an_item_to_merge_without_its_key_is_an_error() -> None:
    with pytest.raises(PatchError, match="needs its name"):
        merge(DEPLOYMENT, {"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}})

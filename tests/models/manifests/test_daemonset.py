"""DaemonSets as objects write them."""

import pytest
import yaml

from models.daemonset import DaemonSet
from models.deployment import IntOrPercent, Percent
from models.input.documents import Document
from models.input.problems import InputError
from models.manifests import ClusterInput, Manifest, build_cluster

OBJECT = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent, namespace: system}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata: {{labels: {{app: agent}}}}
    spec: {{containers: [{{name: server, image: "agent:1"}}]}}
{spec}
"""


def build(spec: str = "") -> ClusterInput:
    value = yaml.safe_load(OBJECT.format(spec="".join(f"  {line}\n" for line in spec.splitlines())))
    return build_cluster([Manifest(value, Document("f.yaml", value))])


def daemon_set(spec: str = "") -> DaemonSet:
    [made] = build(spec).cluster.daemon_sets
    return made


def test_defaults_are_filled() -> None:
    made = daemon_set()
    assert (made.name, made.namespace) == ("agent", "system")
    assert (made.on_delete, made.max_unavailable, made.max_surge) == (False, 1, 0)
    assert (made.min_ready_seconds, made.revision_history_limit) == (0.0, 10)
    assert [toleration.seconds for toleration in made.pod_template.spec.tolerations[:2]] == [None, None]
    assert build().not_modelled == {}


@pytest.mark.parametrize(
    ("rolling", "unavailable", "surge"),
    [
        ("{}", 1, 0),
        ("{maxUnavailable: 20%}", Percent(20), 0),
        ("{maxUnavailable: 0, maxSurge: 2}", 0, 2),
        ("{maxUnavailable: 0%, maxSurge: 10%}", Percent(0), Percent(10)),
    ],
)
def test_the_limits_of_an_update_are_read(rolling: str, unavailable: IntOrPercent, surge: IntOrPercent) -> None:
    made = daemon_set(f"updateStrategy: {{rollingUpdate: {rolling}}}\nminReadySeconds: 3")
    assert (made.max_unavailable, made.max_surge, made.min_ready_seconds) == (unavailable, surge, 3.0)


def test_the_strategy_on_delete_is_read() -> None:
    assert daemon_set("updateStrategy: {type: OnDelete}").on_delete


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        (
            "{type: Recreate}",
            'spec.updateStrategy.type: unsupported value: "Recreate": supported values: "RollingUpdate", "OnDelete"',
        ),
        (
            "{rollingUpdate: {maxSurge: 1}}",
            "spec.updateStrategy.rollingUpdate.maxSurge: may not be set when maxUnavailable is non-zero",
        ),
        (
            "{rollingUpdate: {maxUnavailable: 0}}",
            "spec.updateStrategy.rollingUpdate.maxUnavailable: cannot be 0 when maxSurge is 0",
        ),
        (
            "{rollingUpdate: {maxUnavailable: 101%}}",
            "spec.updateStrategy.rollingUpdate.maxUnavailable: must not be greater than 100%",
        ),
    ],
)
def test_what_the_api_server_refuses_is_refused(strategy: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        build(f"updateStrategy: {strategy}")
    assert [f"{p.path.partition(' ')[2]}: {p.message}" for p in caught.value.problems] == [message]

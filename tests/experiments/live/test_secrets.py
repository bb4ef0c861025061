"""Nothing secret is stored or printed, wherever it stands in a dump."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments.cli import main
from experiments.experiment import Experiment
from tests.experiments.live.live_api import applied, as_list, node
from tests.experiments.live.test_importing import CONTAINER, NODES, service, workload

MARK = "hunter2"
ENCODED = base64.b64encode(MARK.encode()).decode()


def planted() -> Iterator[dict[str, Any]]:
    """Objects with the mark in every place where people put secrets."""
    head = {"apiVersion": "v1", "metadata": {"namespace": "default"}}

    def named(kind: str, name: str, **more: Any) -> dict[str, Any]:
        return {**head, "kind": kind, "metadata": {"name": name, "namespace": "default"}, **more}

    yield named("Secret", "db", data={"user": ENCODED, "password": ENCODED}, stringData={"url": f"db://u:{MARK}@h"})
    yield named("Secret", "token", type="kubernetes.io/service-account-token", data={"token": ENCODED})
    yield named("Secret", "release", type="helm.sh/release.v1", data={"release": ENCODED})
    yield named("ConfigMap", "conf", data={"app.ini": f"[db]\npassword = {MARK}"}, binaryData={"blob": ENCODED})
    yield named("ServiceAccount", "app", secrets=[{"name": "app-token"}], annotations={"token": MARK})
    request = {"path": f"/?token={MARK}", "port": 80, "httpHeaders": [{"name": "Authorization", "value": MARK}]}
    line = ["sh", "-c", f"curl -H 'Authorization: Bearer {MARK}' http://h; sleep 5"]
    container = {
        **CONTAINER,
        "command": ["run", f"--password={MARK}"],
        "args": [f"-p{MARK}"],
        "env": [
            {"name": "PASSWORD", "value": MARK},
            {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        ],
        "envFrom": [{"secretRef": {"name": "db"}}],
        "readinessProbe": {"httpGet": request},
        "livenessProbe": {"exec": {"command": ["check", MARK]}},
        "startupProbe": {"tcpSocket": {"host": MARK, "port": 80}},
        "securityContext": {"windowsOptions": {"gmsaCredentialSpec": MARK}},
        "lifecycle": {"preStop": {"exec": {"command": line}}, "postStart": {"httpGet": request}},
        "volumeMounts": [{"name": "secret", "mountPath": "/s"}, {"name": "driver", "mountPath": "/d"}],
    }
    volumes = [
        {"name": "secret", "secret": {"secretName": "db", "items": [{"key": "password", "path": "p"}]}},
        {"name": "driver", "csi": {"driver": "d", "volumeAttributes": {"key": MARK}}},
        {"name": "flex", "flexVolume": {"driver": "d/d", "options": {"key": MARK}}},
        {"name": "git", "gitRepo": {"repository": f"https://{MARK}@example.com/r"}},
    ]
    iscsi = {"targetPortal": "10.0.0.1", "iqn": "iqn.2001-04.com.example:disk", "lun": 0}
    volumes.append({"name": "iscsi", "iscsi": {**iscsi, "initiatorName": f"iqn.2001-04.com.{MARK}:web"}})
    around = {
        "hostAliases": [{"ip": "10.0.0.2", "hostnames": [f"{MARK}.example.com"]}],
        "dnsConfig": {"nameservers": ["10.0.0.3"], "searches": [f"{MARK}.example.com"]},
        "dnsPolicy": "None",
    }
    pod = {"containers": [container], "volumes": volumes, "initContainers": [{**container, "name": "i"}], **around}
    web = workload(pod=pod)
    del web["spec"]["template"]["spec"]["initContainers"][0]["lifecycle"]
    for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
        del web["spec"]["template"]["spec"]["initContainers"][0][probe]
    web["metadata"]["annotations"] = {"vault/token": MARK, "kubenines.io/lint-ignore": f"x: password={MARK}"}
    web["spec"]["template"]["metadata"]["annotations"] = {"checksum": MARK}
    yield web
    once = {key: container[key] for key in ("name", "image", "command", "args", "env")}
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": [once]}}}
    claim = {"metadata": {"name": "data", "annotations": {"key": MARK}}}
    claim["spec"] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    yield workload("data", "StatefulSet", serviceName="data", volumeClaimTemplates=[claim])
    analysis = {"templates": [{"templateName": "t"}], "args": [{"name": "key", "value": MARK}]}
    steps = [
        {"plugin": {"name": "p/p", "config": {"key": MARK}}},
        {"setHeaderRoute": {"name": "r", "match": [{"headerName": "key", "headerValue": {"exact": MARK}}]}},
    ]
    routing = {"plugins": {"p/p": {"key": MARK}}}
    rollout = workload("canary", strategy={"canary": {"analysis": analysis, "steps": steps, "trafficRouting": routing}})
    yield rollout | {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
    provider = {"web": {"url": f"http://h/?token={MARK}", "headers": [{"key": "Authorization", "value": MARK}]}}
    template = {"args": [{"name": "key", "value": MARK}], "metrics": [{"name": "m", "provider": provider}]}
    yield {**named("AnalysisTemplate", "t"), "apiVersion": "argoproj.io/v1alpha1", "spec": template}
    spec = {"schedule": "0 * * * *", "jobTemplate": {"spec": job}}
    yield {**named("CronJob", "clean"), "apiVersion": "batch/v1", "spec": spec}
    yield {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "fast"},
        "provisioner": "p",
        "parameters": {"restuserkey": MARK, "type": "pd-ssd"},
        "mountOptions": ["vers=3.0", f"pass={MARK}"],
    }
    yield {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "disk"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "fast",
            "mountOptions": [f"pass={MARK}"],
            "csi": {"driver": "d", "volumeHandle": "h", "volumeAttributes": {"key": MARK}},
        },
    }
    yield {**named("Widget", "w"), "apiVersion": "example.com/v1", "spec": {"password": MARK}}


@pytest.fixture
def written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, str]:
    """(the experiment, everything that was stored or printed)."""
    nodes = [*NODES, node("last", "a")]
    nodes[0]["metadata"]["annotations"]["csi.volume.kubernetes.io/nodeid"] = MARK
    objects = applied([*planted(), service()], nodes)
    (tmp_path / "dump.yaml").write_text(yaml.safe_dump(as_list(objects)))
    assert (tmp_path / "dump.yaml").read_text().count(MARK) > 40
    file = tmp_path / "out" / "live.yaml"
    assert main(["import", "cluster", str(tmp_path / "dump.yaml"), "-o", str(file)]) == 0
    files = [path for path in file.parent.rglob("*") if path.is_file()]
    assert len(files) > 2
    return file, "\n".join([*capsys.readouterr(), *(path.read_text() for path in files)])


def test_nothing_secret_is_stored_or_printed(written: tuple[Path, str]) -> None:
    _, text = written
    assert MARK not in text
    assert ENCODED not in text
    assert "last-applied" not in text
    assert "iscsi" in text
    assert "hostAliases" not in text
    assert "host aliases and DNS settings of pods, names of iSCSI initiators" in " ".join(text.replace("#", "").split())


def test_what_counts_of_a_secret_stays(written: tuple[Path, str]) -> None:
    """Its keys, the references to it, how long a hook sleeps, which volumes and classes there are."""
    file, _ = written
    [scenario] = [one for one in Experiment.from_yaml(file).scenarios() if one.policy == "as-shipped"]
    deployment = scenario.cluster.deployments[0]
    assert deployment.template.spec.containers[0].pre_stop == 5.0
    assert not deployment.template.absences.refused
    assert {reference.key for reference in deployment.template.configuration} == {"Secret/default/db"}
    documents = [one for path in file.parent.glob("*/default.yaml") for one in yaml.safe_load_all(path.read_text())]
    secrets = {one["metadata"]["name"]: one for one in documents if one["kind"] == "Secret"}
    assert secrets["db"]["data"] == {"password": "", "url": "", "user": ""}
    assert set(secrets) == {"db", "token"}


def test_an_error_quotes_nothing_of_a_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"p": [MARK]}, "immutable": MARK}
    (tmp_path / "dump.yaml").write_text(yaml.safe_dump(as_list([*applied([workload()], NODES), secret])))
    main(["import", "cluster", str(tmp_path / "dump.yaml"), "-o", str(tmp_path / "live.yaml")])
    assert MARK not in "".join(capsys.readouterr())

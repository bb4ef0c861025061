"""What an API server answers about manifests that were applied to it, and what its controllers made of them."""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Object = dict[str, Any]
TIME = "2026-10-01T08:00:00Z"
TOKEN = {
    "name": "kube-api-access-x7k2p",
    "projected": {
        "defaultMode": 420,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
        ],
    },
}
UNREADY = [
    {"effect": "NoExecute", "key": f"node.kubernetes.io/{key}", "operator": "Exists", "tolerationSeconds": 300}
    for key in ("not-ready", "unreachable")
]


def applied(manifests: Iterable[Mapping[str, Any]], nodes: Iterable[Object] = ()) -> list[Object]:
    """All that `kubectl get` would list after `kubectl apply`, in its form."""
    machines = list(nodes)
    found: list[Object] = [stored(node) for node in machines]
    for manifest in manifests:
        made = stored(manifest)
        found += [made, *_made_by_controllers(made, [node["metadata"]["name"] for node in machines])]
    return [*found, *_everywhere()]


def stored(manifest: Mapping[str, Any], owner: Object | None = None) -> Object:
    """An object with all that the server adds."""
    made: Object = copy.deepcopy(dict(manifest))
    metadata = made.setdefault("metadata", {})
    kind, name = made["kind"], metadata["name"]
    if kind not in ("Node", "PersistentVolume", "StorageClass", "PriorityClass", "Namespace", "CSINode"):
        metadata.setdefault("namespace", "default")
    if owner is None:
        notes = metadata.setdefault("annotations", None) or {}
        metadata["annotations"] = {**notes, "kubectl.kubernetes.io/last-applied-configuration": json.dumps(manifest)}
    else:
        metadata["ownerReferences"] = [
            {
                "apiVersion": owner["apiVersion"],
                "kind": owner["kind"],
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ]
    metadata |= {
        "uid": f"uid-of-{kind}-{name}",
        "resourceVersion": "4711",
        "generation": 3,
        "creationTimestamp": TIME,
        "managedFields": [{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {}}, "time": TIME}],
    }
    spec = made.get("spec")
    if kind == "Service" and isinstance(spec, dict) and spec.get("type") != "ExternalName":
        spec.setdefault("clusterIP", "10.0.0.17")
        spec |= {"clusterIPs": [spec["clusterIP"]], "sessionAffinity": spec.get("sessionAffinity", "None")}
        spec |= {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster"}
        made["status"] = {"loadBalancer": {}}
    if kind in ("Deployment", "StatefulSet", "DaemonSet"):
        _default(made["spec"]["template"]["spec"])
        made["status"] = {"observedGeneration": 3, "replicas": 1}
    return made


def _default(spec: Object) -> None:
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("securityContext", {})
    spec.setdefault("terminationGracePeriodSeconds", 30)
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    for container in spec["containers"]:
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")


def _made_by_controllers(made: Object, nodes: list[str]) -> Iterator[Object]:
    kind, name, namespace = made["kind"], made["metadata"]["name"], made["metadata"].get("namespace", "")
    spec = made.get("spec") or {}
    if kind == "Deployment":
        for number, replicas in enumerate((0, spec.get("replicas", 1))):
            digest = f"5d8f7c9{number}"
            template = copy.deepcopy(spec["template"])
            template["metadata"]["labels"]["pod-template-hash"] = digest
            labels = {"pod-template-hash": digest, **template["metadata"]["labels"]}
            head = {"apiVersion": "apps/v1", "kind": "ReplicaSet"}
            metadata = {"name": f"{name}-{digest}", "namespace": namespace, "labels": labels}
            body = {"replicas": replicas, "selector": spec["selector"], "template": template}
            replica_set = stored({**head, "metadata": metadata, "spec": body}, made)
            yield replica_set
            yield from (pod(replica_set, f"{name}-{digest}-{i}", nodes[i % len(nodes)]) for i in range(replicas))
    elif kind == "StatefulSet":
        for i in range(spec.get("replicas", 1)):
            yield pod(made, f"{name}-{i}", nodes[i % len(nodes)])
            for claim in spec.get("volumeClaimTemplates", ()):
                volume = f"pvc-{name}-{i}"
                called = {"name": f"{claim['metadata']['name']}-{name}-{i}", "namespace": namespace}
                bound = {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}
                head = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
                yield stored({**head, "metadata": {**called, "annotations": bound}, "spec": claim["spec"]})
                provisioned = {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"}
                body = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]}
                body |= {"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": volume}}
                head = {"apiVersion": "v1", "kind": "PersistentVolume"}
                yield stored({**head, "metadata": {"name": volume, "annotations": provisioned}, "spec": body})
    elif kind == "DaemonSet":
        yield from (pod(made, f"{name}-{node}", node) for node in nodes)
    elif kind == "CronJob":
        head = {"apiVersion": "batch/v1", "kind": "Job"}
        metadata = {"name": f"{name}-29300", "namespace": namespace}
        yield stored({**head, "metadata": metadata, "spec": spec["jobTemplate"]["spec"]}, made)
    elif kind == "Service":
        head = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": []}
        yield stored({**head, "metadata": {"name": f"{name}-abcde", "namespace": namespace}}, made)
        metadata = {"name": name, "namespace": namespace}
        yield stored({"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": []})


def pod(owner: Object, name: str, node: str, phase: str = "Running") -> Object:
    """A pod as its controller, admission, the scheduler and its kubelet leave it."""
    template = copy.deepcopy(owner["spec"]["template"])
    spec = template["spec"]
    _default(spec)
    spec |= {"nodeName": node, "priority": 0, "preemptionPolicy": "PreemptLowerPriority", "enableServiceLinks": True}
    spec["volumes"] = [*spec.get("volumes", ()), TOKEN]
    spec["tolerations"] = [*spec.get("tolerations", ()), *UNREADY]
    for container in spec["containers"]:
        mount = {"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": TOKEN["name"], "readOnly": True}
        container["volumeMounts"] = [*container.get("volumeMounts", ()), mount]
    metadata = {**template["metadata"], "name": name, "namespace": owner["metadata"]["namespace"]}
    made = stored({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, owner)
    return {**made, "status": {"phase": phase, "podIP": "10.1.2.3", "qosClass": "Burstable"}}


def _everywhere() -> list[Object]:
    """What is in every cluster."""
    host = {"name": "kubernetes", "namespace": "default"}
    named = {"name": "default", "namespace": "default"}
    config = {"name": "kube-root-ca.crt", "namespace": "default"}
    lease = {"name": "general-1", "namespace": "kube-node-lease"}
    happened = {"name": "web.17", "namespace": "default"}
    concerned = {"kind": "Pod", "name": "web-1", "namespace": "default"}
    return [
        stored({"apiVersion": "v1", "kind": "Service", "metadata": host, "spec": {"ports": [{"port": 443}]}}),
        stored({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": named}),
        stored({"apiVersion": "v1", "kind": "ConfigMap", "metadata": config, "data": {"ca.crt": "-----BEGIN"}}),
        stored({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": lease, "spec": {}}),
        stored({"apiVersion": "v1", "kind": "Event", "metadata": happened, "involvedObject": concerned}),
    ]


def node(name: str, zone: str, cpu: str = "4", memory: str = "16Gi", **more: Any) -> Object:
    """A Node as its kubelet writes it; `more`: labels, taints, unschedulable, ready."""
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": "amd64",
        **({"topology.kubernetes.io/zone": zone, "topology.ebs.csi.aws.com/zone": zone} if zone else {}),
        **more.get("labels", {}),
    }
    spec: Object = {"podCIDR": "10.244.0.0/24", "providerID": f"aws:///{zone}/i-{name}"}
    if more.get("taints"):
        spec["taints"] = more["taints"]
    if more.get("unschedulable"):
        spec["unschedulable"] = True
    ready = "True" if more.get("ready", True) else "Unknown"
    amounts = {"cpu": cpu, "memory": memory, "pods": "110", "ephemeral-storage": "100Gi", "hugepages-2Mi": "0"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"node.alpha.kubernetes.io/ttl": "0"}},
        "spec": spec,
        "status": {
            "allocatable": amounts,
            "capacity": {**amounts, "cpu": "64"},
            "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": TIME}],
        },
    }


def as_list(objects: Iterable[Object]) -> Object:
    """What `kubectl get -o yaml` prints."""
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": list(objects)}

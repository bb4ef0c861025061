"""What leads nowhere: selectors, ports and names that meet nothing."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from experiments.lint.application import Application, Workload, titles, written
from experiments.lint.finding import Severity
from experiments.lint.rule import Smell, rule
from models.input.problems import Path, nearest
from models.manifests import Manifest
from models.manifests.manifest import Field, Findings
from models.manifests.objects import NOT_GIVEN
from models.manifests.service import target_ports
from models.pod import Pod

_ELSEWHERE = "if another set of manifests makes the pods, lint both together"


@rule(
    "service-selects-nothing",
    Severity.WARNING,
    effect="the Service has no endpoints: every request to it fails, at all times",
)
def service_selects_nothing(app: Application) -> Iterator[Smell]:
    """A Service selects no pod that any of the objects makes.

    An error if the pods of some workload of its namespace nearly have the labels: that is a slip. Otherwise the pods
    may be made by objects that are not given, which a warning asks about. Pods of kinds without a model, such as those
    of an operator with a pod template, count as made.
    """
    for manifest, service in app.services():
        if any(service in workload.services for workload in app.workloads):
            continue
        if any(service.selects(maker.namespace, labels) for maker, labels in app.makers_without_model):
            continue
        near = _nearly(service.selector or {}, service.namespace, app.workloads)
        asked = ", ".join(f"{key}={value}" for key, value in sorted((service.selector or {}).items()))
        if near is None:
            yield Smell(manifest, ("spec", "selector"), f"no pod of the given objects has {asked}", _ELSEWHERE)
        else:
            message = f"no pod has {asked}; those of {near.title} have {_in_words(near.maker.template.labels)}"
            mend = f"select labels that the pods of {near.title} have"
            yield Smell(manifest, ("spec", "selector"), message, mend, severity=Severity.ERROR)


@rule(
    "budget-selects-nothing",
    Severity.WARNING,
    effect="the budget protects nothing: a drain may take all the pods that it was meant for at once",
)
def budget_selects_nothing(app: Application) -> Iterator[Smell]:
    """A PodDisruptionBudget covers no pod that any of the objects makes."""
    for manifest, budget, workloads in app.budgets():
        others = (budget.selects(maker.namespace, labels) for maker, labels in app.makers_without_model)
        if not workloads and not any(others):
            message = "it covers no pod of the given objects"
            yield Smell(manifest, ("spec", "selector"), message, f"select labels that the pods have; {_ELSEWHERE}")


@rule(
    "target-port-unknown",
    Severity.ERROR,
    effect="the port of the Service leads nowhere: what is sent to it fails, at all times",
)
def target_port_unknown(app: Application) -> Iterator[Smell]:
    """A Service asks for a port by a name that no container of the pods that it selects has.

    Pods that have it make it right for those that do not: several versions may stand behind one Service. Ports that
    are numbers lead somewhere whether or not a container lists them, so they are not judged.

    Source: pkg/api/v1/pod (FindPort).
    """
    for manifest, service in app.services():
        meant = [workload for workload in app.workloads if service in workload.services]
        targets = target_ports(Field(manifest.value, manifest, Findings())["spec"])
        for i, target in enumerate(targets if meant else ()):
            named = {port for workload in meant for port in workload.spec.named_ports}
            if target is not None and target not in named:
                near = nearest(target[0], [name for name, _ in named])
                message = f"no container of {titles(meant)} has a port named {target[0]} ({target[1]})"
                mend = f"name a port of the containers so, or ask for {near}" if near else "give the port's number"
                yield Smell(manifest, ("spec", "ports", i, "targetPort"), message, mend)


@rule(
    "probe-port-unknown",
    Severity.ERROR,
    effect="the probe fails each time: the container is never ready, or is killed over and over",
)
def probe_port_unknown(app: Application) -> Iterator[Smell]:
    """A probe asks for a port by a name that its container does not have.

    Ports that are numbers are asked whether or not the container lists them, so they are not judged.

    Source: pkg/kubelet/prober and pkg/probe/util.go (ResolveContainerPort): "couldn't find port".
    """
    for workload in app.workloads:
        for place in workload.containers:
            names = [port.get("name") for port in place.written.get("ports") or () if isinstance(port, dict)]
            for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
                for handler in ("httpGet", "tcpSocket"):
                    port = ((place.written.get(probe) or {}).get(handler) or {}).get("port")
                    if isinstance(port, str) and not port.isdecimal() and port not in names:
                        path = (*place.path, probe, handler, "port")
                        message = f"container {place.means.name} has no port named {port}"
                        yield Smell(workload.manifest, path, message, "name the port so, or give its number")


@rule(
    "ingress-leads-nowhere",
    Severity.WARNING,
    effect="requests by this path of the Ingress fail, at all times",
)
def ingress_leads_nowhere(app: Application) -> Iterator[Smell]:
    """An Ingress names a Service that is not among the objects, or a port that the Service does not have.

    The port is an error; the Service may be made by objects that are not given.
    """
    for manifest in app.of_kind("Ingress"):
        for path, backend in _backends(manifest):
            name, asked = backend.get("name"), backend.get("port") or {}
            service = app.manifest_of("Service", manifest.namespace, str(name))
            if service is None:
                message = f"there is no Service {name} among the given objects"
                yield Smell(manifest, (*path, "name"), message, f"name a Service that there is; {_ELSEWHERE}")
                continue
            ports = [port for port in written(service, "spec", "ports") or () if isinstance(port, dict)]
            known = [port.get(key) for port in ports for key in ("name", "port")]
            wanted = asked.get("name", asked.get("number"))
            if wanted is not None and wanted not in known:
                message = f"Service {name} has no port {wanted}"
                mend = f"ask for one of {', '.join(str(one) for one in known if one is not None)}"
                yield Smell(manifest, (*path, "port"), message, mend, severity=Severity.ERROR)


@rule(
    "stateful-set-without-service",
    Severity.WARNING,
    effect="its pods have no names of their own in DNS: replicas that look for each other by name do not find each "
    "other",
)
def stateful_set_without_service(app: Application) -> Iterator[Smell]:
    """A StatefulSet of two replicas or more names a governing Service that is not given, or that has a proxy."""
    for workload in app.workloads:
        name = workload.written("spec", "serviceName")
        if workload.manifest.kind != "StatefulSet" or not name or workload.most < 2:
            continue
        service = app.manifest_of("Service", workload.maker.namespace, str(name))
        if service is None:
            message = f"there is no Service {name} among the given objects"
        elif written(service, "spec", "clusterIP") != "None":
            message = f"Service {name} is not headless, so DNS knows none of the pods by its own name"
        else:
            continue
        yield Smell(workload.manifest, ("spec", "serviceName"), message, "add a Service with clusterIP: None")


@rule(
    "reference-not-given",
    Severity.INFO,
    effect="if it is not there, pods that need it are refused, not placed, or never start; those that run go on",
)
def reference_not_given(app: Application) -> Iterator[Smell]:
    """Pods refer to a ConfigMap, Secret, key, account, class or claim that is not among the objects.

    Under `spec.references: strict` of an experiment its absence acts.
    """
    for named in app.named:
        before = [one for one in app.objects if one.where() <= named.first and one.where().file == named.first.file]
        if named.why == NOT_GIVEN and before:
            message = f"{named.field} is {named.why}, {named.sentence.partition(';')[0]}"
            mend = "give it, or see to it that it is there"
            yield Smell(max(before, key=lambda one: one.where()), (), message, mend, location=named.first)


def _nearly(selector: Mapping[str, str], namespace: str, workloads: Iterable[Workload]) -> Workload | None:
    """The workload of the namespace whose pods have all but one of the labels, and of that one nearly the value."""
    for workload in workloads:
        labels = workload.maker.template.labels
        missed = [key for key, value in selector.items() if labels.get(key) != value]
        if workload.maker.namespace != namespace or len(missed) != 1:
            continue
        key, values = missed[0], [labels[missed[0]]] if missed[0] in labels else list(labels.values())
        is_near = nearest(selector[key], values) is not None
        if is_near or (len(selector) > 1 and key not in labels and not isinstance(workload.maker, Pod)):
            return workload
    return None


def _backends(manifest: Manifest) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The Services that an Ingress names, with their places."""
    default = written(manifest, "spec", "defaultBackend", "service")
    if isinstance(default, dict):
        yield ("spec", "defaultBackend", "service"), default
    for i, one in enumerate(written(manifest, "spec", "rules") or ()):
        for j, path in enumerate((one.get("http") or {}).get("paths") or ()):
            service = (path.get("backend") or {}).get("service")
            if isinstance(service, dict):
                yield ("spec", "rules", i, "http", "paths", j, "backend", "service"), service


def _in_words(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "no labels"

"""Constructed applications, each with one weakness whose mend is known.

`python -m tests.experiments.advice.problems [NAME...]` asks for advice on each and prints it.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from experiments.advice import page
from experiments.advice.advice import Advice
from experiments.advice.trial import advise
from experiments.experiment import Experiment

READY = {"readinessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 2}}


def law(**fields: Any) -> dict[str, Any]:
    [(kind, value)] = fields.items()
    return {"kind": kind, ("value" if kind == "fixed" else "mean"): value}


def web(replicas: int, spec: Mapping[str, Any] = {}, **container: Any) -> list[dict[str, Any]]:
    """A Deployment and its Service."""
    resources = {"requests": {"cpu": "500m", "memory": "256Mi"}}
    one = {"name": "web", "image": "web:1", "ports": [{"containerPort": 80}], "resources": resources, **container}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [one]}}
    whole = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **spec}
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": whole},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {"selector": labels, "ports": [{"port": 80}]},
        },
    ]


def pool(count: int, zones: str = "ab", cpu: str = "4") -> dict[str, Any]:
    return {
        "pools": [{"name": "general", "count": count, "zones": [*zones], "allocatable": {"cpu": cpu, "memory": "16Gi"}}]
    }


def crash(every: str, lasting: str) -> dict[str, Any]:
    times = {"timeToFailure": law(exponential=every), "timeToRepair": law(exponential=lasting)}
    return {"name": "node-crash", "type": "nodeCrash", **times}


@dataclass(frozen=True)
class Problem:
    """An application with a weakness."""

    name: str
    answer: str
    """The mend that is to come first: the one that a person would name, or the cheapest that does it."""
    manifests: Sequence[Mapping[str, Any]]
    spec: Mapping[str, Any] = field(default_factory=dict)
    startup: str = "5s"

    def experiment(self, folder: Path, **settings: Any) -> Experiment:
        (folder / "app.yaml").write_text(yaml.safe_dump_all(self.manifests))
        times = {"startup": law(fixed=self.startup), "imagePull": law(fixed="0s")}
        spec = {
            "duration": "60d",
            "replications": 16,
            "seed": 1,
            "cluster": pool(4),
            "manifests": ["app.yaml"],
            "behaviour": times,
            **self.spec,
            **settings,
        }
        value = {"apiVersion": "kubenines/v1", "kind": "Experiment", "metadata": {"name": self.name}, "spec": spec}
        (folder / "problem.yaml").write_text(yaml.safe_dump(value))
        return Experiment.from_yaml(folder / "problem.yaml")


PACKED = {
    "score": {"PodTopologySpread": 0, "NodeResourcesBalancedAllocation": 0, "NodeResourcesFit": 100},
    "arguments": {"NodeResourcesFit": {"scoringStrategy": "MostAllocated"}},
}
"""Whatever a pod may be put beside it is put beside; a hard rule of the pod is kept all the same."""
UNEVEN = {"pools": [*pool(5, "a")["pools"], {**pool(2, "bc")["pools"][0], "name": "further"}]}
CONTAINER = {"name": "crash", "type": "containerCrash", "timeToFailure": law(exponential="3d")}
ZONE = {
    "name": "zone",
    "type": "zoneOutage",
    "timeToFailure": law(exponential="15d"),
    "timeToRepair": law(exponential="1h"),
}
RELEASE = {"name": "release", "type": "rollout", "target": "Deployment/web", "every": "2d"}
DRAIN = {"name": "patching", "type": "drain", "every": "3d", "maxConcurrent": 2, "maintenance": law(fixed="10m")}
TRAFFIC = {"service": "web", "rate": {"kind": "constant", "value": 10}}

PROBLEMS = [
    Problem(
        "single-replica", "replicas-web", web(1, **READY), {"failures": [CONTAINER], "duration": "1y"}, startup="40s"
    ),
    Problem(
        "one-zone",
        "spread-zone-web",
        web(3, **READY),
        {"failures": [ZONE], "scheduler": PACKED, "cluster": UNEVEN, "duration": "120d"},
    ),
    Problem("long-toleration", "toleration-web", web(1, **READY), {"failures": [crash("4d", "3h")]}),
    Problem("no-readiness", "readiness-probe-web", web(2), {"operations": [RELEASE]}, startup="60s"),
    Problem(
        "rollout-takes-all",
        "rollout-web",
        web(3, {"strategy": {"rollingUpdate": {"maxUnavailable": "100%"}}}, **READY),
        {"operations": [RELEASE], "duration": "240d"},
        startup="30s",
    ),
    Problem("drain-without-budget", "budget-web", web(2, **READY), {"operations": [DRAIN]}, startup="60s"),
    Problem("too-few-nodes", "node-general", web(1, **READY), {"failures": [crash("6d", "4h")], "cluster": pool(1)}),
    Problem(
        "images-far-away",
        "replicas-web",
        web(
            1,
            {
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {
                        "terminationGracePeriodSeconds": 5,
                        "containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 80}], **READY}],
                    },
                }
            },
        ),
        {
            "operations": [{**DRAIN, "maxConcurrent": 1}],
            "behaviour": {"startup": law(fixed="5s"), "imagePull": law(fixed="5m")},
        },
    ),
    Problem(
        "stops-before-clients-know",
        "pre-stop-web",
        web(3, **READY),
        {"operations": [{**RELEASE, "every": "6h"}], "traffic": [TRAFFIC], "duration": "5d"},
    ),
]
"""Each has one weakness."""
BY_NAME = {problem.name: problem for problem in PROBLEMS}


def advice_on(problem: Problem, folder: Path, **settings: Any) -> Advice:
    return advise(problem.experiment(folder, **settings))


if __name__ == "__main__":
    for name in sys.argv[1:] or BY_NAME:
        with tempfile.TemporaryDirectory() as where:
            print(f"--- {name}: {BY_NAME[name].answer}")
            page.show(advice_on(BY_NAME[name], Path(where)), "advice.yaml", "patches")

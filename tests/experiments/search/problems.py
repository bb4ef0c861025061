"""Searches of which the answer is known: by a closed form, or by a run of the whole grid.

`python -m tests.experiments.search.problems` runs each and prints what it took; with `--grid` the grid of the
third, too. Names of problems choose among them.
"""

import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from experiments.closed_form import (
    k_of_n_unavailability,
    mean_downtime_of_a_node_outage,
    mean_reaction_time,
    unavailability,
    zones_unavailability,
)
from experiments.experiment import Experiment
from experiments.search.outcome import Outcome
from experiments.search.search import search
from models.units import DAY, HOUR, parse_duration

STARTS = 5.0
"""Seconds from a container's start until it answers; images are there at once."""


def exponential(mean: str) -> dict[str, str]:
    return {"kind": "exponential", "mean": mean}


def web(kind: str = "Deployment", **fields: Any) -> list[dict[str, Any]]:
    """An application of one workload, and its Service."""
    container = {"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "500m"}}, **fields}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec: dict[str, Any] = {"selector": {"matchLabels": labels}, "template": template}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    return [
        {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web"}, "spec": spec},
        {**service, "spec": {"selector": labels, "ports": [{"port": 80}]}},
    ]


def pool(count: int, zones: str) -> dict[str, Any]:
    return {"name": "general", "count": count, "zones": list(zones), "allocatable": {"cpu": "4", "memory": "16Gi"}}


def axis(name: str, path: str, *values: Any) -> dict[str, Any]:
    return {"name": name, "path": path, "values": list(values)}


@dataclass(frozen=True)
class Problem:
    """An experiment with a sweep, and what is known of it."""

    name: str
    manifests: list[dict[str, Any]]
    spec: Mapping[str, Any]
    answer: str
    unavailable: Callable[[Mapping[str, Any]], float] | None = None
    """Values of the axes -> share of the time lost, in the long run; None: known by a run of the grid only."""
    cost: Callable[[Mapping[str, Any]], float] = lambda values: float(values["replicas"])

    def experiment(self, folder: Path, settings: Mapping[str, Any] = {}) -> Experiment:
        """The problem, written to files in a folder; `settings`: fields of its spec instead of its own."""
        (folder / "app.yaml").write_text(yaml.safe_dump_all(self.manifests))
        start = {"startup": {"kind": "fixed", "value": f"{STARTS}s"}, "imagePull": {"kind": "fixed", "value": "0s"}}
        spec = {"seed": 1, "manifests": ["app.yaml"], "behaviour": start, **self.spec, **settings}
        value = {"apiVersion": "kubenines/v1", "kind": "Experiment", "metadata": {"name": self.name}, "spec": spec}
        (folder / "problem.yaml").write_text(yaml.safe_dump(value))
        return Experiment.from_yaml(folder / "problem.yaml")

    def known_answer(self, experiment: Experiment, lost: Mapping[str, float] = {}) -> str:
        """The cheapest point that loses no more than the objective allows: by the closed form, or by what was lost."""
        assert experiment.sweep is not None
        [objective] = experiment.objectives
        meeting = []
        for point in experiment.sweep.points:
            values = dict(zip(experiment.sweep.names, point.values, strict=True))
            if (self.unavailable(values) if self.unavailable else lost[point.label]) <= 1 - objective.limit:
                meeting.append((self.cost(values), point.label))
        return min(meeting)[1]


# --- replicas and tolerations: a pod leaves a lost node when it is given up -------------------------------------------


def _given_up(values: Mapping[str, Any]) -> float:
    """Replicas lie on nodes of their own, each lost as long as its node is, or until it is made anew."""
    found = mean_reaction_time(grace=40.0, heartbeat=10.0, monitor=5.0) + parse_duration(values["toleration"])
    away = mean_downtime_of_a_node_outage(4 * HOUR, found, STARTS, STARTS)
    return k_of_n_unavailability(values["replicas"], 1, 1 * DAY, away)


# --- zones and nodes: a pod on each node, of which two have to answer -------------------------------------------------


def _of_zones(values: Mapping[str, Any]) -> float:
    layout = [len(range(i, values["nodes"], len(values["zones"]))) for i in range(len(values["zones"]))]
    zone, node = unavailability(40 * DAY, 4 * HOUR), unavailability(10 * DAY, 2 * HOUR)
    return zones_unavailability(layout, 2, zone, node, 0.0)


# --- probes and replicas: a container that crashed is listed again when its probe looks -------------------------------

_CONTAINERS = {"containers": [{"name": "web", "readinessProbe": {"periodSeconds": 120}}]}
_PROBED = {"target": {"kind": "Deployment"}, "merge": {"spec": {"template": {"spec": _CONTAINERS}}}}
_PERIOD = "policies[web].patches[0].merge.spec.template.spec.containers[web].readinessProbe.periodSeconds"

PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem(
            "replicas-and-tolerations",
            web(),
            {
                "duration": "60d",
                "replications": 100,
                "cluster": {"pools": [pool(8, "a")]},
                "failures": [
                    {
                        "name": "node-crash",
                        "type": "nodeCrash",
                        "timeToFailure": exponential("1d"),
                        "timeToRepair": exponential("4h"),
                    }
                ],
                "policies": [{"name": "web", "replicas": 1}],
                "objectives": [{"service": "web", "atLeast": "99.9%"}],
                "search": {"cost": "podHours"},
                "sweep": {
                    "axes": [
                        axis("replicas", "policies[web].replicas", 1, 2, 3, 4, 5, 6),
                        axis("toleration", "behaviour.timing.unreachableTolerationSeconds", "5m", "4h", "12h"),
                    ]
                },
            },
            "replicas=2 toleration=5m",
            _given_up,
        ),
        Problem(
            "zones-and-nodes",
            web("DaemonSet"),
            {
                "duration": "1y",
                "replications": 100,
                "cluster": {"pools": [pool(2, "a")]},
                "failures": [
                    {
                        "name": "node-crash",
                        "type": "nodeCrash",
                        "timeToFailure": exponential("10d"),
                        "timeToRepair": exponential("2h"),
                    },
                    {
                        "name": "zone-outage",
                        "type": "zoneOutage",
                        "timeToFailure": exponential("40d"),
                        "timeToRepair": exponential("4h"),
                    },
                ],
                "services": [{"name": "web", "available": {"when": "readyEndpoints", "atLeast": 2}}],
                "objectives": [{"service": "web", "atLeast": "99.8%"}],
                "sweep": {
                    "axes": [
                        axis("nodes", "cluster.pools[general].count", 2, 3, 4, 5, 6, 7),
                        axis("zones", "cluster.pools[general].zones", ["a"], ["a", "b"], ["a", "b", "c"]),
                    ]
                },
            },
            "nodes=3 zones=a,b,c",
            _of_zones,
            lambda values: float(values["nodes"]),
        ),
        Problem(
            "probes-and-replicas",
            web(readinessProbe={"tcpSocket": {"port": 80}, "periodSeconds": 120, "failureThreshold": 1}),
            {
                "duration": "60d",
                "replications": 50,
                "cluster": {"pools": [pool(4, "a")]},
                "failures": [{"name": "crash", "type": "containerCrash", "timeToFailure": exponential("6h")}],
                "policies": [{"name": "web", "replicas": 1, "patches": [_PROBED]}],
                "objectives": [{"service": "web", "atLeast": "99.9%"}],
                "search": {"cost": "podHours"},
                "sweep": {
                    "axes": [
                        axis("replicas", "policies[web].replicas", 1, 2, 3, 4),
                        axis("period", _PERIOD, 120, 1800, 3600),
                    ]
                },
            },
            "replicas=2 period=120",
        ),
    )
}


def grid_losses(experiment: Experiment) -> dict[str, float]:
    """Label of each point -> share of the time lost, by all the replications that the experiment asks for."""
    assert experiment.sweep is not None
    lost = {}
    for point in experiment.sweep.points:
        found = experiment.at(point).run()
        lost[point.label] = 1 - found.availability("web", found.policies[0]).value
        if lost[point.label] != lost[point.label]:  # no outage was seen
            lost[point.label] = 0.0
    return lost


def _told(problem: Problem, outcome: Outcome) -> None:
    found = outcome.cheapest.name if outcome.cheapest else outcome.verdict
    print(f"{problem.name}: {found}, known: {problem.answer}; {outcome.replications} of {outcome.grid} replications")
    for of in outcome.standings:
        judged = "; ".join(f"{one.found} {one.verdict}" for one in of.judgements)
        print(f"    {of.name:30} {of.state:9} {of.replications:4} {of.cost.value:12,.0f}  {judged}")


if __name__ == "__main__":
    for each in PROBLEMS.values():
        if len(sys.argv) < 2 or each.name in sys.argv:
            with tempfile.TemporaryDirectory() as place:
                made = each.experiment(Path(place))
                if each.unavailable is not None:
                    assert each.known_answer(made) == each.answer, each.known_answer(made)
                elif "--grid" in sys.argv:
                    losses = grid_losses(made)
                    print(losses)
                    assert each.known_answer(made, losses) == each.answer
                _told(each, search(made))

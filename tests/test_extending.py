"""`docs/extending.md`: its code is that of the tree, and whoever follows a recipe gets what it promises.

Each recipe is followed with the file that the page shows, under other names: as a package beside the tree where the
recipe allows it, else in a copy of the tree. The twin must do what the original does. Run as a program (`python -m
tests.test_extending`), this file puts the code of the tree into the page.
"""

import ast
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.sources import PACKAGES, ROOT

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "extending.md"
WHOLE = re.compile(r"^(`([\w./]+)`:\n\n```python\n)(.*?)(^```$)", re.MULTILINE | re.DOTALL)
PART = re.compile(r"^In `([\w./]+)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LISTED = re.compile(r"^- `([\w./]+)`:", re.MULTILINE)

EXPERIMENT = """
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: twins}
spec:
  duration: 20d
  replications: 3
  cluster: {pools: [{name: general, count: 3, zones: [a, b, c], allocatable: {cpu: "4", memory: 16Gi}}]}
  manifests: [MANIFESTS]
  services: [{name: frontend}, {name: cart}]
  failures:
  - {name: crash, type: nodeCrash, timeToFailure: {kind: exponential, mean: 2d}, timeToRepair: {kind: fixed, value: 1h}}
"""

RUN = """
import IMPORTED
import json
import sys

import experiments.experiment
from experiments import Experiment
from experiments.file.explain import explain
from experiments.report.text import objective_lines
from models.manifests import build_cluster, read_manifests

if __name__ == "__main__":
    explained, workers, *files = sys.argv[1:]
    said = []
    for experiment in map(Experiment.from_yaml, files):
        results = experiment.run(workers=int(workers))
        tables = {name: getattr(results, name).to_dict("list") for name in ("runs", "outages", "cells", "requests")}
        del tables["cells"]["scenario"]
        said.append({
            "runs": tables["runs"],
            "tables": json.dumps(tables),
            "not modelled": dict(build_cluster(read_manifests(experiment.inputs).objects).not_modelled),
            "objectives": objective_lines(results),
            "explained": explain(explained),
        })
    print(json.dumps(said))
"""


def whole(path: str) -> str:
    """A file as the page shows it."""
    [shown] = {text for _, shown, text, _ in WHOLE.findall(PAGE.read_text("utf-8")) if shown == path}
    return str(shown)


def parts(path: str) -> list[str]:
    """What the page shows of a file."""
    return [text for shown, text in PART.findall(PAGE.read_text("utf-8")) if shown == path]


def renamed(text: str, names: Mapping[str, str]) -> str:
    """The text with other names, each of which must be in it somewhere in the recipe."""
    for old, new in names.items():
        text = re.sub(rf"(?<![\w.]){re.escape(old)}(?!\w)", new, text)
    return text


class Workshop:
    """A folder in which a recipe is followed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = ROOT

    def write(self, name: str, text: str) -> None:
        """A file of the user's own package `mine`."""
        package = self.folder / "mine"
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()
        (package / f"{name}.py").write_text(text, "utf-8")

    def copy_tree(self) -> None:
        """From now on all happens to a copy of the tree."""
        self.tree = self.folder / "tree"
        for package in PACKAGES:
            shutil.copytree(ROOT / package, self.tree / package)

    def add(self, path: str, text: str) -> None:
        """A new file in the copy of the tree."""
        assert not (self.tree / path).exists()
        (self.tree / path).write_text(text, "utf-8")

    def insert(self, path: str, part: str, twin: str) -> None:
        """Below what the page shows of a file, its twin."""
        text = (self.tree / path).read_text("utf-8")
        assert text.count(part) == 1
        (self.tree / path).write_text(text.replace(part, part + twin), "utf-8")

    def touched(self) -> list[str]:
        """The source files of the copy that are not as in the tree."""
        files = [p.relative_to(self.tree) for package in PACKAGES for p in (self.tree / package).rglob("*.py")]
        return sorted(p.as_posix() for p in files if not _same(self.tree / p, ROOT / p))

    def experiment(self, name: str, more: str, manifests: str = "") -> Path:
        """A small experiment with further lines of its spec."""
        path = self.folder / f"{name}.yaml"
        manifests = f"{ROOT}/experiments/manifests/shop.yaml{manifests}"
        path.write_text(EXPERIMENT.replace("MANIFESTS", manifests) + more, "utf-8")
        return path

    def python(self, *arguments: str | Path) -> str:
        """What a program says, that finds the package and the tree."""
        environment = {
            **os.environ,
            "PYTHONPATH": f"{self.folder}{os.pathsep}{self.tree}",
            "MPLBACKEND": "agg",
            "NUMBA_DISABLE_JIT": "1",  # plain Python is quicker than compiling
        }
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def run(
        self, *more: str, imported: str = "os", explained: str = "spec", workers: int = 1, manifests: str = ""
    ) -> Any:
        """For each of these ends of an experiment, what is found and said of it, where a module is imported first."""
        script = self.folder / "script.py"
        script.write_text(RUN.replace("IMPORTED", imported), "utf-8")
        files = [self.experiment(f"twin-{number}", end, manifests) for number, end in enumerate(more)]
        return json.loads(self.python(script, explained, str(workers), *files))

    def kubenines(self, *arguments: str | Path) -> str:
        """What the command says."""
        return self.python("-c", "import sys; from experiments.cli import main; sys.exit(main())", *arguments)


def _same(one: Path, other: Path) -> bool:
    return other.exists() and filecmp.cmp(one, other, shallow=False)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def test_the_page_shows_files_as_they_are() -> None:
    shown = WHOLE.findall(PAGE.read_text("utf-8"))
    assert len(shown) == 12
    assert [path for _, path, text, _ in shown if text != (ROOT / path).read_text("utf-8")] == []


def test_the_page_shows_lines_as_they_are() -> None:
    shown = PART.findall(PAGE.read_text("utf-8"))
    assert len(shown) == 8
    for path, part in shown:
        text = (ROOT / path).read_text("utf-8")
        assert part in text or all(f"\n{line}\n" in text for line in part.splitlines()), path


def test_the_page_names_files_that_exist() -> None:
    named = set(re.findall(r"`([\w./]+/[\w./]+)`", PAGE.read_text("utf-8")))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_readme_leads_to_the_page() -> None:
    assert "(docs/extending.md)" in (ROOT / "README.md").read_text("utf-8")


def test_a_metric_is_one_file(workshop: Workshop) -> None:
    workshop.write("lost", renamed(whole("experiments/metrics/downtime.py"), {"downtime_s": "lost_s"}))
    [found] = workshop.run("", imported="mine.lost", workers=2)
    runs = found["runs"]
    assert runs["lost_s"] == runs["downtime_s"]
    assert sum(runs["lost_s"]) > 0


ONE_FILE = {
    "failure mode": (
        "simulator/failures/zone_outage.py",
        {"ZoneOutage": "SiteOutage", '"zoneOutage"': '"siteOutage"'},
        "  - {name: dark, type: zoneOutage, zones: [b], timeToFailure: {kind: exponential, mean: 3d}, "
        "timeToRepair: {kind: fixed, value: 2h}}\n",
        "spec.failures",
    ),
    "operation": (
        "simulator/operations/cordon.py",
        {"Cordon": "Fence", '"cordon"': '"fence"'},
        '  operations: [{name: shut, type: cordon, at: 1d, select: {labels: "topology.kubernetes.io/zone!=a"}}]\n',
        "spec.operations",
    ),
    "balancing policy": (
        "simulator/traffic/balancing/uniform_random.py",
        {"Random": "AnyOfThem", '"random"': '"anyOfThem"'},
        "  traffic:\n"
        "  - {service: frontend, rate: {kind: constant, value: 0.01}, balancing: {type: random}, requests: {}}\n",
        "spec.traffic.balancing",
    ),
    "routing policy": (
        "simulator/traffic/routing/local.py",
        {"Local": "SameNode", '"local"': '"sameNode"'},
        "  traffic: [{service: frontend, rate: {kind: constant, value: 1}, routing: [{type: local}]}]\n",
        "spec.traffic.routing",
    ),
}
"""What is registered and used as `type`: its file, its other names, its use in an experiment, where it is explained."""


@pytest.mark.parametrize("what", ONE_FILE)
def test_what_has_a_type_is_one_file(workshop: Workshop, what: str) -> None:
    path, names, use, explained = ONE_FILE[what]
    workshop.write("twin", renamed(whole(path), names))
    [(old, new)] = [(old.strip('"'), new.strip('"')) for old, new in names.items() if old.startswith('"')]
    ends = "", use, use.replace(f"type: {old}", f"type: {new}")
    without, original, twin = workshop.run(*ends, imported="mine.twin", explained=explained)
    assert twin["tables"] == original["tables"] != without["tables"]
    assert f"type: {new}" in twin["explained"]


def test_what_a_field_refers_to_is_checked(workshop: Workshop) -> None:
    path, names, use, _ = ONE_FILE["failure mode"]
    workshop.write("twin", renamed(whole(path), names))
    file = workshop.experiment("wrong", use.replace("zoneOutage", "siteOutage").replace("[b]", "[d]"))
    program = (
        "import sys, mine.twin\n"
        "from experiments import Experiment\n"
        "from models.input.problems import InputError\n"
        "try: Experiment.from_yaml(sys.argv[1])\n"
        "except InputError as error: print(error)\n"
    )
    assert "'d'" in workshop.python("-c", program, file)


def test_a_scheduler_plugin_is_one_file(workshop: Workshop) -> None:
    names = {"NodeUnschedulable": "OpenNodes"}
    workshop.write("twin", renamed(whole("simulator/scheduling/plugins/node_unschedulable.py"), names))
    _, _, cordoned, _ = ONE_FILE["operation"]
    cordoned += "  scheduler: {disabled: [TaintToleration]}\n"  # which would keep pods away, too
    off = cordoned.replace("[TaintToleration]", "[TaintToleration, NodeUnschedulable]")
    on = off.replace("]}\n", "], arguments: {OpenNodes: {}}}\n")
    without, original, twin = workshop.run(off, cordoned, on, imported="mine.twin")
    assert twin["tables"] == original["tables"] != without["tables"]


def test_a_metric_of_objectives_is_one_file(workshop: Workshop) -> None:
    path, old, new = "experiments/design/objective.py", "outagesPerYear", "breaksPerYear"
    workshop.copy_tree()
    name, entry = parts(path)
    workshop.insert(path, entry, renamed(entry, {f'"{old}"': f'"{new}"', '"outages': '"breaks'}))
    text = (workshop.tree / path).read_text("utf-8")
    (workshop.tree / path).write_text(text.replace(name, name.replace(f'"{old}"', f'"{old}", "{new}"')), "utf-8")
    assert workshop.touched() == [path]
    asked = "".join(f"  - {{service: frontend, metric: {metric}, atMost: 4}}\n" for metric in (old, new))
    [found] = workshop.run(f"  objectives:\n{asked}", explained="spec.objectives.metric")
    assert new in found["explained"]
    verdicts = [line for line in found["objectives"] if "<= 4 a year" in line]
    assert len(verdicts) == 2
    assert verdicts[1] == verdicts[0].replace("outages <= 4", "breaks <= 4")


def test_a_plot_is_two_files(workshop: Workshop) -> None:
    place = "experiments/plots/__init__.py"
    workshop.copy_tree()
    workshop.add(
        "experiments/plots/yearly.py", renamed(whole("experiments/plots/downtime.py"), {"distribution": "lost"})
    )
    names = {"downtime.distribution": "yearly.lost", "downtime": "yearly"}
    imports, method = parts(place)
    workshop.insert(place, imports, renamed(imports, names))
    workshop.insert(place, method, renamed(method, names))
    assert workshop.touched() == [place, "experiments/plots/yearly.py"]
    workshop.kubenines("run", workshop.experiment("twins", ""), "-o", workshop.folder / "results")
    for kind in ("downtime", "yearly"):
        workshop.kubenines("plot", workshop.folder / "results", "--kind", kind, "-o", workshop.folder / f"{kind}.svg")
    assert (workshop.folder / "yearly.svg").read_bytes() == (workshop.folder / "downtime.svg").read_bytes()


def test_a_kind_that_is_only_read_is_two_files(workshop: Workshop) -> None:
    names = {"PriorityClass": "IngressClass", "PriorityClasses": "IngressClasses", "priority_class": "ingress_class"}
    names |= {"models.priority": "mine.value", '"PriorityClass"': '"IngressClass"'}
    workshop.write("value", renamed(whole("models/priority.py"), names))
    workshop.write("converter", renamed(whole("models/manifests/priority.py"), names))
    written = "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: fast}, value: 7}\n"
    (workshop.folder / "fast.yaml").write_text(written, "utf-8")
    [without] = workshop.run("", manifests=", fast.yaml")
    [read] = workshop.run("", imported="mine.converter", manifests=", fast.yaml")
    assert (without["not modelled"], read["not modelled"]) == ({"IngressClass": 1}, {})
    assert read["tables"] == without["tables"]
    program = (
        "import sys, mine.converter\n"
        "from mine.value import IngressClass\n"
        "from models.manifests import build_cluster, read_manifests\n"
        "print(build_cluster(read_manifests(sys.argv[1:]).objects).cluster.of_kind(IngressClass))\n"
    )
    expected = "(IngressClass(name='fast', value=7, global_default=False, preempts=True),)\n"
    assert workshop.python("-c", program, "fast.yaml") == expected


# --- a kind with a controller


def lists() -> tuple[list[str], list[str]]:
    """The files of the recipe, and those that look at budgets for reasons of their own."""
    recipe, _, others = PAGE.read_text("utf-8").partition("## A kind with a controller")[2].partition("Some parts look")
    return LISTED.findall(recipe), LISTED.findall(others)


TWIN = {
    "PodDisruptionBudget": "Lease",
    "PodDisruptionBudgets": "Leases",
    "pod_disruption_budget": "lease",
    "BudgetState": "LeaseState",
    "DisruptionController": "LeaseController",
    "Kind.BUDGET_ALLOWED": "Kind.LEASE_ALLOWED",
    "Kind.BUDGET_GENERATION": "Kind.LEASE_GENERATION",
    "BUDGET_ALLOWED": "LEASE_ALLOWED",
    "BUDGET_GENERATION": "LEASE_GENERATION",
    "models.disruption": "models.lease",
    "simulator.state.objects.disruption": "simulator.state.objects.lease",
    "simulator.controllers.disruption": "simulator.controllers.lease",
    "self.disruption": "self.leases",
    "budgets: tuple": "leases: tuple",
}


def test_a_kind_with_a_controller_is_seven_files(workshop: Workshop) -> None:
    recipe, _ = lists()
    workshop.copy_tree()
    for path in recipe[:4]:
        text = (ROOT / path).read_text("utf-8")
        workshop.add(path.replace("disruption", "lease"), renamed(text, TWIN))
    known = re.findall(r"^    [A-Z_]+ = (\d+)  #", (ROOT / "simulator/log.py").read_text("utf-8"), re.MULTILINE)
    numbers = count(1 + max(map(int, known)))
    for path in recipe[4:]:
        [lines] = parts(path)
        for line in lines.splitlines(keepends=True):
            workshop.insert(path, line, re.sub(r"(?<= = )\d+", lambda _: str(next(numbers)), renamed(line, TWIN)))
    assert workshop.touched() == sorted([p.replace("disruption", "lease") for p in recipe[:4]] + recipe[4:])
    assert len(recipe) <= 7
    for kind, version in (("PodDisruptionBudget", "policy/v1"), ("Lease", "coordination.k8s.io/v1")):
        spec = "{maxUnavailable: 1, selector: {matchLabels: {app: frontend}}}"
        written = f"{{apiVersion: {version}, kind: {kind}, metadata: {{name: front}}, spec: {spec}}}\n"
        (workshop.folder / f"{kind}.yaml").write_text(written, "utf-8")
    file = workshop.experiment("twins", "", ", PodDisruptionBudget.yaml, Lease.yaml")
    workshop.kubenines("run", file, "-o", workshop.folder / "results", "--events", "sample:1")
    program = (
        "import sys\n"
        "from experiments import Results\n"
        "log = Results.open('results').log('as-shipped', 0).to_frame()\n"
        "for name in ('LEASE', 'BUDGET'):\n"
        "    told = log[log['kind'].str.startswith(name)].assign(kind=lambda f: f['kind'].str.removeprefix(name))\n"
        "    print(told.to_csv(index=False), end='=')\n"
    )
    lease, budget, _ = workshop.python("-c", program).split("=")
    assert lease == budget
    assert lease.count("_ALLOWED,front") > 10


def test_the_files_that_speak_of_a_kind_are_those_that_the_page_names() -> None:
    recipe, others = lists()
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    speaking = {path.relative_to(ROOT).as_posix() for path in files if _names(path) & set(TWIN)}
    assert sorted(speaking) == sorted(recipe + others)
    assert len(recipe) <= 7


def _names(path: Path) -> set[str]:
    """What a file imports, defines or uses by name: not what it says in comments and texts."""
    tree = ast.parse(path.read_text("utf-8"))
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    return found | {
        a.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) for a in node.names
    }


if __name__ == "__main__":
    told = PAGE.read_text("utf-8")
    PAGE.write_text(WHOLE.sub(lambda m: m[1] + (ROOT / m[2]).read_text("utf-8") + m[4], told), "utf-8")

"""`kubenines init`."""

import json
import os
from pathlib import Path

import click

from experiments.commands.console import PATH, say

TEMPLATE = """\
# What availability will the users of these manifests see?
# Run with: kubenines run {file}
# Every field that may stand here: kubenines explain.
# Laws of your own, from a log of outages: kubenines fit LOG.csv.
apiVersion: kubenines/v1
kind: Experiment
metadata: {{name: {name}}}
spec:
  duration: 1y
  replications: 100
  cluster:
    pools:
    - name: general
      count: 6
      zones: [a, b, c]
      allocatable: {{cpu: "4", memory: 16Gi}}
  manifests:
{manifests}{jobs}
  # Round figures: replace them by what you know of your machines, or by a
  # preset (kubenines explain presets).
  failures:
  - name: node-crash
    type: nodeCrash
    timeToFailure: {{kind: exponential, mean: 130d}}
    timeToRepair: {{kind: lognormal, median: 8m, p95: 1h}}
  - name: zone-outage
    type: zoneOutage
    timeToFailure: {{kind: exponential, mean: 400d}}
    timeToRepair: {{kind: fixed, value: 40m}}
  - name: crash
    type: containerCrash
    timeToFailure: {{kind: exponential, mean: 30d}}
  policies: # patches over the manifests; the first is the baseline
  - {{name: as-shipped}}
"""
JOBS = """
  # How long the pods of a Job run, and how often they fail of themselves, no
  # manifest says: replace these.
  behaviour:
    overrides:"""
JOB = """
    - match: {{kind: {kind}, name: {name}, namespace: {namespace}}}
      run: {{kind: lognormal, median: 1m, p95: 5m}}
      failureProbability: 0.01"""
MORE = "  - name: three-replicas\n    patches:\n"
PATCH = "    - {{target: {{kind: {kind}}}, set: {{spec.replicas: 3}}}}\n"


@click.command()
@click.argument("manifests", nargs=-1, required=True, type=PATH)
@click.option("-o", "--output", type=PATH, default="experiment.yaml", show_default=True, help="The file to write.")
def init(manifests: tuple[str, ...], output: str) -> None:
    """Write an experiment file about MANIFESTS (files or directories) to begin with."""
    from experiments.experiment import Experiment
    from experiments.store.files import write
    from models.input.problems import InputError, Location, Problem

    path = Path(output)
    if path.exists():
        raise click.UsageError(f"{path} exists: give another name with -o")
    if missing := [file for file in manifests if not Path(file).exists()]:
        raise InputError(Problem(Location(file), "", "no such file or directory") for file in missing)
    read = Experiment.from_manifests(*manifests)
    [scenario] = read.scenarios()  # what is wrong with them is said before anything is written
    replicated = {"Deployment": scenario.cluster.deployments, "StatefulSet": scenario.cluster.stateful_sets}
    patches = "".join(PATCH.format(kind=kind) for kind, there in replicated.items() if there)
    listed = "\n".join(f"  - {json.dumps(_from(path.parent, manifest))}" for manifest in manifests)
    named = [("Job", one.name, one.namespace) for one in scenario.cluster.jobs]
    named += [("CronJob", one.name, one.namespace) for one in scenario.cluster.cron_jobs]
    jobs = [
        JOB.format(kind=kind, name=json.dumps(name), namespace=json.dumps(namespace)) for kind, name, namespace in named
    ]
    text = TEMPLATE.format(
        file=path,
        name=json.dumps(read.name),
        manifests=listed,
        jobs="".join((JOBS, *jobs)) if jobs else "",
    )
    text += MORE + patches if patches else ""
    write(path, text)
    say(f"wrote {path}; run it with: kubenines run {path}")


def _from(folder: Path, manifest: str) -> str:
    """The manifest's path as the experiment file has to say it, which stands in `folder`."""
    return manifest if Path(manifest).is_absolute() else os.path.relpath(manifest, folder)

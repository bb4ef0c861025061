"""`kubenines import`."""

from pathlib import Path

import click

from experiments.commands.console import PATH, say


class _OrTrace(click.Group):
    """A group to which two files without a command are a trace: `kubenines import NODES PODS`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = args[0] in self.commands or len(args) == 1
        return super().resolve_command(ctx, args if known else ["trace", *args])


@click.group("import", cls=_OrTrace, context_settings={"ignore_unknown_options": True})
def import_() -> None:
    """Read what was recorded elsewhere: a live cluster, or a trace (`import NODES PODS` is `import trace`)."""


@import_.command()
@click.argument("dumps", nargs=-1, required=True, type=PATH, metavar="DIR...")
@click.option("-o", "--output", type=PATH, default="cluster.yaml", show_default=True, help="The experiment to write.")
def cluster(dumps: tuple[str, ...], output: str) -> None:
    """Write an experiment about a live cluster, from files: no cluster is asked.

    DIR holds what `kubectl get nodes,deployments,... -A -o yaml` (or json) printed, or what `kubectl cluster-info dump
    --output-directory DIR` wrote; files, several of either, and - for stdin do as well. Beside the experiment stands a
    folder of manifests: what people asked for, without what controllers made of it, and without anything secret.

    \b
    What it takes:
      kubectl get nodes,csinodes,namespaces,deployments,statefulsets,\\
      daemonsets,jobs,cronjobs,replicasets,pods,services,pdb,hpa,quota,\\
      limitrange,priorityclasses,runtimeclasses,storageclasses,pv,pvc,\\
      configmaps,serviceaccounts -A -o json > dump/objects.json
    """  # noqa: D301 (the layout mark is the character, not a backslash and a letter)
    from experiments.live.importing import import_cluster

    path = Path(output)
    for taken in (path, path.with_name(f"{path.stem}-manifests"), path.with_name(f"{path.stem}-nodes.yaml")):
        if taken.exists():
            raise click.UsageError(f"{taken} exists: give another name with -o")
    imported = import_cluster(dumps, path)
    for line in imported.known.found:
        say(line)
    for written in imported.save(path):
        say(f"wrote {written}")


@import_.command()
@click.argument("nodes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("pods", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Where to write.  [default: .]")
def trace(nodes: Path, pods: Path, output: Path | None) -> None:
    """Place an openb trace (NODES and PODS are its CSV files) over its recorded times.

    Writes nodes.yaml, Node manifests for `cluster.nodes` of an experiment, and placements.csv, a row per pod.
    """
    from experiments.traces.placed import PlacedTrace

    trace = PlacedTrace.of_openb(nodes, pods)
    for line in trace.summary():
        click.echo(line)
    for path in trace.save(output or Path()):
        say(f"wrote {path}")

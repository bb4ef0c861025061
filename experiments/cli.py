"""The command `kubenines`. The result goes to stdout, everything else to stderr.

Exit codes: 0 done and objectives met; 1 an objective missed; 2 bad input; 3 failed runs or an internal error;
4 inconclusive; 130 interrupted. Nothing heavy is imported here: every command imports what it needs.
"""

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from experiments.experiment import Experiment

BAD_INPUT, FAILED, INTERRUPTED = 2, 3, 130

PATH = click.Path(path_type=str)
SETTINGS = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Another value: failures[node-crash].select.labels=...",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("-v", "--verbose", is_flag=True, help="Show the traceback of an internal error.")
@click.version_option(package_name="kubenines", message="%(prog)s %(version)s")
def cli(verbose: bool) -> None:
    """How many nines will this application have on this cluster? Offline, with error bars."""
    if verbose:
        os.environ["KUBENINES_DEBUG"] = "1"


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def validate(paths: tuple[str, ...], output: str) -> int:
    """Check experiment files and manifests (files or directories), and report everything that is wrong."""
    from experiments import validation

    report = validation.validate(paths)
    if output == "json":
        click.echo(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
        return BAD_INPUT if report.problems else 0
    for line in validation.text(report):
        click.echo(line)
    for line in report.warnings:
        say(f"warning: {line}")
    if report.problems:
        from models.problems import InputError

        raise InputError(report.problems)
    return 0


@cli.command()
@click.argument("experiment", type=PATH)
@SETTINGS
def plan(experiment: str, settings: tuple[str, ...]) -> None:
    """Say what a run would do and how long it would take, from one short run of each policy."""
    from experiments.experiment import Experiment
    from experiments.planning import plan as plans
    from models.units import format_duration

    read = Experiment.from_yaml(experiment, settings)
    warn(read)
    times = read.replications or (read.precision and read.precision.at_most) or 0
    found = plans(read)
    atmost = "at most " if read.precision else ""
    click.echo(f"{read.name}: {len(found)} policies x {atmost}{times} replications of {format_duration(read.duration)}")
    rows = [("POLICY", "WORKLOADS", "PODS", "NODES", "TRANSITIONS", "TIME", "FAILURES AND OPERATIONS")]
    for policy in found:
        stories = ", ".join([*policy.failures, *policy.operations]) or "none"
        amounts = f"{policy.transitions * times:,.0f}", format_duration(policy.seconds * times)
        rows.append((policy.policy, str(policy.workloads), str(policy.pods), str(policy.nodes), *amounts, stories))
    for row in rows:
        widths = [max(len(other[i]) for other in rows) for i in range(6)]
        cells = [
            text.ljust(width) if i == 0 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=False))
        ]
        click.echo("  ".join([*cells, row[6]]))
    for policy in found:
        for reason in dict.fromkeys(policy.pending.values()):
            pods = [pod for pod, why in policy.pending.items() if why == reason]
            click.echo(f"not placed under {policy.policy}: {', '.join(pods)}: {reason}")
    seconds = sum(policy.seconds for policy in found) * times
    cores = os.cpu_count() or 1
    click.echo(f"in all: about {format_duration(seconds)} on one core, {format_duration(seconds / cores)} on {cores}")


@cli.command()
@click.pass_obj
@click.argument("experiment", type=PATH)
@click.option("-o", "--out", type=PATH, help="Result folder.  [default: results/NAME]")
@click.option("-n", "--replications", type=click.IntRange(min=1), help="Runs per policy, instead of the file's.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed, instead of the file's.")
@click.option(
    "-j", "--workers", default="auto", show_default=True, metavar="N|auto", help="Processes; auto: all cores."
)
@SETTINGS
@click.option("--policy", "policies", multiple=True, metavar="NAME", help="Only this policy (repeatable).")
@click.option("--resume/--fresh", "resume", default=True, help="Add to the results that are there, or start anew.")
@click.option("--progress", type=click.Choice(["auto", "rich", "plain", "none"]), default="auto", show_default=True)
@click.option("-q", "--quiet", is_flag=True, help="Neither progress nor warnings on stderr.")
@click.option("--no-fail", is_flag=True, help="Exit with 0 whatever the objectives say.")
def run(
    arguments: Sequence[str],
    experiment: str,
    out: str | None,
    replications: int | None,
    seed: int | None,
    workers: str,
    settings: tuple[str, ...],
    policies: tuple[str, ...],
    resume: bool,
    progress: Any,
    quiet: bool,
    no_fail: bool,
) -> int:
    """Simulate every policy of an experiment and compare their availability."""
    from experiments import progress as progressing
    from experiments.experiment import Experiment

    processes = _workers(workers)
    if seed is not None:
        settings = (*settings, f"spec.seed={seed}")
    read = Experiment.from_yaml(experiment, settings)
    if policies:
        read = read.only(*policies)
    if not quiet:
        warn(read)
    from experiments import report
    from experiments.runner import Interrupted
    from experiments.runner import run as run_all

    folder = Path(out) if out else Path("results") / read.name
    try:
        with progressing.reporter("none" if quiet else progress) as listener:
            results = run_all(
                read, out=folder, replications=replications, workers=processes, progress=listener, fresh=not resume
            )
    except Interrupted as interrupted:
        again = [word for word in arguments if word not in ("--fresh", "--resume")]
        say(f"interrupted after {interrupted.done} of {interrupted.total} replications")
        say(f"resume: {shlex.join(['kubenines', *again, '--resume'])}")
        return INTERRUPTED
    report.show(results)
    verdict = results.verdict()
    return 0 if no_fail and verdict in (1, 4) else verdict


def _workers(text: str) -> int:
    if text == "auto":
        return os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        raise click.BadParameter(f"{text!r} is neither a number of processes nor 'auto'", param_hint="-j")
    return int(text)


@cli.command()
@click.argument("path", type=PATH)
@SETTINGS
def show(path: str, settings: tuple[str, ...]) -> None:
    """Show an experiment as resolved (extends, settings and defaults filled in), or the table of a result folder."""
    if os.path.isdir(path):
        from experiments import report
        from experiments.results import Results

        report.show(Results.open(path))
        return
    from experiments.experiment import Experiment
    from experiments.written import yaml_text

    click.echo(yaml_text(Experiment.from_yaml(path, settings).resolved), nl=False)


@cli.command()
@click.argument("path", default="")
def explain(path: str) -> None:
    """Document a part of the experiment file: `spec.failures`, `spec.policies.patches`; or `timing`."""
    from experiments import explain as explaining

    try:
        click.echo(explaining.explain(path))
    except explaining.NothingToExplain as error:
        raise click.UsageError(str(error)) from None


@cli.command()
@click.argument("kind", type=click.Choice(["experiment"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of the experiment file, for editors."""
    from experiments.explain import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@cli.command()
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def version(output: str) -> None:
    """Print the version of kubenines and of what it stands on."""
    import platform
    from importlib import metadata

    versions = {"python": platform.python_version()}
    for name in ("kubenines", "numpy", "pandas", "scipy", "simpy", "pyarrow", "pydantic"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "unknown"
    if output == "json":
        click.echo(json.dumps(versions, indent=2))
    else:
        click.echo(
            "\n".join(f"{name} {found}" for name, found in sorted(versions.items(), key=lambda i: i[0] != "kubenines"))
        )


@cli.command()
@click.option("--quick", is_flag=True, help="A tenth of the simulated time: less than a minute.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("-j", "--workers", type=click.IntRange(min=1), default=os.cpu_count() or 1, show_default="cores")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(quick: bool, seed: int, workers: int, as_json: bool) -> int:
    """Simulate cases with exact answers; print the exact value, the estimate and its z-score."""
    from experiments import verify as verifying

    return int(verifying.main(as_json, seed, 0.1 if quick else 1.0, workers))


@cli.command()
@click.argument("recording", type=click.Path(dir_okay=False))
@click.option("--output", required=True, type=click.Path(dir_okay=False, writable=True), help="Where to write.")
def replay(recording: str, output: str) -> None:
    """Do what a recording of the real control plane says was done, and write what the simulator did."""
    from pathlib import Path

    from simulator.replay import replay as act
    from simulator.replay import write

    write(act(Path(recording)), Path(output))


@cli.group()
def bench() -> None:
    """Measure how fast this machine simulates."""


@bench.command()
@click.option("--nodes", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--pods", type=click.IntRange(min=1), default=2000, show_default=True)
@click.option("--years", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def cluster(nodes: int, pods: int, years: float, as_json: bool) -> None:
    """Years of failures, restarts and evictions in one cluster: transitions per second, seconds, memory."""
    from experiments import bench as benching

    _print_bench(benching.cluster(nodes, pods, years), as_json)


@bench.command()
@click.option("--nodes", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option("--pods", type=click.IntRange(min=1), default=10_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def placement(nodes: int, pods: int, as_json: bool) -> None:
    """Pods of 20 templates onto unlike nodes by the default scheduler profile: pods per second, seconds, memory."""
    from experiments import bench as benching

    _print_bench(benching.placement(nodes, pods), as_json)


@bench.command()
@click.argument("nodes", type=click.Path(exists=True, dir_okay=False))
@click.argument("pods", type=click.Path(exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def trace(nodes: str, pods: str, as_json: bool) -> None:
    """The pods of an openb trace (NODES and PODS are its CSV files) over their recorded times."""
    from experiments import bench as benching

    _print_bench(benching.trace(nodes, pods), as_json)


def _print_bench(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        click.echo(f"{name.replace('_', ' ')}: {f'{value:,.6g}' if isinstance(value, float) else value}")


# ------------------------------------------------------------------------------------------------------ the process


def say(line: str) -> None:
    """A line for people, on stderr."""
    click.echo(line, err=True)


def warn(experiment: "Experiment") -> None:
    """What is odd in an experiment, and what of it is not simulated, on stderr."""
    from models.manifests import describe_not_modelled

    for line in experiment.warnings:
        say(f"warning: {line}")
    if said := describe_not_modelled(experiment.not_modelled):
        say(said)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never raises."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # there are none; looking for them takes 30 ms
    try:
        code = cli.main(given, prog_name="kubenines", standalone_mode=False, obj=given)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe has enough (`kubenines show x | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _explain_failure(error)


def _explain_failure(error: Exception) -> int:
    """One line for what is the user's to mend, or for what is ours."""
    from models.problems import InputError

    if isinstance(error, InputError):
        say(str(error))
        return BAD_INPUT
    if type(error).__name__ in ("ChangedExperiment", "NotAResultFolder") or isinstance(error, PermissionError):
        say(f"kubenines: {error}")
        return BAD_INPUT
    if os.environ.get("KUBENINES_DEBUG"):
        import traceback

        traceback.print_exception(error)
    say(f"kubenines: internal error: {type(error).__name__}: {error} (KUBENINES_DEBUG=1 shows where)")
    return FAILED


if __name__ == "__main__":
    sys.exit(main())

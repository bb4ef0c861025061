"""`kubenines advise`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from experiments.commands.completing import names_in
from experiments.commands.console import FORMAT, PATH, SETTINGS, chosen, say, warn
from experiments.commands.engine import EngineChoice, engine_options
from experiments.commands.running import FRESH, PROGRESS, QUIET, ended, without_stdin


@click.command()
@click.pass_obj
@click.argument("experiment", type=PATH)
@click.option(
    "--policy",
    metavar="NAME",
    shell_complete=names_in("policies"),
    help="What is to be mended.  [default: the first policy]",
)
@click.option(
    "--service",
    metavar="NAME",
    shell_complete=names_in("services"),
    help="Only what this Service loses counts.  [default: all, weighed by their requests or alike]",
)
@click.option("-n", "--replications", type=click.IntRange(2, 1_000_000), help="Runs per mend, instead of the file's.")
@click.option("-o", "--output", type=PATH, metavar="FOLDER", help="Result folder.  [default: results/NAME-advice]")
@engine_options
@SETTINGS
@FRESH
@PROGRESS
@QUIET
@FORMAT
def advise(
    arguments: Sequence[str],
    experiment: str,
    policy: str | None,
    service: str | None,
    replications: int | None,
    output: str | None,
    engine: EngineChoice,
    settings: tuple[str, ...],
    fresh: bool,
    progress: Any,
    quiet: bool,
    form: str,
) -> int:
    """Try what may save downtime: mends made of what `why` and `lint` find, each simulated on the same luck, ranked.

    A run as it is says which causes and stages cost the downtime; the mends that may act on them, and the patches of
    lint, are run beside it as policies. Those that help come with what to paste into the experiment and the manifests.
    The result folder has a policy for each, for `compare` and `why`, and advice.yaml, which can be run.

    It costs as many replications for each mend as for what there is, and as many again for each of at most three pairs:
    a dozen runs of one policy. -n 10 is a first look; a Service that stays overloaded costs most of all.

    \b
    Exit codes: 0 some mend helps, or there is none to try; 4 of none can it be
    told that it helps; 2 bad input; 3 failed runs.
    """  # noqa: D301 (the layout mark is the character, not a backslash and a letter)
    from experiments.advice import page
    from experiments.advice.plain import plain
    from experiments.advice.trial import advise as advising
    from experiments.preflight.inputs import experiment_at
    from experiments.report.plain import text as json_text
    from experiments.store.folder import PATCHES, POLICIES

    read = experiment_at(experiment, settings)
    policy = chosen("--policy", policy, read.policies)
    service = chosen("--service", service, read.scenarios()[0].measured)
    if not quiet:
        warn(read)
    folder = Path(output) if output else Path("results") / f"{read.name}-advice"
    words = without_stdin([word for word in arguments if word != "--fresh"], experiment, folder, read)
    advice = ended(
        lambda **how: advising(
            read, policy=policy, service=service, out=folder, say=(lambda line: None) if quiet else say, **how
        ),
        {
            "again": ["kubenines", *words],
            "engine": engine,
            "progress": progress,
            "quiet": quiet,
            "replications": replications,
            "fresh": fresh,
        },
    )
    if form == "json":
        click.echo(json_text(plain(advice)))
    else:
        page.show(advice, str(folder / POLICIES), str(folder / PATCHES))
    return advice.exit_code

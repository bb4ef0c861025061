"""Tries mends: the experiment is run as it is, then beside a policy for each mend, then beside the best pairs of them.

On the same luck: a replication is the same one under every policy (common random numbers), and what is finished is not
run again, so an interrupted trial goes on where it was. Pairs are made of the mends that saved most, which have been
lucky, too: they are judged on other luck, with another seed, beside another run of the experiment as it is.
"""

import json
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from experiments.advice.advice import Advice, Refused
from experiments.advice.candidate import Candidate, Pair, candidates
from experiments.advice.loss import Yardstick
from experiments.advice.pasting import as_manifests
from experiments.advice.plain import plain
from experiments.advice.ranking import lost_a_year, ranked, standings
from experiments.advice.situation import Situation
from experiments.advice.standing import Standing
from experiments.experiment import Experiment
from experiments.lint.linting import applications
from experiments.results import Results
from experiments.runner.engines import Engine
from experiments.runner.interrupts import interrupts_set
from experiments.runner.progress import Listener
from experiments.runner.replication import Simulate
from experiments.runner.run import run
from experiments.store.files import remove, write
from experiments.store.folder import ADVICE, PAIRS, PATCHES, POLICIES
from models.input.problems import InputError, Refusal
from models.units import counted
from simulator.run import simulate as simulate_cluster
from simulator.streams import Streams

T = TypeVar("T", Candidate, Pair)

MOST_OF_IT = 0.5
"""Pairs are tried if the best mend leaves more than this share."""
OF_THE_BEST = 3
"""Pairs are made of so many mends that saved most, by what was seen."""
_MOST_PAIRS = math.comb(OF_THE_BEST, 2)


class Nothing(Refusal):
    """It is no single experiment that could be mended."""


@interrupts_set()
def advise(
    experiment: Experiment,
    *,
    policy: str | None = None,
    service: str | None = None,
    replications: int | None = None,
    out: str | Path | None = None,
    workers: int = 1,
    progress: bool | Listener | None = None,
    fresh: bool = False,
    simulate: Simulate = simulate_cluster,
    engine: Engine | None = None,
    warn: Callable[[str], None] = lambda line: None,
    say: Callable[[str], None] = lambda line: None,
) -> Advice:
    """What would save downtime of an experiment under one policy (the first): mends that were tried, the best first.

    `service`: only that one counts; else all do. `replications`, `out`, `workers`, `progress`, `fresh`, `engine` and
    `warn` are those of `experiments.runner.run.run`; `out` gets advice.json, advice.yaml and patches too, and
    in a folder `pairs` the results of these. `say` hears what is about to be run.
    Raises what it raises.
    """
    if experiment.sweep is not None:
        raise Nothing(
            f"{experiment.name} has a sweep: advice is about a single experiment, such as one point of it, by --set "
            "and --set sweep="
        )
    base = experiment.only(policy or experiment.policies[0])
    folder = None if out is None else Path(out)

    def tried(whole: Experiment, out: Path | None, fresh: bool = False) -> Results:
        return run(
            whole.plan,
            out=out,
            replications=replications,
            workers=workers,
            progress=progress,
            fresh=fresh,
            simulate=simulate,
            engine=engine,
            warn=warn,
            draws=False,
        )

    results, of_pairs = tried(base, folder, fresh), None
    scenario = base.scenarios()[0]
    yardstick = Yardstick.of(results, scenario, service)
    situation = Situation(base, applications(base.design)[scenario.policy], results, yardstick)
    whole, singles, refused = with_policies(base, candidates(situation))
    found: list[Standing] = []
    if singles:
        say(_about_to_run(len(singles), results.manifest.replications))
        results = tried(whole, folder)
        found = _judged(singles, results, whole, yardstick)
    if pairs := _pairs(found, _taken(whole)):
        say(f"{counted(len(pairs), 'pair')} of mends, and again what there is, on other luck")
        whole = _with(whole, pairs)
        of_pairs = tried(_on_other_luck(whole, pairs), None if folder is None else folder / PAIRS)
        found = ranked(
            [
                *_judged(singles, results, whole, yardstick, beside=len(pairs)),
                *_judged(pairs, of_pairs, whole, yardstick, beside=len(singles)),
            ]
        )
    elif folder is not None:
        remove(folder / PAIRS)  # of a trial with other replications
    lost = lost_a_year(results, scenario.policy, yardstick)
    advice = Advice(whole, results, yardstick, lost, found, refused, of_pairs)
    if folder is not None:
        _keep(folder, advice)
    return advice


def _about_to_run(mends: int, replications: int) -> str:
    """What it will cost: a cluster under overload, or of many pods, may take minutes for a replication."""
    pairs = f"; then of at most {_MOST_PAIRS} pairs" if mends > 1 else ""
    each = counted(replications, "replication", "replications")
    return f"{counted(mends, 'mend')} to try, each by up to {each} like what there is{pairs}"


def _keep(folder: Path, advice: Advice) -> None:
    """What was said, an experiment with a policy for each mend, and a file of patches for each."""
    write(folder / ADVICE, json.dumps(plain(advice), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    advice.experiment.to_yaml(folder / POLICIES)
    remove(folder / PATCHES)
    for of in advice.standings:
        if text := as_manifests(of.tried, advice.control_plane):
            write(folder / PATCHES / f"{of.name}.yaml", text)


def with_policies(base: Experiment, proposed: Sequence[Candidate]) -> tuple[Experiment, list[Candidate], list[Refused]]:
    """The experiment with a policy for each candidate that can be one; these; and the others.

    Left out is what changes nothing that a run would show, and what is the same as another.
    """
    baseline, seen = base.scenarios()[0], dict[str, str]()
    seen[replace(baseline, policy="").id] = ""
    kept: list[Candidate] = []
    refused: list[Refused] = []
    taken = _taken(base)
    for proposal in proposed:
        candidate = _free(proposal, taken)
        try:
            alone = _with(base, [candidate])
        except InputError as error:
            refused.append(Refused(candidate.name, candidate.words, str(error)))
            continue
        scenario = next(of for of in alone.scenarios() if of.policy == candidate.name)
        key = replace(scenario, policy="").id
        if key not in seen:
            kept.append(candidate)
            taken.add(candidate.name)
        else:
            like = seen.get(key, candidate.name)
            why = f"it is simulated like {like}" if like else "it changes nothing that is simulated"
            refused.append(Refused(candidate.name, candidate.words, why))
        seen.setdefault(key, candidate.name)
    return (_with(base, kept) if kept else base), kept, refused


def _with(experiment: Experiment, further: Sequence[Candidate | Pair]) -> Experiment:
    """The experiment with further policies, on top of its first."""
    baseline = experiment.policies[0]
    is_written = bool(experiment.source.document.value["spec"].get("policies"))
    own: list[dict[str, Any]] = [] if is_written else [{"name": baseline}]
    whole = experiment if is_written else replace(experiment, chosen=())
    return whole.with_policies([*own, *(of.policy(baseline) for of in further)])


def _judged(
    tried: Sequence[Candidate | Pair], results: Results, whole: Experiment, yardstick: Yardstick, beside: int = 0
) -> list[Standing]:
    return standings(tried, results, {of.policy: of for of in whole.scenarios()}, yardstick, beside)


def _on_other_luck(whole: Experiment, pairs: Sequence[Pair]) -> Experiment:
    """The experiment as it is, and these, with a seed that is drawn from its own."""
    seed = int(Streams(whole.seed, "advice").stream("pairs").integers(2**31))
    return whole.only(whole.policies[0], *(of.name for of in pairs)).set("spec.seed", seed)


def _taken(experiment: Experiment) -> set[str]:
    """The names that its policies have, also those that do not run: a mend of earlier advice may be among them."""
    written = experiment.source.document.value["spec"].get("policies") or ()
    return {*experiment.policies, *(of["name"] for of in written)}


def _free(of: T, taken: Collection[str]) -> T:
    """The same under a name that no policy has."""
    while of.name in taken:
        of = replace(of, number=of.number + 1)
    return of


def _pairs(found: Sequence[Standing], taken: Collection[str]) -> list[Pair]:
    """What is tried together: the mends that saved most, if the best of them leaves most of it."""
    promising = sorted((of for of in found if of.saved.value > 0), key=lambda of: (-of.saved.value, of.name))
    if not promising or promising[0].share > MOST_OF_IT:
        return []
    best: list[Any] = [of.tried for of in promising[:OF_THE_BEST]]
    return [_free(Pair(*pair), taken) for pair in combinations(best, 2)]

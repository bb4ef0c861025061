"""What `kubenines fit` found in logs of a live cluster: for people, as YAML for an experiment file, as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from experiments.fitting.bursts import WITHIN, Bursts, bursts
from experiments.fitting.laws import Fit, NoFit, fits
from experiments.fitting.lifetimes import Sample
from experiments.fitting.mixtures import Mixture, mixture
from experiments.fitting.observations import NODE_DOWN, NODE_UP, QUANTITIES, Observations, Quantity
from experiments.fitting.page import amount, as_instant, laws_as_json, pasted, table_of, told_of_bursts, written
from models.distributions import Exponential
from models.units import counted, format_duration

FEW = 10
"""Times that came to an end, below which a law is little more than a guess."""


@dataclass(frozen=True)
class Told:
    """What was found of one quantity."""

    quantity: Quantity
    entities: int
    sample: Sample
    laws: tuple[Fit, ...] = ()
    mixture: Mixture | None = None
    no_law: str = ""
    """Why there is none."""

    @property
    def name(self) -> str:
        """As a sentence begins with it."""
        return f"{self.quantity.name} ({self.entities:,} of them)" if self.entities > 1 else self.quantity.name


@dataclass(frozen=True)
class Learnt:
    """What was found in all logs."""

    files: Sequence[str]
    start: float
    end: float
    told: tuple[Told, ...]
    bursts: Bursts | None
    notes: tuple[str, ...]


def learn(files: Sequence[str], found: Observations, since: float | None, until: float | None) -> Learnt:
    """Fits laws to everything that was observed; `until`: None is the last instant of the logs."""
    end = found.end if until is None else until
    told = []
    for quantity in found.quantities():
        sample = found.sample(quantity, since, end)
        entities = found.entities(quantity)
        try:
            laws = fits(sample)
            told.append(Told(quantity, entities, sample, laws, mixture(sample, laws[0])))
        except NoFit as error:
            told.append(Told(quantity, entities, sample, no_law=str(error) if sample.size else "nothing of it is here"))
    failures = [failure for failure in found.failures_once() if failure[0] <= end]
    together = bursts(failures, min(found.failures_from, end), end, max(WITHIN, 2 * found.resolution))
    notes = [text.format(f"{count:,}") for text, count in sorted(found.remarks.items()) if count]
    if found.to_end:
        notes.append(
            f"{counted(len(found.to_end), 'pod runs to its end', 'pods run to their end')}, as those of Jobs do: ends "
            "of such containers are no crashes, and left out"
        )
    if since is not None and any(spell.began is None for spell in found.spells):
        notes.append(f"what was up before the Events counts from {as_instant(since)}, as if it were new then")
    return Learnt(files, found.start, end, tuple(told), together, tuple(notes))


def lines(learnt: Learnt) -> list[str]:
    """The logs, the laws, bursts, and what is missing: sentences and tables, a line each."""
    said = [
        f"{counted(len(learnt.files), 'log')}: {as_instant(learnt.start)} to {as_instant(learnt.end)} "
        f"({format_duration(learnt.end - learnt.start)})",
        *(f"note: {note}" for note in learnt.notes),
    ]
    for one in learnt.told:
        if one.laws:
            said += ["", *table_of(one.name, one.sample, one.laws, one.mixture)]
            if len(one.sample.seen) < FEW:
                said.append(f"  note: {counted(len(one.sample.seen), 'time')} came to an end: little more than a guess")
    said += told_of_bursts(learnt.bursts)
    if missing := [one for one in learnt.told if not one.laws]:
        said.append("")
        for one in missing:
            censored = f", {len(one.sample.censored):,} censored" if len(one.sample.censored) else ""
            wants = f"; {one.quantity.field} of {one.quantity.of} wants it: {one.quantity.source}"
            asked = wants if one.quantity in QUANTITIES else ""
            said.append(f"missing: {one.quantity.name}: {one.no_law}{censored}{asked}")
    return said


def snippet(learnt: Learnt) -> list[str]:
    """The likeliest laws, to be pasted into an experiment, under what they belong to."""
    pasteable: list[str] = []
    for of in dict.fromkeys(one.quantity.of for one in learnt.told if one.laws):
        pasteable.append(f"# {of}")
        pasteable += [
            pasted(one.quantity.field, one.quantity.name, one.sample, one.laws[0])
            for one in learnt.told
            if one.quantity.of == of and one.laws
        ]
    by_quantity = {one.quantity: one for one in learnt.told}
    up, down = by_quantity[NODE_UP], by_quantity[NODE_DOWN]
    if up.laws and down.mixture is not None:
        pasteable += [
            "# nodes whose repairs are of two kinds: two modes in place of one",
            *_two_modes(up, down.mixture),
        ]
    return pasteable


def _two_modes(up: Told, repairs: Mixture) -> list[str]:
    """Each kind of repair as a failure mode, with its share of the failures."""
    hours, seconds = ("h", 3600.0), ("s", 1.0)
    modes = []
    for name, share, law in zip(("short", "long"), repairs.shares, repairs.laws, strict=True):
        mean = amount(up.laws[0].law.mean / share, hours)
        unit = hours if law.mean >= 3600 else seconds
        repair = ", ".join(f"{key}: {value}" for key, value in written(law, unit).items())
        failure = f"{{kind: exponential, mean: {mean}}}"
        modes.append(
            f"# - {{name: node-{name}, type: nodeCrash, timeToFailure: {failure}, timeToRepair: {{{repair}}}}}"
        )
    if not isinstance(up.laws[0].law, Exponential):
        modes.append("#   (as exponential laws: only those share failures out so)")
    return modes


def as_json(learnt: Learnt) -> dict[str, Any]:
    """Everything as plain JSON values, for programs; times in seconds."""
    return {
        "files": list(learnt.files),
        "start": learnt.start,
        "end": learnt.end,
        "notes": list(learnt.notes),
        "quantities": {
            one.quantity.key: {
                "field": one.quantity.field,
                "of": one.quantity.of,
                "entities": one.entities,
                "missing": one.no_law or None,
                **laws_as_json(one.sample, one.laws, one.mixture),
            }
            for one in learnt.told
        },
        "bursts": None if learnt.bursts is None else asdict(learnt.bursts),
    }

"""What `kubenines fit` found: for people, as YAML for an experiment file, as JSON."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from experiments.file.outages import OutageLog
from experiments.fitting.bursts import SURE, Bursts, bursts
from experiments.fitting.laws import Fit, NoFit, fits
from experiments.fitting.lifetimes import Lifetimes, Sample, last_instant, lifetimes
from experiments.fitting.mixtures import Mixture, fits_badly, mixture
from experiments.report.table import Column, Table
from models.distributions import Distribution, Exponential, Gamma, LogNormal, Weibull
from models.input.problems import InputError, Location, Problem

UNITS = (("h", 3600.0), ("m", 60.0), ("s", 1.0))
COLUMNS = (
    Column("LAW", "kind of the law", "name"),
    Column("PARAMETERS", "as an experiment file says them, times in the unit of the mean", "words"),
    Column("MEAN", "of the law, in the largest unit in which half of the times are at least 1"),
    Column("CI", "interval of that mean, by the curvature of the likelihood", "words"),
    Column("dAIC", "Akaike's criterion minus the best law's"),
    Column("KS", "distance of Kolmogorov and Smirnov"),
    Column("AD", "distance of Anderson and Darling"),
)
FIELDS = {"timeToFailure": "up-times", "timeToRepair": "repair times"}


@dataclass(frozen=True)
class Fitted:
    """A log, its up-times and repair times, and the laws fitted to them, the best by AIC first."""

    log: OutageLog
    times: Lifetimes
    laws: dict[str, tuple[Fit, ...]]
    """By the field of a failure mode that they are for."""
    mixtures: dict[str, Mixture]
    """By the field, where no single law fits and two do."""
    bursts: Bursts | None
    """What was found of outages that begin together; None where there are too few."""

    def sample(self, field: str) -> Sample:
        """The times behind a field's laws."""
        return self.times.up if field == "timeToFailure" else self.times.repair


def fit(log: OutageLog, observed_from: float | None, observed_until: float | str | None) -> Fitted:
    """Fits the laws of a log; `observed_until` may be "last", the last instant in it. Raises InputError."""
    until = last_instant(log) if isinstance(observed_until, str) else observed_until
    times = lifetimes(log, observed_from, until)
    laws: dict[str, tuple[Fit, ...]] = {}
    problems: list[Problem] = []
    for field, sample in zip(FIELDS, (times.up, times.repair), strict=True):
        try:
            laws[field] = fits(sample)
        except NoFit as error:
            problems.append(Problem(Location(log.file), FIELDS[field], str(error)))
    if problems:
        raise InputError(problems)
    mixtures = {
        field: found
        for field, sample in zip(FIELDS, (times.up, times.repair), strict=True)
        if (found := mixture(sample, laws[field][0])) is not None
    }
    starts = [(outage.start, outage.entity) for outage in log.outages]
    together = bursts(starts, min(starts)[0], until if until is not None else last_instant(log))
    return Fitted(log, times, laws, mixtures, together)


def lines(fitted: Fitted) -> list[str]:
    """What the log holds and which laws fit it: sentences, tables and remarks, a line each."""
    times = fitted.times
    starts = [outage.start for outage in fitted.log.outages]
    said = [
        f"{fitted.log.file}: {_many(len(starts), 'outage')} of {_many(times.entities, 'entity', 'entities')}, "
        f"{as_instant(min(starts))} to {as_instant(last_instant(fitted.log))}",
        *(f"note: {remark}" for remark in _remarks(fitted)),
    ]
    for field, laws in fitted.laws.items():
        said += ["", *table_of(FIELDS[field], fitted.sample(field), laws, fitted.mixtures.get(field))]
    return said + told_of_bursts(fitted.bursts)


def table_of(name: str, sample: Sample, laws: Sequence[Fit], two: Mixture | None) -> list[str]:
    """A table of the laws of some times, with what is odd about them."""
    unit, seen = _unit(sample), sample.seen
    known = f", {len(sample.between):,} of them between two instants" if len(sample.between) else ""
    said = [
        f"{name}: {len(seen):,} observed (mean {amount(float(seen.mean()), unit)}, "
        f"median {amount(float(np.median(seen)), unit)}){known}, {len(sample.censored):,} censored",
        *(f"  {line}" for line in Table(COLUMNS, tuple(_row(fit, laws[0], unit) for fit in laws)).lines()),
    ]
    ratio = laws[0].law.mean / float(seen.mean())
    if not len(sample.censored) and not 0.8 < ratio < 1.25:
        said.append(
            f"  note: the mean of the likeliest law is {ratio:.2g} times that of the {name}, "
            "and availability depends on means"
        )
    if two is not None:
        kinds = [
            f"{share:.0%} {', '.join(f'{key} {value}' for key, value in written(law, unit).items() if key != 'kind')}"
            for share, law in zip(two.shares, two.laws, strict=True)
        ]
        nearer = "are nearer, and do not fit either" if fits_badly(sample, two) else "do"
        said.append(
            f"  no single law fits; two of kind {_parameters(two.laws[0])['kind']} {nearer}: {'; '.join(kinds)} "
            f"(mean {amount(two.mean, unit)}, dAIC {two.aic - laws[0].aic:.1f}, KS {two.ks:.4f})"
        )
    elif fits_badly(sample, laws[0]):
        said.append("  note: none of these laws fits, nor do two of a kind: look at the times themselves")
    return said


def told_of_bursts(found: Bursts | None) -> list[str]:
    """Sentences on failures that come together, and what to write then."""
    if found is None:
        return []
    shares = f"{found.share:.0%} of {found.failures:,} failures are within {found.within:.0f} s of another entity's"
    spread = f"counts of equal intervals vary {found.dispersion:.2g} times as much as independent failures would"
    lines = ["", f"bursts: {shares}, {found.expected:.1%} by chance (p {found.p:.2g}); {spread}"]
    if found.is_sure:
        size = f"mean size {found.mean_size:.2g}, largest {found.largest}"
        lines.append(f"  they come together ({size}): they have causes in common")
        fields = (
            f"burstShare: {found.share:.2g}, meanSize: {max(2.0, found.mean_size):.2g}, within: {found.within:.0f}s"
        )
        lines.append(f"  of nodes: {{type: nodeBurst, {fields}}}")
    elif found.p_of_dispersion < SURE:
        lines.append("  they do not come together, but their rate is not the same all the time, or not of all entities")
    return lines


def snippet(fitted: Fitted) -> list[str]:
    """The likeliest laws, to be pasted into a failure mode of an experiment."""
    lines = []
    for field, laws in fitted.laws.items():
        name = f"{FIELDS[field]} of {Path(fitted.log.file).name}"
        lines.append(pasted(field, name, fitted.sample(field), laws[0]))
    return lines


def pasted(field: str, name: str, sample: Sample, fit: Fit) -> str:
    """A line for an experiment file: the field with its law, and where that comes from."""
    law = ", ".join(f"{key}: {value}" for key, value in written(fit.law, _unit(sample)).items())
    return f"{field}: {{{law}}}  # fitted to {len(sample.seen):,} {name}"


def as_json(fitted: Fitted) -> dict[str, Any]:
    """A fitted log as plain JSON values, for programs: counts, notes, and the laws of each field; times in seconds."""
    return {
        "file": fitted.log.file,
        "outages": len(fitted.log.outages),
        "entities": fitted.times.entities,
        "notes": _remarks(fitted),
        "laws": {
            field: laws_as_json(fitted.sample(field), laws, fitted.mixtures.get(field))
            for field, laws in fitted.laws.items()
        },
        "bursts": None if fitted.bursts is None else asdict(fitted.bursts),
    }


def laws_as_json(sample: Sample, laws: Sequence[Fit], two: Mixture | None) -> dict[str, Any]:
    """The laws of some times as plain JSON values; an end of an interval that is not known is null."""
    return {
        "observed": len(sample.seen),
        "between": len(sample.between),
        "censored": len(sample.censored),
        "fits": [
            _parameters(fit.law)
            | {"mean": fit.law.mean, "meanInterval": [low or None, high if math.isfinite(high) else None]}
            | {"logLikelihood": fit.log_likelihood, "aic": fit.aic, "ks": fit.ks, "ad": fit.ad}
            for fit in laws
            for low, high in [fit.interval]
        ],
        "mixture": two and _mixture_as_json(two),
    }


def _mixture_as_json(two: Mixture) -> dict[str, Any]:
    laws = zip(two.shares, two.laws, strict=True)
    return {
        "laws": [{"share": share} | _parameters(law) | {"mean": law.mean} for share, law in laws],
        "mean": two.mean,
        "logLikelihood": two.log_likelihood,
        "aic": two.aic,
        "ks": two.ks,
        "ad": two.ad,
    }


def _remarks(fitted: Fitted) -> list[str]:
    times = fitted.times
    remarks = list(fitted.log.remarks)
    if times.united:
        remarks.append(
            f"{_many(times.united, 'outage')} overlapping or touching an earlier one of the same entity "
            "counted as a part of it"
        )
    for field, name in FIELDS.items():
        if zeros := fitted.sample(field).zeros:
            remarks.append(f"{zeros:,} {name} of length zero left out of the fit: no continuous law has them")
    if times.observed_until is None:
        remarks.append("the time after each entity's last outage is left out, so up-times look shorter than they are")
    remarks.append("entities that never failed are not in the log, so up-times look shorter than they are")
    return remarks


def _parameters(law: Distribution) -> dict[str, Any]:
    match law:
        case Exponential(mean):
            return {"kind": "exponential", "mean": mean}
        case Weibull(shape, scale):
            return {"kind": "weibull", "shape": shape, "scale": scale}
        case LogNormal(median, sigma):
            return {"kind": "lognormal", "median": median, "sigma": sigma}
        case Gamma(shape, scale):
            return {"kind": "gamma", "shape": shape, "scale": scale}
    raise TypeError(f"{law} is not one of the laws that are fitted")


_TIMES = ("mean", "scale", "median")


def written(law: Distribution, unit: tuple[str, float]) -> dict[str, str]:
    """The parameters as an experiment file says them."""
    return {
        key: value if key == "kind" else amount(value, unit) if key in _TIMES else f"{value:.4g}"
        for key, value in _parameters(law).items()
    }


def _row(fit: Fit, best: Fit, unit: tuple[str, float]) -> tuple[str, ...]:
    said = written(fit.law, unit)
    low, high = fit.interval
    known = low > 0 and math.isfinite(high)
    return (
        said["kind"],
        ", ".join(f"{key} {value}" for key, value in said.items() if key != "kind"),
        amount(fit.law.mean, unit),
        f"{amount(low, unit)} to {amount(high, unit)}" if known else "-",
        f"{fit.aic - best.aic:.1f}",
        f"{fit.ks:.4f}",
        f"{fit.ad:.4g}",
    )


def _unit(sample: Sample) -> tuple[str, float]:
    """The largest unit in which half of the times are at least 1."""
    median = float(np.median(sample.seen))
    return next((unit for unit in UNITS if median >= unit[1]), UNITS[-1])


def amount(seconds: float, unit: tuple[str, float]) -> str:
    """Four digits, in the unit, without an exponent."""
    value = seconds / unit[1]
    digits = max(0, 3 - int(np.floor(np.log10(value)))) if value > 0 else 0
    return f"{value:.{digits}f}{unit[0]}"


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


def as_instant(seconds: float) -> str:
    """A date if it can be one, else seconds."""
    if 1e8 < seconds < 1e11:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
    return f"{seconds:g} s"

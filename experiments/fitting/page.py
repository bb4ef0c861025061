"""What `kubenines fit` found: for people, as YAML for an experiment file, as JSON."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from experiments.file.outages import OutageLog
from experiments.fitting.laws import Fit, NoFit, fits
from experiments.fitting.lifetimes import Lifetimes, Sample, last_instant, lifetimes
from experiments.report.table import Column, Table
from models.distributions import Exponential, Gamma, LogNormal, Weibull
from models.input.problems import InputError, Location, Problem

UNITS = (("h", 3600.0), ("m", 60.0), ("s", 1.0))
COLUMNS = (
    Column("LAW", "kind of the law", "name"),
    Column("PARAMETERS", "as an experiment file says them, times in the unit of the mean", "words"),
    Column("MEAN", "of the law, in the largest unit in which half of the times are at least 1"),
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
    return Fitted(log, times, laws)


def lines(fitted: Fitted) -> list[str]:
    """What the log holds and which laws fit it: sentences, tables and remarks, a line each."""
    times = fitted.times
    starts = [outage.start for outage in fitted.log.outages]
    said = [
        f"{fitted.log.file}: {_many(len(starts), 'outage')} of {_many(times.entities, 'entity', 'entities')}, "
        f"{instant(min(starts))} to {instant(last_instant(fitted.log))}",
        *(f"note: {remark}" for remark in _remarks(fitted)),
    ]
    for field, laws in fitted.laws.items():
        sample = fitted.sample(field)
        unit = _unit(sample)
        median = f"median {_amount(float(np.median(sample.observed)), unit)}"
        said += [
            "",
            f"{FIELDS[field]}: {len(sample.observed):,} observed (mean "
            f"{_amount(float(sample.observed.mean()), unit)}, {median}), {len(sample.censored):,} censored",
            *(f"  {line}" for line in Table(COLUMNS, tuple(_row(fit, laws[0], unit) for fit in laws)).lines()),
        ]
        ratio = laws[0].law.mean / float(sample.observed.mean())
        if not len(sample.censored) and not 0.8 < ratio < 1.25:
            said.append(
                f"  note: the mean of the likeliest law is {ratio:.2g} times that of the {FIELDS[field]}, "
                "and availability depends on means"
            )
    return said


def snippet(fitted: Fitted) -> list[str]:
    """The likeliest laws, to be pasted into a failure mode of an experiment."""
    lines = []
    for field, laws in fitted.laws.items():
        sample = fitted.sample(field)
        law = ", ".join(f"{key}: {value}" for key, value in _written(laws[0], sample).items())
        origin = f"fitted to {len(sample.observed):,} {FIELDS[field]} of {Path(fitted.log.file).name}"
        lines.append(f"{field}: {{{law}}}  # {origin}")
    return lines


def as_json(fitted: Fitted) -> dict[str, Any]:
    """A fitted log as plain JSON values, for programs: counts, notes, and the laws of each field; times in seconds."""
    return {
        "file": fitted.log.file,
        "outages": len(fitted.log.outages),
        "entities": fitted.times.entities,
        "notes": _remarks(fitted),
        "laws": {
            field: {
                "observed": len(fitted.sample(field).observed),
                "censored": len(fitted.sample(field).censored),
                "fits": [
                    _parameters(fit)
                    | {"mean": fit.law.mean, "logLikelihood": fit.log_likelihood, "aic": fit.aic}
                    | {"ks": fit.ks, "ad": fit.ad}
                    for fit in laws
                ],
            }
            for field, laws in fitted.laws.items()
        },
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


def _parameters(fit: Fit) -> dict[str, Any]:
    match fit.law:
        case Exponential(mean):
            return {"kind": "exponential", "mean": mean}
        case Weibull(shape, scale):
            return {"kind": "weibull", "shape": shape, "scale": scale}
        case LogNormal(median, sigma):
            return {"kind": "lognormal", "median": median, "sigma": sigma}
        case Gamma(shape, scale):
            return {"kind": "gamma", "shape": shape, "scale": scale}
    raise TypeError(f"{fit.law} is not one of the laws that are fitted")


_TIMES = ("mean", "scale", "median")


def _written(fit: Fit, sample: Sample) -> dict[str, str]:
    """The parameters as an experiment file says them."""
    return {
        key: value if key == "kind" else _amount(value, _unit(sample)) if key in _TIMES else f"{value:.4g}"
        for key, value in _parameters(fit).items()
    }


def _row(fit: Fit, best: Fit, unit: tuple[str, float]) -> tuple[str, ...]:
    parameters = _parameters(fit)
    written = [
        f"{key} {_amount(value, unit) if key in _TIMES else f'{value:.4g}'}"
        for key, value in parameters.items()
        if key != "kind"
    ]
    return (
        parameters["kind"],
        ", ".join(written),
        _amount(fit.law.mean, unit),
        f"{fit.aic - best.aic:.1f}",
        f"{fit.ks:.4f}",
        f"{fit.ad:.4g}",
    )


def _unit(sample: Sample) -> tuple[str, float]:
    """The largest unit in which half of the times are at least 1."""
    median = float(np.median(sample.observed))
    return next((unit for unit in UNITS if median >= unit[1]), UNITS[-1])


def _amount(seconds: float, unit: tuple[str, float]) -> str:
    """Four digits, in the unit, without an exponent."""
    value = seconds / unit[1]
    digits = max(0, 3 - int(np.floor(np.log10(value)))) if value > 0 else 0
    return f"{value:.{digits}f}{unit[0]}"


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


def instant(seconds: float) -> str:
    """A date if it can be one, else seconds."""
    if 1e8 < seconds < 1e11:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
    return f"{seconds:g} s"

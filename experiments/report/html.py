"""The report: everything to read about an experiment in one HTML page that needs no other file and no network.

Equal findings give equal bytes: the page does not say when or on how many workers they were computed.
"""

import math
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from experiments.design.goal import entry_of
from experiments.file.written import yaml_text
from experiments.findings import summaries
from experiments.findings.budgets import slo
from experiments.findings.findings import Findings
from experiments.findings.judgement import INCONCLUSIVE, MET, MISSED
from experiments.inference.estimate import show_seconds
from experiments.plots import attribution_file, service_file
from experiments.report import (
    assumptions,
    budgets,
    comparison,
    costs,
    disruptions,
    downtime,
    fields,
    jobs,
    not_modelled,
    operations,
    rare,
    remarks,
    requests,
    rollouts,
    text,
    timeline,
)
from experiments.report.assumptions import in_words
from experiments.report.svg import inlined
from experiments.report.table import POLICY, Column, Row, Table, heading, legend
from experiments.report.templates import template
from experiments.timeline.timeline import Replays
from models.units import YEAR

_WORDS = {MET: "met", MISSED: "missed", INCONCLUSIVE: "inconclusive"}


def report_html(findings: Findings, drawings: Mapping[str, str], replays: Replays | None = None) -> str:
    """The whole page, with some outages replayed; `drawings` are those of `experiments.plots.Plots`, as SVG by name."""
    replays = replays or Replays({})
    manifest, spec = findings.manifest, (findings.resolved or {}).get("spec", {})
    period = "years" if manifest.duration >= YEAR else f"periods of {show_seconds(manifest.duration)}"
    behaviour = spec.get("behaviour", {})
    shown = {
        "services": [
            _service(findings, drawings, spec, service, period)
            | {"timelines": [timeline.picture(each) for each in replays.timelines.get(service, ())]}
            for service in findings.services
        ],
        "disruptions": disruptions.table(findings),
        "operations": operations.table(findings),
        "jobs": jobs.table(findings),
        "costs": costs.table(findings),
    }
    return template("report.html.j2").render(
        manifest=manifest,
        heading=re.sub(" {2,}", ", ", heading(findings).removeprefix(manifest.name).strip()),
        pages=list(_pages(shown)),
        verdict=_verdict(findings),
        objectives=list(_objectives(findings, period)),
        period=period,
        above=remarks.above(findings),
        below=remarks.below(findings),
        summary=text.table(findings),
        rare=rare.table(findings),
        requests=requests.table(findings),
        comparison=inlined(drawings["comparison"], "comparison", "Comparison of the policies"),
        compared=legend(findings),
        **shown,
        timeline_assets=timeline.assets() if replays.timelines else "",
        not_replayed=replays.refused,
        stories=assumptions.table(findings, spec),
        cluster=[*spec.get("cluster", {}).get("pools", ()), *spec.get("cluster", {}).get("nodes", ())],
        behaviour=list(_behaviour(behaviour)),
        timing=[(name, in_words(value)) for name, value in behaviour.get("timing", {}).items()],
        not_declared=not_modelled.table(spec),
        never=not_modelled.NEVER,
        fields=fields.table(findings),
        command=shlex.join(["kubenines", "run", manifest.source or "resolved.yaml", *manifest.options]),
        again=shlex.join(["kubenines", "run", "resolved.yaml", *_without_settings(manifest.options)]),
        resolved=yaml_text(findings.resolved) if findings.resolved else "",
        in_words=in_words,
    )


def _pages(shown: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The pages between which readers go, one shown at a time: the id of each, and its title."""
    yield "overview", "Overview"
    yield from ((service["place"], service["name"]) for service in shown["services"])
    happened = {"disruptions": "Disruptions", "operations": "Operations", "jobs": "Jobs", "costs": "Cluster and cost"}
    yield from ((place, title) for place, title in happened.items() if shown[place])
    yield from (("assumptions", "Assumptions"), ("not-modelled", "Not modelled"))
    yield from (("reproduce", "Reproduce"), ("configuration", "Configuration"))


def _verdict(findings: Findings) -> tuple[str, str]:
    """In a word, which is also the style, and in a sentence."""
    judged = [objective.verdict for objective in findings.objectives]
    if failed := remarks.failed_runs(findings):
        return "failed", f"{failed}; what follows rests on the others."
    if not judged:
        return "none", "The experiment sets no objective; here is what was found."
    counts = ", ".join(f"{judged.count(v)} of {len(judged)} {word}" for v, word in _WORDS.items() if v in judged)
    if MISSED in judged:
        return MISSED, f"Not every policy meets every objective: {counts}."
    if INCONCLUSIVE in judged:
        return INCONCLUSIVE, f"Nothing is missed, but not every interval lies on one side of its objective: {counts}."
    return MET, f"Every objective is met under every policy that it is about: {counts}."


def _objectives(findings: Findings, period: str) -> Iterator[tuple[str, list[str], Table]]:
    """Each objective in words: the verdict of each row, and the rows, one for each policy that it is about."""
    columns = (
        Column("Verdict", "what the interval says of the objective", "words"),
        POLICY,
        Column("Found", "the estimate with its interval", "share"),
        Column(f"Met in so many {period}", "how often a single period meets it, with its interval", "share"),
        Column("To settle it", "what would settle an open objective", "words"),
    )
    for wanted, about in text.by_objective(findings).items():
        rows = tuple(
            (
                f"{text.MARKS[of.verdict]} {_WORDS[of.verdict]}",
                of.policy,
                str(of.found),
                text.chance(findings, of),
                text.remark(findings, of),
            )
            for of in about
        )
        kept = [at for at in range(len(columns)) if at < 3 or any(row[at] for row in rows)]
        shown = Table(tuple(columns[at] for at in kept), tuple(tuple(row[at] for at in kept) for row in rows))
        yield wanted, [of.verdict for of in about], shown


def _behaviour(behaviour: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How long things take, but for the timing of the control plane, and then what is different for some pods."""
    for name, value in behaviour.items():
        if name not in ("timing", "overrides"):
            yield name, in_words(value)
    for override in behaviour.get("overrides", ()):
        yield "override", in_words(override)


def _service(
    findings: Findings, drawings: Mapping[str, str], spec: Mapping[str, Any], service: str, period: str
) -> dict[str, Any]:
    """What the page of one Service shows."""
    goals = {goal["name"]: goal["available"] for goal in spec.get("services", ())}
    drawing = drawings.get(service_file(service), "")
    stages = drawings.get(attribution_file(service), "")
    number = findings.services.index(service)
    return {
        "name": service,
        "place": f"service-{service}",
        "available": _predicate_in_words(goals.get(service)),
        "details": Table(_details_columns(period), tuple(_details(findings, service))),
        "slo": slo(findings, service),
        "chain": entry_of(service) != service,
        "was_down": any(len(findings.sample(service, policy).lengths) for policy in findings.policies),
        "budget": budgets.table(findings, service),
        "rollouts": rollouts.table(findings, service),
        "compared": comparison.table(findings, service),
        "sentences": list(findings.ranked(service).sentences()),
        "plots": drawing and inlined(drawing, f"s{number}", f"Outages of {service} under each policy"),
        "losses": downtime.heat(findings, service),
        "stages": stages and inlined(stages, f"l{number}", f"Where the downtime of {service} comes from"),
    }


def _details_columns(period: str) -> tuple[Column, ...]:
    return (
        POLICY,
        Column("Outages seen", "in all runs"),
        Column("in years", "years measured in all runs"),
        Column("Mean length", "mean time to recover, detection included"),
        Column("Detected after", "mean time until the list of ready endpoints shows an outage"),
        Column("Longest", "the longest outage of all runs"),
        Column(f"Half of {period} lose at most", "median of the downtime of single periods, with its interval"),
        Column(f"95% of {period} lose at most", "95th percentile of the downtime of single periods, with its interval"),
        Column("Interval from", "by which method the interval of the availability was made", "method"),
    )


def _details(findings: Findings, service: str) -> Iterator[Row]:
    for policy in findings.policies:
        sample = findings.sample(service, policy)
        shown_after = summaries.detection(findings, service, policy)
        quantiles = findings.downtime_quantiles(service, policy, (0.5, 0.95)).values()
        yield (
            policy,
            str(len(sample.lengths)),
            f"{sample.windows.sum() / YEAR:.4g}",
            _length(findings, service, policy),
            show_seconds(shown_after) if shown_after == shown_after else "-",
            show_seconds(float(sample.lengths.max())) if len(sample.lengths) else "-",
            *(str(quantile) if quantile.n else "-" for quantile in quantiles),
            findings.availability(service, policy).method,
        )


def _length(findings: Findings, service: str, policy: str) -> str:
    """Of an outage in the mean, seen or rare."""
    mean = summaries.mean_outage(findings, service, policy)
    return "-" if math.isnan(mean) else show_seconds(mean)


def _predicate_in_words(available: Mapping[str, Any] | None) -> str:
    if available is None:
        return ""
    if available["when"] == "readyEndpoints":
        return (
            f"Available while at least {available['atLeast']} endpoint{'s' * (available['atLeast'] != 1)} can answer."
        )
    if available["when"] == "capacity":
        return f"Available while at least {available['atLeast']} of the desired replicas can answer."
    return f"Available: {in_words(available)}."


def _without_settings(options: Iterable[str]) -> Iterator[str]:
    """The options but `--set path=value`, which a resolved experiment holds already."""
    words = iter(options)
    for word in words:
        if word == "--set":
            next(words)
        else:
            yield word

"""The report: everything to read about an experiment in one HTML page that needs no other file and no network.

Equal findings give equal bytes: the page does not say when or on how many workers they were computed.
"""

import math
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from experiments.file.written import yaml_text
from experiments.findings import summaries
from experiments.findings.budgets import slo
from experiments.findings.findings import Findings
from experiments.findings.judgement import INCONCLUSIVE, MET, MISSED
from experiments.inference.estimate import show_seconds
from experiments.plots import BAND, COLOURS, GREY, RULE, attribution_file, service_file
from experiments.report import (
    budgets,
    comparison,
    costs,
    disruptions,
    downtime,
    fields,
    jobs,
    operations,
    rare,
    remarks,
    requests,
    rollouts,
    text,
)
from experiments.report.table import POLICY, Column, Row, Table, heading, legend
from models.units import YEAR

if TYPE_CHECKING:
    from jinja2 import Template

NOT_MODELLED = (
    "Calls that the experiment does not list: a Service is judged by its own endpoints; one whose backend is down "
    "counts as available. A Service “+calls” is judged with what its listed calls require.",
    "Requests, as far as availability is a share of time: a Service is available while enough endpoints can answer, "
    "however many requests there are, even if some still go to an endpoint that is listed but dead (stale_s in "
    "runs.parquet adds such times up). Services with traffic have the share of requests answered beside it.",
    "The network: nothing is lost or cut off.",
    "Outages of the control plane: API server, controllers and scheduler always work, with their usual delays.",
    "Data: a volume is there or lost as a whole; copies that applications keep elsewhere are not checked.",
    "New nodes, people who step in, and every kind of failure that is not listed above.",
)
"""What no run of this version contains, whatever the experiment says."""

_WORDS = {MET: "met", MISSED: "missed", INCONCLUSIVE: "inconclusive"}


def report_html(findings: Findings, drawings: Mapping[str, str]) -> str:
    """The whole page; `drawings` are those of `experiments.plots.Plots`, as SVG by name."""
    manifest, spec = findings.manifest, (findings.resolved or {}).get("spec", {})
    period = "years" if manifest.duration >= YEAR else f"periods of {show_seconds(manifest.duration)}"
    return _template().render(
        manifest=manifest,
        heading=re.sub(" {2,}", ", ", heading(findings).removeprefix(manifest.name).strip()),
        verdict=_verdict(findings),
        objectives=_objectives(findings),
        period=period,
        notes=remarks.notes(findings),
        summary=text.table(findings),
        rare=rare.table(findings),
        requests=requests.table(findings),
        comparison=_inline(drawings["comparison"], "comparison"),
        compared=legend(findings),
        services=[_service(findings, drawings, spec, service, period) for service in findings.services],
        costs=costs.table(findings),
        jobs=jobs.table(findings),
        operations=operations.table(findings),
        disruptions=disruptions.table(findings),
        stories=Table(STORIES, tuple(_stories(findings, spec))),
        cluster=[*spec.get("cluster", {}).get("pools", ()), *spec.get("cluster", {}).get("nodes", ())],
        behaviour=spec.get("behaviour", {}),
        not_modelled=NOT_MODELLED,
        fields=fields.table(findings),
        command=shlex.join(["kubenines", "run", manifest.source or "resolved.yaml", *manifest.options]),
        again=shlex.join(["kubenines", "run", "resolved.yaml", *_without_settings(manifest.options)]),
        resolved=yaml_text(findings.resolved) if findings.resolved else "",
        in_words=in_words,
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("experiments.report", "")
    page = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return page.get_template("report.html.j2")


def _verdict(findings: Findings) -> tuple[str, str]:
    """In a word, which is also the style, and in a sentence."""
    judged = [objective.verdict for objective in findings.objectives]
    if len(findings.failed):
        return (
            "failed",
            f"{len(findings.failed)} of {len(findings.cells)} runs failed; what follows rests on the others.",
        )
    if not judged:
        return "none", "The experiment sets no objective; here is what was found."
    counts = ", ".join(f"{judged.count(v)} of {len(judged)} {word}" for v, word in _WORDS.items() if v in judged)
    if MISSED in judged:
        return MISSED, f"Not every policy meets every objective: {counts}."
    if INCONCLUSIVE in judged:
        return INCONCLUSIVE, f"Nothing is missed, but not every interval lies on one side of its objective: {counts}."
    return MET, f"Every objective is met under every policy that it is about: {counts}."


def _objectives(findings: Findings) -> list[tuple[str, list[tuple[str, str, str, str, str]]]]:
    """Each objective in words: verdict, policy, what was found, how often one year meets it, what would settle it."""
    return [
        (
            wanted,
            [
                (of.verdict, of.policy, str(of.found), text.chance(findings, of), text.remark(findings, of))
                for of in about
            ],
        )
        for wanted, about in text.by_objective(findings).items()
    ]


def _service(
    findings: Findings, drawings: Mapping[str, str], spec: Mapping[str, Any], service: str, period: str
) -> dict[str, Any]:
    """What a section about one Service shows."""
    goals = {goal["name"]: goal["available"] for goal in spec.get("services", ())}
    drawing = drawings.get(service_file(service), "")
    stages = drawings.get(attribution_file(service), "")
    return {
        "name": service,
        "available": _predicate_in_words(goals.get(service)),
        "details": Table(_details_columns(period), tuple(_details(findings, service))),
        "slo": slo(findings, service),
        "was_down": any(len(findings.sample(service, policy).lengths) for policy in findings.policies),
        "budget": budgets.table(findings, service),
        "rollouts": rollouts.table(findings, service),
        "compared": comparison.table(findings, service),
        "sentences": list(findings.ranked(service).sentences()),
        "plots": drawing and _inline(drawing, f"s{findings.services.index(service)}"),
        "losses": downtime.heat(findings, service),
        "stages": stages and _inline(stages, f"l{findings.services.index(service)}"),
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


STORIES = (
    Column("What happens", "name of the failure mode or operation", "name"),
    Column("Kind", "its type", "name"),
    Column("Under", "the policies under which it happens", "words"),
    Column("As", "its parameters", "words"),
    Column("Struck", "how often it struck in all runs"),
)


def _stories(findings: Findings, spec: Mapping[str, Any]) -> Iterator[Row]:
    struck = remarks.strikes(findings)
    own = {policy["name"]: _told(policy) for policy in spec.get("policies", ())}
    for name, story in _told(spec).items():
        otherwise = [policy for policy in findings.policies if name in own.get(policy, {})]
        under = f"every policy but {', '.join(otherwise)}" if otherwise else "every policy"
        yield _story(story, under, [policy for policy in findings.policies if policy not in otherwise], struck)
    for policy, stories in own.items():
        for story in stories.values():
            if not story.get("remove"):
                yield _story(story, policy, [policy], struck)


def _told(owner: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The failure modes and operations of an experiment or policy, by name."""
    return {story["name"]: story for story in (*owner.get("failures", ()), *owner.get("operations", ()))}


def _story(
    story: Mapping[str, Any], under: str, policies: Iterable[str], struck: Mapping[str, Mapping[str, int]]
) -> Row:
    rest = {key: value for key, value in story.items() if key not in ("name", "type")}
    total = sum(struck.get(policy, {}).get(story["name"], 0) for policy in policies)
    return story["name"], story["type"], under, in_words(rest), str(total)


def in_words(value: Any) -> str:
    """A value of a file in a line: "lognormal, median 8m, p95 1h"; what is empty is left out."""
    if isinstance(value, Mapping):
        kind = [str(value["kind"])] if "kind" in value else []
        words = {
            key: f"({in_words(item)})" if isinstance(item, Mapping) and "kind" not in item else in_words(item)
            for key, item in value.items()
        }
        items = [f"{key} {shown}" for key, shown in words.items() if key != "kind" and shown not in ("", "()")]
        return (", " if kind else "; ").join([*kind, *items])
    if isinstance(value, list | tuple):
        return ", ".join(map(in_words, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without_settings(options: Iterable[str]) -> Iterator[str]:
    """The options but `--set path=value`, which a resolved experiment holds already."""
    words = iter(options)
    for word in words:
        if word == "--set":
            next(words)
        else:
            yield word


def _inline(svg: str, name: str) -> Any:
    """A drawing as an element of the page: its ids begin with its name, its colours are the page's."""
    from markupsafe import Markup

    element = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    element = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", element)
    colours = {"#ffffff": "paper", GREY: "muted", RULE: "rule", BAND: "band", "#000000": "ink"}
    colours |= {colour: f"c{number}" for number, colour in enumerate(COLOURS[:-1])}
    return Markup(re.sub(r"#[0-9a-f]{6}\b", lambda colour: _variable(colour[0], colours), element))


def _variable(colour: str, names: Mapping[str, str]) -> str:
    return f"var(--{names[colour]})" if colour in names else colour

"""The report: everything to read about an experiment in one HTML page that needs no other file and no network.

Equal findings give equal bytes: the page does not say when or on how many workers they were computed.
"""

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
from experiments.report import budgets as slo_table
from experiments.report import comparison as comparison_table
from experiments.report import costs as cluster_table
from experiments.report import downtime as listing
from experiments.report import remarks
from experiments.report import requests as request_table
from experiments.report import rollouts as rollout_table
from experiments.report import text as report
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
    "Volumes and data: a pod that is placed anew finds what it needs.",
    "New nodes, people who step in, and every kind of failure that is not listed above.",
)
"""What no run of this version contains, whatever the experiment says."""

_WORDS = {MET: "met", MISSED: "missed", INCONCLUSIVE: "inconclusive"}


def report_html(findings: Findings, drawings: Mapping[str, str]) -> str:
    """The whole page; `drawings` are those of `experiments.plots.Plots`, as SVG by name."""
    manifest, spec = findings.manifest, (findings.resolved or {}).get("spec", {})
    rows = list(report.rows(findings))
    return _template().render(
        manifest=manifest,
        heading=re.sub(" {2,}", ", ", report.heading(findings).removeprefix(manifest.name).strip()),
        verdict=_verdict(findings),
        objectives=_objectives(findings),
        period="years" if manifest.duration >= YEAR else f"periods of {show_seconds(manifest.duration)}",
        notes=remarks.notes(findings),
        headings=_headings(manifest.confidence, report.HEADINGS),
        rows={service: [row for row in rows if row.service == service] for service in findings.services},
        requests=list(request_table.rows(findings)),
        request_headings=_headings(manifest.confidence, request_table.HEADINGS),
        comparison=_inline(drawings["comparison"], "comparison"),
        compared=report.legend(findings),
        comparison_headings=_headings(manifest.confidence, comparison_table.HEADINGS),
        services=[_service(findings, drawings, spec, service) for service in findings.services],
        budget_headings=_headings(manifest.confidence, slo_table.HEADINGS),
        rollout_headings=_headings(manifest.confidence, rollout_table.HEADINGS),
        costs=list(cluster_table.rows(findings)),
        cost_headings=_headings(manifest.confidence, cluster_table.HEADINGS),
        stories=_stories(findings, spec),
        cluster=[*spec.get("cluster", {}).get("pools", ()), *spec.get("cluster", {}).get("nodes", ())],
        behaviour=spec.get("behaviour", {}),
        not_modelled=NOT_MODELLED,
        fields=findings.named,
        command=shlex.join(["kubenines", "run", manifest.source or "resolved.yaml", *manifest.options]),
        again=shlex.join(["kubenines", "run", "resolved.yaml", *_without_settings(manifest.options)]),
        resolved=yaml_text(findings.resolved) if findings.resolved else "",
        said=said,
    )


def _headings(confidence: float, names: Iterable[str]) -> list[str]:
    shown = [f"{confidence:.0%} interval" if name == "CI" else name for name in names]
    return [name.capitalize() if name.isupper() else name for name in shown]


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
                (one.verdict, one.policy, str(one.found), report.chance(findings, one), report.remark(one))
                for one in about
            ],
        )
        for wanted, about in report.by_objective(findings).items()
    ]


def _service(findings: Findings, drawings: Mapping[str, str], spec: Mapping[str, Any], service: str) -> dict[str, Any]:
    """What a section about one Service shows."""
    goals = {goal["name"]: goal["available"] for goal in spec.get("services", ())}
    drawing = drawings.get(service_file(service), "")
    stages = drawings.get(attribution_file(service), "")
    details = []
    for policy in findings.policies:
        s, count = findings.sample(service, policy), findings.sample(service, policy).counts.sum()
        mean = show_seconds(s.downtimes.sum() / count) if count else "-"
        shown = summaries.detection(findings, service, policy)
        detected = show_seconds(shown) if shown == shown else "-"
        longest = show_seconds(float(s.lengths.max())) if len(s.lengths) else "-"
        years = f"{s.windows.sum() / YEAR:.4g}"
        method = findings.availability(service, policy).method
        bad = [str(one) if one.n else "-" for one in findings.downtime_quantiles(service, policy, (0.5, 0.95)).values()]
        details.append((policy, len(s.lengths), years, mean, detected, longest, *bad, method))
    return {
        "name": service,
        "available": _in_words(goals.get(service)),
        "details": details,
        "slo": slo(findings, service),
        "was_down": any(len(findings.sample(service, policy).lengths) for policy in findings.policies),
        "budget": list(slo_table.rows(findings, service)),
        "rollouts": list(rollout_table.rows(findings, service)),
        "compared": list(comparison_table.rows(findings, service)),
        "sentences": list(findings.ranked(service).sentences()),
        "plots": drawing and _inline(drawing, f"s{findings.services.index(service)}"),
        "losses": listing.heat(findings, service),
        "stages": stages and _inline(stages, f"l{findings.services.index(service)}"),
    }


def _in_words(available: Mapping[str, Any] | None) -> str:
    if available is None:
        return ""
    if available["when"] == "readyEndpoints":
        return (
            f"Available while at least {available['atLeast']} endpoint{'s' * (available['atLeast'] != 1)} can answer."
        )
    if available["when"] == "capacity":
        return f"Available while at least {available['atLeast']} of the desired replicas can answer."
    return f"Available: {said(available)}."


def _stories(findings: Findings, spec: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str, int]]:
    """Failure modes and operations: name, type, under which policies, the rest in words, strikes in all runs."""
    struck = remarks.strikes(findings)
    owners = [("every policy", spec), *((policy["name"], policy) for policy in spec.get("policies", ()))]
    for owner, of in owners:
        for story in (*of.get("failures", ()), *of.get("operations", ())):
            rest = {key: value for key, value in story.items() if key not in ("name", "type")}
            policies = findings.policies if of is spec else [owner]
            total = sum(struck.get(policy, {}).get(story["name"], 0) for policy in policies)
            yield story["name"], story["type"], owner, said(rest), total


def said(value: Any) -> str:
    """A value of a file in a line: "lognormal, median 8m, p95 1h"; what is empty is left out."""
    if isinstance(value, Mapping):
        kind = [str(value["kind"])] if "kind" in value else []
        words = {
            key: f"({said(item)})" if isinstance(item, Mapping) and "kind" not in item else said(item)
            for key, item in value.items()
        }
        items = [f"{key} {text}" for key, text in words.items() if key != "kind" and text not in ("", "()")]
        return (", " if kind else "; ").join([*kind, *items])
    if isinstance(value, list | tuple):
        return ", ".join(map(said, value))
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

    text = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text)
    colours = {"#ffffff": "paper", GREY: "muted", RULE: "rule", BAND: "band", "#000000": "ink"}
    colours |= {colour: f"c{number}" for number, colour in enumerate(COLOURS[:-1])}
    return Markup(re.sub(r"#[0-9a-f]{6}\b", lambda found: _variable(found[0], colours), text))


def _variable(colour: str, names: Mapping[str, str]) -> str:
    return f"var(--{names[colour]})" if colour in names else colour

"""The report of a sweep: its pictures, and every point in a table that can be sorted, in one HTML page."""

import re
import shlex
from collections.abc import Mapping

from experiments.findings.judgement import INCONCLUSIVE, MET, MISSED
from experiments.findings.sweep import SweepFindings
from experiments.report.svg import inlined
from experiments.report.sweep import heading, remarks, table
from experiments.report.templates import template
from models.units import counted

MOST_ROWS = 2000
"""Of the table: a page of more is slow to open; all are in the folder."""
LONGEST_SOURCE = 20_000
"""Characters of the experiment that are shown."""


def report_html(findings: SweepFindings, drawings: Mapping[str, str], source: str) -> str:
    """The whole page; `drawings` are those of `SweepPlots`, as SVG by name, `source` the experiment as given."""
    m = findings.manifest
    return template("sweep.html.j2").render(
        manifest=m,
        heading=re.sub(" {2,}", ", ", heading(findings).removeprefix(m.name).strip()),
        pages=[("overview", "Overview"), ("points", "Every point"), ("configuration", "Reproduce")],
        verdict=_verdict(findings),
        pictures=[
            (_title(name), inlined(svg, f"p{number}", _title(name)))
            for number, (name, svg) in enumerate(drawings.items())
        ],
        notes=remarks(findings),
        table=table(findings, findings.rows(most=MOST_ROWS)),
        further=max(findings.count() - MOST_ROWS, 0),
        command=shlex.join(["kubenines", "run", m.source or "resolved.yaml", *m.options]),
        source=source if len(source) <= LONGEST_SOURCE else f"{source[:LONGEST_SOURCE]}\n...",
    )


def _title(name: str) -> str:
    kind, _, service = name.partition("-")
    return f"{service}: {'curves' if kind == 'curves' else 'heat map'}"


def _verdict(findings: SweepFindings) -> tuple[str, str]:
    """In a word, which is also the style, and in a sentence."""
    judged = [judgement.verdict for _, judgement in findings.objectives]
    if findings.failed:
        return "failed", f"{counted(findings.failed, 'run')} failed; what follows rests on the others."
    if not judged:
        return "none", "The experiment sets no objective; here is what was found."
    counts = ", ".join(f"{judged.count(v)} of {len(judged)} {v}" for v in (MET, MISSED, INCONCLUSIVE) if v in judged)
    if MISSED in judged:
        return MISSED, f"Not every objective is met at every point under every policy: {counts}."
    if INCONCLUSIVE in judged:
        return INCONCLUSIVE, f"Nothing is missed, but not every interval lies on one side of its objective: {counts}."
    return MET, f"Every objective is met at every point: {counts}."

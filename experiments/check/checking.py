"""What thresholds come to: each under each policy that it is about, judged, and where it was asked for."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from experiments.design.objective import Objective
from experiments.findings.findings import Findings
from experiments.findings.judgement import INCONCLUSIVE, MISSED, Judgement, judged
from experiments.report.text import remark
from experiments.results import Results
from experiments.sweep_results import SweepResults
from models.input.documents import read_documents
from models.input.problems import Location


@dataclass(frozen=True)
class Threshold:
    """An objective under one policy, and how it was judged."""

    judgement: Judgement
    location: Location
    """The objective's line in the experiment file; of one from the command line, the file."""
    advice: str
    """What would settle it, or what tells more; empty if it is met."""

    @property
    def name(self) -> str:
        """What was asked for, and of what: "frontend availability >= 99.95% under three-spread"."""
        return f"{self.judgement.objective} under {self.judgement.policy}"

    @property
    def found(self) -> str:
        """The estimate with its interval; how a bound came about."""
        found = self.judgement.found
        return str(found) if found.n else found.method


@dataclass(frozen=True)
class Checked:
    """The thresholds of one experiment, and its findings."""

    findings: Findings
    thresholds: tuple[Threshold, ...]

    @property
    def source(self) -> str:
        """The experiment file, as it was called when it ran."""
        return _source(self.findings)


def checks(found: Results | SweepResults, further: Sequence[Objective] = ()) -> list[Checked]:
    """What `check` says of a single experiment, or of each point of a sweep at which anything ran."""
    if isinstance(found, Results):
        return [check(found, further)]
    return [check(found.at(point), further) for point in found.points_that_ran()]


def check(findings: Findings, further: Sequence[Objective] = ()) -> Checked:
    """The objectives of what ran, then `further` ones, under each policy that they are about."""
    m = findings.manifest
    places = [*_places(findings), *[Location(_source(findings))] * len(further)]
    wanted = [*m.objectives, *(objective.to_json() for objective in further)]
    found = []
    for objective, place in zip(wanted, places, strict=True):
        for judgement in judged([objective], findings.policies, findings, m.confidence):
            found.append(Threshold(judgement, place, _advice(findings, judgement)))
    return Checked(findings, tuple(found))


def _source(findings: Findings) -> str:
    m = findings.manifest
    return m.source or str(findings.path / "experiment.yaml" if findings.path else m.name)


def _places(findings: Findings) -> list[Location]:
    """Where the experiment file has each objective of what ran; of those that are not found there, the file."""
    wanted, source = findings.manifest.objectives, _source(findings)
    documents = read_documents(findings.path / "experiment.yaml", y_is_text=True)[0] if findings.path else []
    if not documents:
        return [Location(source)] * len(wanted)
    document, policies = replace(documents[0], file=source), findings.manifest.policies
    spec = document.value.get("spec") if isinstance(document.value, dict) else None
    written = spec.get("objectives") if isinstance(spec, dict) else None
    items = enumerate(written if isinstance(written, list) else [])
    about = [i for i, item in items if isinstance(item, dict) and item.get("policy") in (None, *policies)]
    if len(about) != len(wanted):  # settings on the command line have changed them
        return [document.where(("spec", "objectives"))] * len(wanted)
    return [document.where(("spec", "objectives", i)) for i in about]


def _advice(findings: Findings, judgement: Judgement) -> str:
    if judgement.verdict == INCONCLUSIVE:
        return remark(findings, judgement)
    if judgement.verdict != MISSED or findings.path is None or judgement.service not in findings.services:
        return ""
    words = ["why", str(findings.path), "--service", judgement.service, "--policy", judgement.policy]
    words += ["--point", findings.manifest.point] if findings.manifest.point else []
    return f"kubenines {shlex.join(words)} says what it is due to"

"""The findings at a point of a sweep, and what of them becomes rows of the sweep's tables."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from experiments.design.plan import Design
from experiments.findings.findings import Findings
from experiments.findings.judgement import Judgement
from experiments.findings.summaries import rows
from experiments.inference.estimate import Estimate
from experiments.store.cell import Cell
from experiments.store.manifest import Manifest
from experiments.store.tables import tables


def manifest_at(sweep: Manifest, label: str, design: Design, keys: Mapping[str, str]) -> Manifest:
    """What ran at a point of a sweep, as the manifest of a single experiment says it."""
    first = design.scenarios[0]
    return replace(
        sweep,
        services=first.measured,
        scenarios=dict(keys),
        duration=first.duration,
        warmup=first.warmup,
        seed=first.seed,
        objectives=[objective.to_json() for objective in design.objectives],
        warnings=list(design.warnings),
        named=[one.to_json() for one in design.named],
        sweep=None,
        point=label,
        counts={},
        files={},
    )


def findings_at(cells: Iterable[Cell], manifest: Manifest, resolved: Any) -> Findings:
    """What was found at a point."""
    return Findings(manifest, tables(cells, manifest.policies, manifest.services), resolved)


@dataclass(frozen=True)
class PointRow:
    """What is kept of a point beside its cells: the rows of its summary and how its objectives are judged."""

    rows: list[dict[str, Any]]
    objectives: list[dict[str, Any]]

    @classmethod
    def of(cls, findings: Findings) -> "PointRow":
        """What is kept of these findings."""
        return cls(rows(findings), [asdict(judgement) for judgement in findings.objectives])


def judgement_of(values: Mapping[str, Any]) -> Judgement:
    """A judgement as it was kept in a `PointRow`."""
    return Judgement(**{**values, "found": Estimate(**values["found"])})

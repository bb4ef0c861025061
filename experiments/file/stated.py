"""What an experiment says: the values of its file, and what they come to."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from experiments.design.objective import Objective
from experiments.design.plan import Design, Plan, Precision
from experiments.design.scenario import Scenario
from experiments.design.sensitivity import Study
from experiments.design.sweep import Axis, Sweep
from experiments.file.schema import SpecFile
from experiments.file.source import Source
from experiments.file.written import resolved_file
from models.input.problems import Refusal
from models.manifests import Named

DEFAULT_REPLICATIONS = 100


@dataclass(frozen=True)
class Stated:
    """What an experiment says; complete and checked."""

    source: Source
    design: Design
    source_text: str
    """The file as given; the same in YAML, if it was put together in Python."""
    source_path: Path | None = None
    settings: tuple[str, ...] = ()
    """`path=value`, over what the file says."""
    chosen: tuple[str, ...] = ()
    """The policies that `only` kept, and those added since; (): all."""

    @property
    def name(self) -> str:
        """metadata.name."""
        assert self.source.file is not None
        return self.source.file.metadata.name

    @property
    def folder(self) -> str:
        """What its files are relative to."""
        return "" if self.source_path is None else str(self.source_path.parent)

    def scenarios(self) -> tuple[Scenario, ...]:
        """One per policy, in the order of the file; the first is the baseline."""
        return self.design.scenarios

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies' names; the first is the baseline."""
        return tuple(scenario.policy for scenario in self.design.scenarios)

    @property
    def replications(self) -> int | None:
        """Runs per policy; None if `precision` decides."""
        return None if self.precision else self._spec.replications or DEFAULT_REPLICATIONS

    @property
    def precision(self) -> Precision | None:
        """When there are enough runs; None if their number is fixed."""
        wanted = self._spec.precision
        return Precision(wanted.relative, self.confidence, wanted.at_most, wanted.method) if wanted else None

    @property
    def confidence(self) -> float:
        """The confidence of all intervals, e.g. 0.95."""
        wanted = self._spec.precision
        return self._spec.confidence or (wanted and wanted.confidence) or 0.95

    @property
    def duration(self) -> float:
        """Seconds that are measured, per run."""
        return self._spec.duration

    @property
    def warmup(self) -> float:
        """Seconds before measuring, per run."""
        return self._spec.warmup

    @property
    def seed(self) -> int:
        """The seed of all randomness."""
        return self._spec.seed

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What must come out."""
        return self.design.objectives

    @cached_property
    def sweep(self) -> Sweep | None:
        """The points at which it is to be run, each another experiment; None for a single one."""
        return None if self._spec.sweep is None else self._spec.sweep.value(self.seed)

    @cached_property
    def uncertain(self) -> tuple[Axis, ...]:
        """The inputs that one is unsure of."""
        return tuple(axis.value() for axis in self._spec.uncertain)

    def study(self, replications: int | None = None, runs: int | None = None) -> Study:
        """The study of its uncertain inputs; `replications` instead of the file's, `runs` of a policy at drawn points.

        Refusal without any inputs, or if these are too few.
        """
        if not self.uncertain:
            raise Refusal(f"{self.name} has no uncertain inputs: name what you are unsure of in spec.uncertain")
        return Study.of(self.uncertain, self.seed, replications or self.replications or DEFAULT_REPLICATIONS, runs)

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Every manifest file read, in order."""
        return tuple(map(Path, self.design.inputs))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is legal but odd, in printable lines."""
        return self.design.warnings

    @property
    def named(self) -> tuple[Named, ...]:
        """What the manifests say that may matter and is not in the model: by effect, the most frequent first."""
        return self.design.named

    @cached_property
    def resolved(self) -> dict[str, Any]:
        """The experiment after settings, `extends` and defaults, as plain values; itself an experiment file.

        With a sweep it is after settings only, as points may set anything of what it says.
        """
        assert self.source.file is not None
        if self._spec.sweep is not None:
            value: dict[str, Any] = self.source.document.value
            return value
        return resolved_file(self.source.file, self.design, DEFAULT_REPLICATIONS)

    @property
    def plan(self) -> Plan:
        """What the runner takes."""
        return Plan(
            name=self.name,
            design=self.design,
            confidence=self.confidence,
            replications=self.replications,
            precision=self.precision,
            resolved=self._run,
            source_text=self.source_text,
            source_path=self.source_path,
            settings=self.settings,
        )

    @property
    def _run(self) -> dict[str, Any]:
        """As resolved, without uncertain inputs: they change no run, and are about places of the file as given."""
        if self._spec.sweep is not None or not self._spec.uncertain:
            return self.resolved
        return self.resolved | {"spec": self.resolved["spec"] | {"uncertain": []}}

    @property
    def _spec(self) -> SpecFile:
        assert self.source.file is not None
        return self.source.file.spec

"""An experiment: read from a file or put together in Python, always complete and checked, never changed."""

import copy
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.design.objective import Objective
from experiments.design.plan import Design, Plan, Precision
from experiments.design.scenario import Scenario
from experiments.file import shorthand
from experiments.file.document import load_experiment
from experiments.file.files import with_files
from experiments.file.resolve import resolve
from experiments.file.schema import SpecFile
from experiments.file.settings import at_settings, from_top, with_settings
from experiments.file.source import Source, read
from experiments.file.written import resolved_file, yaml_text
from experiments.store.files import write
from models.input import stdin
from models.input.documents import Document
from models.input.patches import PatchError, set_path
from models.input.problems import InputError, Location, Problem, did_you_mean
from models.input.stdin import is_stdin
from models.manifests import Named

if TYPE_CHECKING:
    from experiments.results import Results
    from experiments.runner.engines import Engine
    from experiments.runner.progress import Listener

DEFAULT_REPLICATIONS = 100


@dataclass(frozen=True)
class Experiment:
    """Scenarios to compare and how often to run them. Every method that changes something returns another one."""

    source: Source
    design: Design
    source_text: str
    """The file as given; the same in YAML, if it was put together in Python."""
    source_path: Path | None = None
    settings: tuple[str, ...] = ()
    """`path=value`, over what the file says."""
    chosen: tuple[str, ...] = ()
    """The policies that `only` kept, and those added since; (): all."""

    @classmethod
    def from_yaml(
        cls, path: str | os.PathLike[str], settings: Iterable[str] = (), *, text: str | None = None
    ) -> "Experiment":
        """Read an experiment file ("-": standard input); `settings` are `path=value` over what it says.

        With `text` there is no file yet: it says that. Raises InputError.
        """
        document, problems = load_experiment(path, text)
        source = Path(path) if text is None and not is_stdin(path) else None
        if source is not None:
            text = source.read_text(encoding="utf-8-sig", errors="replace")
        elif text is None:
            text = stdin.contents().decode("utf-8-sig", errors="replace")
        folder = os.path.dirname(os.fspath(path))
        return cls._checked(document, folder, text, source, tuple(settings), problems)

    @classmethod
    def from_manifests(cls, *paths: str | os.PathLike[str]) -> "Experiment":
        """An experiment about the application in these manifests: a year, on 6 nodes in 3 zones, nothing breaks yet."""
        return cls._of(
            {
                "apiVersion": "kubenines/v1",
                "kind": "Experiment",
                "metadata": {"name": shorthand.name_for(paths[0]) if paths else "experiment"},
                "spec": {
                    "duration": "1y",
                    "replications": DEFAULT_REPLICATIONS,
                    "cluster": {"pools": [shorthand.pool("general", 6, 3, "4", "16Gi", 110)]},
                    "manifests": [os.fspath(path) for path in paths],
                    "policies": [{"name": "as-shipped"}],
                },
            }
        )

    @classmethod
    def _of(cls, value: dict[str, Any]) -> "Experiment":
        return cls._checked(Document("<python>", value), "", yaml_text(value), None, ())

    @classmethod
    def _checked(
        cls,
        document: Document,
        folder: str,
        text: str,
        path: Path | None,
        settings: tuple[str, ...],
        problems: Iterable[Problem] = (),
    ) -> "Experiment":
        value, places = with_settings(document.value, settings)
        source = read(replace(document, value=value))
        source = replace(source, problems=(*problems, *source.problems))
        try:
            return cls(source, resolve(source, folder), text, path, settings)
        except InputError as error:
            raise InputError(at_settings(error.problems, places)) from None

    # What it says

    @property
    def name(self) -> str:
        """metadata.name."""
        assert self.source.file is not None
        return self.source.file.metadata.name

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
        """The experiment after settings, `extends` and defaults, as plain values; itself an experiment file."""
        assert self.source.file is not None
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
            resolved=self.resolved,
            source_text=self.source_text,
            source_path=self.source_path,
            settings=self.settings,
        )

    @property
    def _spec(self) -> SpecFile:
        assert self.source.file is not None
        return self.source.file.spec

    # What it could say instead

    def set(self, path: str, value: Any) -> "Experiment":
        """With another value at a path of the file, e.g. `set("failures[node-crash].timeToFailure.mean", "30d")`."""
        changed = copy.deepcopy(self.source.document.value)
        try:
            set_path(changed, from_top(path), value)
        except PatchError as error:
            raise InputError([Problem(Location("<python>"), path, str(error))]) from None
        return self._like(changed)

    def only(self, *policies: str) -> "Experiment":
        """With these policies alone; the first in the file's order becomes the baseline. Raises InputError."""
        for name in policies:
            if name not in self.policies:
                message = f"there is no policy {name!r}{did_you_mean(name, self.policies)}"
                raise InputError([Problem(Location(str(self.source_path or "<python>")), "", message)])
        kept = tuple(s for s in self.design.scenarios if s.policy in policies)
        wanted = tuple(o for o in self.design.objectives if o.policy is None or o.policy in policies)
        return replace(self, design=replace(self.design, scenarios=kept, objectives=wanted), chosen=policies)

    def cluster(
        self, *, nodes: int, zones: int = 1, cpu: str = "4", memory: str = "16Gi", pods: int = 110
    ) -> "Experiment":
        """With one pool `general` of so many equal nodes, dealt over so many zones called a, b, c, ..."""
        return self.set("spec.cluster", {"pools": [shorthand.pool("general", nodes, zones, cpu, memory, pods)]})

    def failures(self, *modes: Any) -> "Experiment":
        """With further failure modes: objects such as NodeCrash(...), or mappings as in a file."""
        return self._append("failures", modes)

    def operations(self, *operations: Any) -> "Experiment":
        """With further operations: objects such as Rollout(...), or mappings as in a file."""
        return self._append("operations", operations)

    def policy(
        self, name: str, *, failures: Iterable[Any] = (), operations: Iterable[Any] = (), **fields: Any
    ) -> "Experiment":
        """With a further policy.

        `failures` and `operations` are objects such as Rollout(...), or mappings as in a file, also of what changes:
        `failures=[{"name": "node-crash", "timeToFailure": {"factor": 0.5}}]`. Any other field is that of a policy in a
        file, such as `replicas=3`, `spread="zone"`, `budget={"maxUnavailable": 1}` (each for every Deployment),
        `extends`, `patches`, `add`, `behaviour`.
        """
        told = {
            "failures": [shorthand.story("failure", one) for one in failures],
            "operations": [shorthand.story("operation", one) for one in operations],
        }
        policy = {"name": name, **fields, **{field: items for field, items in told.items() if items}}
        kept = replace(self, chosen=(*self.chosen, name)) if self.chosen else self
        return kept._append("policies", [policy])

    def to_yaml(self, path: str | os.PathLike[str] | None = None) -> str:
        """The experiment as a file says it, which is read again as the same; with `path`, also written there.

        Names of files are relative to the folder of `path`, or to the current one. Of policies, those chosen by `only`
        stand alone: what they extend is in them.
        """
        here = os.path.dirname(self.source_path or "")
        there = os.path.dirname(path or "") or os.curdir

        def called(file: str) -> list[str]:
            if is_stdin(file) or os.path.isabs(file):
                return [file]
            return [os.path.relpath(os.path.join(here, file), there)]

        value = copy.deepcopy(self.source.document.value)
        if self.chosen:
            spec, own = value["spec"], self.resolved["spec"]["policies"]
            spec["policies"] = [policy for policy in own if policy["name"] in self.policies]
            if "objectives" in spec:
                spec["objectives"] = [o for o in spec["objectives"] if o.get("policy") in (None, *self.policies)]
        text = yaml_text(with_files(value, called))
        if path is not None:
            write(Path(path), text)
        return text

    def run(
        self,
        *,
        replications: int | None = None,
        workers: int = 1,
        out: str | os.PathLike[str] | None = None,
        progress: "bool | Listener | None" = None,
        fresh: bool = False,
        events: int = 0,
        engine: "Engine | None" = None,
    ) -> "Results":
        """Simulate every policy; in memory, or kept and resumed in the folder `out`.

        `workers`: processes of this machine, unless there is an `engine`. `events`: keep the transitions of the first
        so many replications of each policy there.
        """
        from experiments.runner.run import run

        where = None if out is None else os.fspath(out)
        return run(
            self.plan,
            out=where,
            replications=replications,
            workers=workers,
            progress=progress,
            fresh=fresh,
            events=events,
            engine=engine,
        )

    def _like(self, value: dict[str, Any]) -> "Experiment":
        """An experiment like this one, with another document."""
        if self.source_path is None:
            changed = self._of(value)
        else:
            folder = os.path.dirname(self.source_path)
            document = replace(self.source.document, value=value)
            changed = self._checked(document, folder, yaml_text(value), self.source_path, ())
        return changed.only(*self.chosen) if self.chosen else changed

    def _append(self, field: str, items: Iterable[Any]) -> "Experiment":
        kind = {"failures": "failure", "operations": "operation"}.get(field)
        changed = copy.deepcopy(self.source.document.value)
        further = [shorthand.story(kind, item) if kind else item for item in items]
        changed["spec"][field] = [*(changed["spec"].get(field) or ()), *further]
        return self._like(changed)

    def __repr__(self) -> str:
        return f"<Experiment {self.name}: {', '.join(self.policies)}>"

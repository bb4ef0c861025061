"""An experiment: read from a file or put together in Python, always complete and checked, never changed."""

import copy
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.design.sweep import Point
from experiments.file import shorthand
from experiments.file.axes import at_point, check_settings
from experiments.file.document import load_experiment
from experiments.file.files import with_files
from experiments.file.points import check_points
from experiments.file.resolve import resolve
from experiments.file.settings import at_settings, from_top, with_settings
from experiments.file.source import read
from experiments.file.stated import DEFAULT_REPLICATIONS, Stated
from experiments.file.written import yaml_text
from experiments.store.files import write
from models.input import stdin
from models.input.documents import Document
from models.input.patches import PatchError, set_path
from models.input.problems import InputError, Location, Problem, did_you_mean
from models.input.stdin import is_stdin

if TYPE_CHECKING:
    from experiments.results import Results
    from experiments.runner.engines import Engine
    from experiments.runner.progress import Listener
    from experiments.sensitivity_results import SensitivityResults
    from experiments.sweep_results import SweepResults


@dataclass(frozen=True)
class Experiment(Stated):
    """Scenarios to compare and how often to run them. Every method that changes something returns another one."""

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
            made = cls(source, resolve(source, folder), text, path, settings)
            if made.sweep is not None:
                check_settings(source, made.sweep, places)
                files = check_points(source, folder, made.sweep)
                design = replace(made.design, inputs=tuple(dict.fromkeys((*made.design.inputs, *files))))
                made = replace(made, design=design)
            return made
        except InputError as error:
            raise InputError(at_settings(error.problems, places)) from None

    # What it could say instead

    def set(self, path: str, value: Any) -> "Experiment":
        """With another value at a path of the file, e.g. `set("failures[node-crash].timeToFailure.mean", "30d")`."""
        changed = copy.deepcopy(self.source.document.value)
        try:
            set_path(changed, from_top(path), value)
        except PatchError as error:
            raise InputError([Problem(Location("<python>"), path, str(error))]) from None
        return self._like(changed)

    def sweep_over(self, axes: Mapping[str, Mapping[str, Any]], **fields: Any) -> "Experiment":
        """With a sweep over these axes, by their names, each as a file has it; `fields` are the sweep's others.

        `sweep_over({"node-mttf": {"path": "failures[node-crash].timeToFailure.mean", "values": ["7d", "30d"]}})`, or
        with `"between": ["7d", "30d"]` and `mode="sample", samples=64`.
        """
        written = [{"name": name, **axis} for name, axis in axes.items()]
        return self.set("spec.sweep", {**fields, "axes": written})

    def at(self, point: Point) -> "Experiment":
        """The experiment at a point of its sweep, or at another of the same axes: without a sweep. Raises InputError.

        ValueError if it has no sweep.
        """
        if self.sweep is None:
            raise ValueError(f"{self.name} has no sweep, so there is no point of it")
        try:
            return self._like(at_point(self.source.document, self.sweep, point).value)
        except PatchError as error:
            raise InputError([Problem(Location("<python>"), "spec.sweep", str(error))]) from None

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
        return self.with_policies(
            [{"name": name, **fields, **{field: items for field, items in told.items() if items}}]
        )

    def with_policies(self, policies: Iterable[Mapping[str, Any]]) -> "Experiment":
        """With further policies, as mappings as in a file."""
        further = list(policies)
        names = [str(of.get("name")) for of in further]
        kept = replace(self, chosen=(*self.chosen, *names)) if self.chosen else self
        return kept._append("policies", further)

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
        """Simulate every policy; in memory, or kept and resumed in the folder `out`. Of a sweep: `run_sweep`.

        `workers`: processes of this machine, unless there is an `engine`. `events`: keep the transitions of the first
        so many replications of each policy there.
        """
        from experiments.runner.run import run

        if self.sweep is not None:
            raise ValueError("this experiment has a sweep: use run_sweep, or run it at(point)")
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

    def run_sweep(
        self,
        *,
        replications: int | None = None,
        workers: int = 1,
        out: str | os.PathLike[str] | None = None,
        progress: "bool | Listener | None" = None,
        fresh: bool = False,
        engine: "Engine | None" = None,
    ) -> "SweepResults":
        """Simulate every policy at every point of the sweep; kept and resumed in `out`, or a new folder.

        `workers`: processes of this machine, unless there is an `engine`.
        """
        from experiments.runner.sweep import run_sweep

        where = None if out is None else os.fspath(out)
        return run_sweep(
            self,
            out=where,
            replications=replications,
            workers=workers,
            progress=progress,
            fresh=fresh,
            engine=engine,
        )

    def run_sensitivity(
        self,
        *,
        replications: int | None = None,
        runs: int | None = None,
        workers: int = 1,
        out: str | os.PathLike[str] | None = None,
        progress: "bool | Listener | None" = None,
        fresh: bool = False,
        engine: "Engine | None" = None,
    ) -> "SensitivityResults":
        """What the uncertain inputs do to the downtime: one at a time, as shares of its variance, and all together.

        `replications` of each input low and high, instead of the file's; at most so many `runs` of a policy at points
        drawn from the inputs' laws (512 for each input, and 1024). `workers`: processes of this machine, unless there
        is an `engine`. Refusal without uncertain inputs.
        """
        from experiments.runner.sensitivity import run_sensitivity

        where = None if out is None else os.fspath(out)
        return run_sensitivity(
            self,
            out=where,
            replications=replications,
            runs=runs,
            workers=workers,
            progress=progress,
            fresh=fresh,
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

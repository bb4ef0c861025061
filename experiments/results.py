"""Results: findings, and how they are shown."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.findings import stored_runs, summaries
from experiments.findings.findings import Findings
from experiments.store.files import write
from experiments.store.folder import NotAResultFolder, ResultFolder

if TYPE_CHECKING:
    import pandas as pd

    from experiments.design.goal import Predicate
    from experiments.findings.levers import Lever
    from experiments.metrics.observation import Observation
    from experiments.plots import Plots
    from experiments.timeline.timeline import Replays
    from simulator.log import TransitionLog
    from simulator.run import Run


class Results(Findings):
    """What an experiment found, as data frames, plots, pages and stored runs."""

    @classmethod
    def open(cls, path: str | Path) -> "Results":
        """Read a result folder; `NotAResultFolder` if it is none."""
        folder = ResultFolder(Path(path))
        manifest = folder.what_ran()
        if manifest.sweep is not None:
            raise NotAResultFolder(f"{path} is of a sweep: name one of its points, or open it with SweepResults")
        if manifest.sensitivity is not None:
            raise NotAResultFolder(f"{path} is a study of uncertain inputs: open it with SensitivityResults")
        with folder.complete():
            tables, resolved = folder.read(manifest)
        return cls(manifest, tables, resolved, folder.path)

    @cached_property
    def plot(self) -> "Plots":
        """The plots: `results.plot.nines(ax=ax)`."""
        from experiments.plots import Plots

        return Plots(self)

    # --- stored transitions ------------------------------------------------------------------------------------------

    def stored(self) -> list[tuple[str, int]]:
        """Policies and replications whose transitions the folder holds (`kubenines run --events sample:3`)."""
        return stored_runs.kept(self)

    def stored_run(self, policy: str, replication: int) -> "Run":
        """One replication as `simulate` left it, read from the folder; KeyError if its transitions were not kept."""
        self._check("policy", policy, self.manifest.policies)
        return stored_runs.stored_run(self, policy, replication)

    def log(self, policy: str, replication: int) -> "TransitionLog":
        """The transitions of one replication; KeyError if they were not kept."""
        log = self.stored_run(policy, replication).log
        assert log is not None
        return log

    def measure(self, metric: "Callable[[Observation], Any]", available: "Predicate | None" = None) -> "pd.DataFrame":
        """Another metric of every Service in every run whose transitions were kept, without simulating again.

        A row per policy, replication and Service, with the metric under its function's name. `available`: another
        predicate than the experiment's.
        """
        return stored_runs.measured(self, metric, available)

    def measure_runs(self, metric: "Callable[[Run], Any]") -> "pd.DataFrame":
        """Another metric of every run whose transitions were kept: a row per policy and replication."""
        return stored_runs.measured_runs(self, metric)

    # --- data frames --------------------------------------------------------------------------------------------------

    def attribution(self, service: str, policy: str) -> "pd.DataFrame":
        """The downtime of one Service under one policy by cause and stage: seconds a year that sum to it."""
        from experiments.findings import breakdown

        return breakdown.frame(self.parts(service, policy), self.manifest.confidence)

    def what_if(self, service: str, policy: str, levers: "Sequence[Lever] | None" = None) -> "pd.DataFrame":
        """What shorter stages, or one cause less, would save, to first order; see `experiments.findings.levers`."""
        from experiments.findings.levers import frame, savings

        return frame(savings(self.parts(service, policy), levers))

    def summary(self) -> "pd.DataFrame":
        """One row per Service and policy; a value without an outage behind it is NaN and has bounds only."""
        return summaries.summary(self)

    def compare(self, baseline: str | None = None) -> "pd.DataFrame":
        """One row per Service and policy but the baseline: the paired difference of yearly downtime, in seconds.

        `p` is of the row alone; `p_adjusted`, and with it `stars` and `resolved`, counts all rows.
        """
        baseline = baseline or self.baseline
        self._check("policy", baseline, self.manifest.policies)
        return summaries.compared(self, baseline)

    @property
    def fields(self) -> "pd.DataFrame":
        """What the manifests say that may matter and is not in the model.

        A row per field, per kind that is not read at all, and per object that is referred to and not among the input
        (`why` tells). `effect` is what the answer is for want of it (too good, unknown, too bad), `first` where it is
        written first.
        """
        return summaries.fields(self.named)

    def ranking(self, service: str) -> "pd.DataFrame":
        """One row per policy, least downtime first; policies that share a letter of `group` cannot be told apart.

        Downtime in seconds a year; NaN with an upper bound where no outage was seen. See `inference.ranking`.
        """
        return summaries.ranking(self.ranked(service))

    # --- pages and words ---------------------------------------------------------------------------------------------

    def to_html(self, path: str | Path, replays: "Replays | None" = None) -> Path:
        """Write the report: one file that needs no other and no network.

        `replays` are the outages that it shows, as `experiments.runner.timelines.of_report` makes them.
        """
        from experiments.report.html import report_html

        write(Path(path), report_html(self, self.plot.drawings, replays))
        return Path(path)

    def _repr_html_(self) -> str:
        from experiments.report.text import summary_html

        return summary_html(self)

    def __repr__(self) -> str:
        done = int((self.cells["status"] == "done").sum())
        return f"<Results of {self.manifest.name}: {len(self.policies)} policies, {done} runs>"

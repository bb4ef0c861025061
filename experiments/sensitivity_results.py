"""Results of a study of uncertain inputs: what was found, and how it is shown."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.findings.sensitivity import Sensitivity
from experiments.store.folder import NotAResultFolder, ResultFolder
from experiments.store.sensitivity import read_tables

if TYPE_CHECKING:
    import pandas as pd

    from experiments.plots.sensitivity import SensitivityPlots


class SensitivityResults(Sensitivity):
    """What a study of uncertain inputs found, as data frames and plots."""

    @classmethod
    def open(cls, path: str | Path) -> "SensitivityResults":
        """Read a result folder; `NotAResultFolder` if it is none, or of something else."""
        folder = ResultFolder(Path(path))
        manifest = folder.what_ran()
        if manifest.sensitivity is None:
            raise NotAResultFolder(f"{path} is no study of uncertain inputs: see `kubenines sensitivity`")
        with folder.complete():
            tables = read_tables(folder, manifest)
        return cls(manifest, tables, folder.path)

    @cached_property
    def plot(self) -> "SensitivityPlots":
        """The plots: `found.plot.tornado(ax=ax)`."""
        from experiments.plots.sensitivity import SensitivityPlots

        return SensitivityPlots(self)

    # --- data frames -------------------------------------------------------------------------------------------------

    def tornado(self) -> "pd.DataFrame":
        """A row per Service, policy, input and end: the downtime there, and its paired difference from the middle."""
        return self.tables["tornado"].copy()

    def answers(self) -> "pd.DataFrame":
        """A row per run at a point that was drawn and Service: the inputs, and the downtime in seconds a year."""
        return self.tables["answers"].copy()

    def indices(self) -> "pd.DataFrame":
        """A row per Service, policy and input: first-order and total index with their intervals; NaN if not known."""
        import pandas as pd

        rows = []
        for of in self.influences():
            for name, first, total in zip(self.inputs, of.indices.first, of.indices.total, strict=True):
                row: dict[str, object] = {"service": of.service, "policy": of.policy, "input": name}
                row |= {"first": first.value, "first_low": first.low, "first_high": first.high}
                rows.append(row | {"total": total.value, "total_low": total.low, "total_high": total.high})
        return pd.DataFrame(rows)

    def uncertainty(self) -> "pd.DataFrame":
        """A row per Service and policy: the downtime, in seconds a year, and how unsure it is by what.

        `input`, `sampling` and `both` are standard deviations of what a run of `replications` says; `share` is that of
        the input in their variance; the columns `*_from` and `*_to` are the ends of the central range.
        """
        import pandas as pd

        rows = []
        for of in self.influences():
            row: dict[str, object] = {"service": of.service, "policy": of.policy}
            told = {"downtime": of.split.answer, "input": of.split.input, "sampling": of.split.sampling}
            for name, interval in (told | {"share": of.split.share}).items():
                row |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
            row["both"] = of.split.both
            for name, (low, high) in of.split.ranges(of.confidence).items():
                row |= {f"{name}_from": low, f"{name}_to": high}
            rows.append(row | {"negative": of.split.negative, "replications": self.replications})
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        return f"<Sensitivity of {self.manifest.name}: {', '.join(self.inputs)}>"

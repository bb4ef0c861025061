"""Advice: what was tried and came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.advice.loss import Yardstick
from experiments.advice.standing import Standing
from experiments.experiment import Experiment
from experiments.findings.findings import Findings

EXIT_CODES = {"found": 0, "none": 0, "undecided": 4, "failed": 3}


@dataclass(frozen=True)
class Refused:
    """A mend that was not tried, and why."""

    name: str
    words: str
    why: str


@dataclass(frozen=True)
class Advice:
    """The mends of an experiment under one policy, tried on the same luck."""

    experiment: Experiment
    """With a policy for each mend and pair, on top of the one that they mend, which is the first: it can be run."""
    findings: Findings
    """Of all of these, but for pairs."""
    yardstick: Yardstick
    lost: float
    """Seconds a year that are lost as it is, weighed."""
    standings: Sequence[Standing]
    """The best first."""
    refused: Sequence[Refused] = ()
    of_pairs: Findings | None = None
    """Of the pairs, and again of the policy that they mend, on other luck: they were chosen by what `findings` say."""

    @property
    def policy(self) -> str:
        """The policy that they mend."""
        return self.findings.baseline

    @property
    def control_plane(self) -> str:
        """What runs the containers under it: "kubernetes"."""
        orchestrator = self.experiment.scenarios()[0].control_plane
        return "kubernetes" if orchestrator is None else orchestrator.called

    @property
    def helping(self) -> list[Standing]:
        """Those that help, the best first."""
        return [of for of in self.standings if of.state == "helps"]

    @property
    def verdict(self) -> str:
        """`found`: some help; `none`: there was nothing to try; `failed`: a replication did; else `undecided`."""
        if any(len(of.failed) for of in (self.findings, self.of_pairs) if of is not None):
            return "failed"
        if self.helping:
            return "found"
        return "undecided" if self.standings else "none"

    @property
    def exit_code(self) -> int:
        """0 some help, or there is nothing to try; 3 a replication failed; 4 of none it can be told that it helps."""
        return EXIT_CODES[self.verdict]

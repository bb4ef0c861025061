"""The load of workloads in an experiment file: what autoscalers measure."""

from typing import Annotated

from pydantic import Field, model_validator

from experiments.file.fields import Cpu, Duration, FileModel
from models.load import Load


class LoadStepFile(FileModel):
    """From this time on, the total is so much."""

    at: Duration
    """Since failures began."""
    total: Cpu
    """What all ready pods use together, evenly: CPUs or millicores, bytes, or a number for other metrics."""


class LoadFile(FileModel):
    """What users ask of a workload over time: what its autoscalers measure."""

    target: str
    """The workload: `Deployment/web`, or `Deployment/shop/web` outside the default namespace."""
    metric: str = "cpu"
    """`cpu`, `memory`, or the name of a metric of the autoscaler."""
    steps: Annotated[list[LoadStepFile], Field(min_length=1)]
    """In order of time; before the first it is as from the first on."""

    def value(self) -> Load:
        """The load itself; raises ValueError if its steps are not in order of time."""
        return Load(self.target, tuple((step.at, float(step.total)) for step in self.steps), self.metric)

    @model_validator(mode="after")
    def _makes_a_value(self) -> "LoadFile":
        self.value()
        return self

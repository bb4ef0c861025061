"""The measured Services in an experiment file: when each counts as available, and what is promised of it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from experiments.file.fields import Count, FileModel, Percentage, PositiveDuration, Share
from models.units import DAY


class WhenReadyEndpoints(FileModel):
    """Available while at least so many endpoints answer."""

    when: Literal["readyEndpoints"]
    at_least: Count = 1
    """How many."""


class WhenCapacity(FileModel):
    """Available while at least this share of the desired replicas answers."""

    when: Literal["capacity"]
    at_least: Share
    """The share: `60%`."""


class WhenQuorum(FileModel):
    """Available while more than half of the desired replicas answer."""

    when: Literal["quorum"]


def _leaves_a_budget(objective: float) -> float:
    if not 0 < objective < 1:
        raise ValueError("expected more than 0% and less than 100%, so that there is an error budget")
    return objective


class SloFile(FileModel):
    """What is promised of a Service: its error budget is reported, and burn-rate alerts on it."""

    objective: Annotated[Percentage, AfterValidator(_leaves_a_budget)]
    """Availability over any period: `99.9%`."""
    period: PositiveDuration = 30 * DAY
    """The rolling period over which it holds."""


class ServiceFile(FileModel):
    """A Service whose availability is measured."""

    name: str
    """The Service's name (`namespace/name` if the manifests have more than one namespace)."""
    available: Annotated[WhenReadyEndpoints | WhenCapacity | WhenQuorum, Field(discriminator="when")] = (
        WhenReadyEndpoints(when="readyEndpoints")
    )
    """When it counts as available."""
    slo: SloFile | None = None
    """What is promised of it, if anything is."""

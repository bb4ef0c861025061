"""What a failure mode says of how long what broke stays broken."""

from dataclasses import dataclass

from models.distributions import Distribution
from simulator.stories.references import ResponseName


@dataclass(frozen=True)
class ByPeople:
    """People mend it, as a response of the experiment says (`people: {responses: [...]}`)."""

    response: ResponseName
    """The name of the response."""


Repair = Distribution | ByPeople
"""A law of the time that it takes, or who does it."""

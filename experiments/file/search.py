"""How a search is written in an experiment file."""

from typing import Annotated

from pydantic import Field, model_validator

from experiments.design.search import COSTS, CostName, Search, priced
from experiments.file.fields import FileModel, Number, PartialPercentage, Percentage
from experiments.file.presets import inside


class PricesFile(FileModel):
    """What hours cost, in whatever money."""

    node_hour: Number = 0.0
    """Price of one node for an hour, up or down."""
    pod_hour: Number = 0.0
    """Price of one pod for an hour, while it holds its requests on a node."""


class SearchFile(FileModel):
    """What `kubenines search` looks for: the cheapest candidate that meets all objectives."""

    cost: CostName | None = None
    """What is paid for: `nodeHours` (by default), `podHours`, or `nodeCost`, by the prices of the pools."""
    prices: PricesFile | None = None
    """Instead: what hours of nodes and of pods cost; the cost is their sum."""
    at_most: Annotated[int, Field(ge=2, le=100_000_000)] | None = None
    """Replications of all candidates together after which to stop in any case; by default as many as a run makes."""
    confidence: PartialPercentage | None = None
    """The chance that everything the answer says is true; by default the experiment's confidence."""
    alike: Annotated[Percentage, Field(ge=0, lt=1)] = 0.01
    """Costs that vary by luck and differ by less than this are as good as equal."""

    @model_validator(mode="after")
    def _has_one_cost(self) -> "SearchFile":
        if self.cost is not None and self.prices is not None:
            raise inside("prices", "expected 'cost' or 'prices', not both")
        if self.prices is not None and self.prices.node_hour == self.prices.pod_hour == 0:
            raise inside("prices", "expected a price above 0 for nodeHour or podHour")
        return self

    def value(self) -> Search:
        """The search itself."""
        prices = self.prices
        cost = COSTS[self.cost or "nodeHours"] if prices is None else priced(prices.node_hour, prices.pod_hour)
        return Search(cost, self.at_most, self.confidence, self.alike)

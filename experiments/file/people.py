"""Who mends what breaks, as files write it."""

from typing import TYPE_CHECKING, TypeAlias

from experiments.file.described import DescribedModel, file_model
from models.people import People

if TYPE_CHECKING:  # what the generated model below looks like

    class PeopleFile(DescribedModel):
        """The file model of `People`."""

        crews: list[DescribedModel]
        responses: list[DescribedModel]
else:
    PeopleFile: TypeAlias = file_model(People)

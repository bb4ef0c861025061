"""How a policy changes a failure mode or operation that stands already: `{name: node-crash, remove: true}`."""

from typing import Annotated, Any

from pydantic import Discriminator, Tag, model_validator

from experiments.file.fields import FileModel

WHOLE = {"type", "kind", "preset", "response"}
"""A mapping with one of these says all; one without says what is different."""


class ChangeFile(FileModel, extra="allow"):
    """What is different in the failure mode or operation of this name that stands already.

    The further fields are those of what is changed: what is given replaces what stands, `null` takes it away, and of a
    mapping without `kind` or `preset` only what is given in it changes. The `factor` of a law stretches the law that
    stands: `timeToFailure: {factor: 0.5}` for twice as many failures.
    """

    name: str
    """The name of what is changed."""
    remove: bool = False
    """It does not happen under this policy."""

    @property
    def given(self) -> dict[str, Any]:
        """The fields that are different, as they were written."""
        return dict(self.__pydantic_extra__ or {})

    @model_validator(mode="after")
    def _changes_something(self) -> "ChangeFile":
        if self.remove and self.given:
            raise ValueError(f"what is removed cannot be changed too (got {', '.join(map(repr, self.given))})")
        if not self.remove and not self.given:
            raise ValueError("expected what is different, 'remove: true', or the 'type' of a new one")
        return self


def or_change(whole: Any) -> Any:
    """The type of an item that is whole (it has a `type`, or is a `preset`) or a change."""
    return Annotated[
        Annotated[whole, Tag("whole")] | Annotated[ChangeFile, Tag("change")], Discriminator(_whole_or_change)
    ]


def _whole_or_change(item: Any) -> str:
    change = isinstance(item, ChangeFile) or (isinstance(item, dict) and not WHOLE & item.keys())
    return "change" if change else "whole"

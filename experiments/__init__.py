"""Experiments: what we learn from runs of the simulator."""

import os
from typing import TYPE_CHECKING, Any

os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # hands back what is freed; arrow's own pool keeps much

if TYPE_CHECKING:
    from experiments.experiment import Experiment
    from experiments.results import Results

_HOME = {
    "Experiment": "experiments.experiment",
    "Results": "experiments.results",
}
__all__ = ["Experiment", "Results"]


def __dir__() -> list[str]:
    """The public names, which are imported when they are first used."""
    return [*globals(), *__all__]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: importing the package stays light."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)

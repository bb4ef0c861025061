"""The simulator: what happens to a cluster."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.run import Run, simulate

_HOME = {
    "Run": "simulator.run",
    "simulate": "simulator.run",
}
__all__ = ["Run", "simulate"]


def __dir__() -> list[str]:
    """The public names, which are imported when they are first used."""
    return [*globals(), *__all__]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: importing the package stays light."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)

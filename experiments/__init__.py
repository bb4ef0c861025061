"""Experiments: what we learn from runs of the simulator."""

from importlib.util import find_spec as _find_spec
from pathlib import Path as _Path
from typing import TYPE_CHECKING, Any

# The names of our packages are ordinary words: make sure that Python found ours, not a user's own models.py.
for _name in ("models", "simulator", "experiments"):
    _ours, _spec = _Path(__file__).resolve().parents[1] / _name / "__init__.py", _find_spec(_name)
    if _spec is None or _spec.origin is None or _Path(_spec.origin).resolve() != _ours:
        raise ImportError(
            f"kubenines needs its own package {_name!r} ({_ours.parent}), "
            f"but Python finds {_spec and _spec.origin} first. "
            "Rename that file or folder, run from another directory, or uninstall the other distribution."
        )

if TYPE_CHECKING:
    from experiments.experiment import Experiment
    from experiments.results import Results

_HOME = {
    "Experiment": "experiments.experiment",
    "Results": "experiments.results",
}
__all__ = ["Experiment", "Results"]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: importing the package stays light."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)

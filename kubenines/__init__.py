"""kubenines: how many nines will this application have on this cluster? Offline, with error bars.

    from kubenines import Experiment

    results = Experiment.from_yaml("my-shop.yaml").run()

This package hands on the public names; they live in `models` (Kubernetes objects as values), `simulator` (what happens
to a cluster) and `experiments` (what we learn from it). `python -m kubenines` is the command line.
"""

from importlib import import_module as _import_module
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
    from experiments import Experiment, Results
    from simulator import Run, simulate

_HOME = {"Experiment": "experiments", "Results": "experiments", "Run": "simulator", "simulate": "simulator"}
__all__ = ["Experiment", "Results", "Run", "simulate"]


def __dir__() -> list[str]:
    """The public names, which are imported when they are first used."""
    return [*globals(), *__all__]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: importing the package stays light."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import_module(_HOME[name]), name)

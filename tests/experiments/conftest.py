"""What tests of experiments share."""

import pytest

from experiments.plots import Plots


@pytest.fixture
def without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawings take most of the time of a small run, and are tested elsewhere."""
    monkeypatch.setattr(Plots, "drawings", {"comparison": "<svg></svg>"})

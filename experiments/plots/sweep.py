"""Plots of a sweep."""

from pathlib import Path
from typing import Any


class SweepPlots:
    """The plots of a sweep."""

    def __init__(self, *of: Any) -> None:
        self.of = of

    def save(self, folder: Path) -> None:
        """Write them."""

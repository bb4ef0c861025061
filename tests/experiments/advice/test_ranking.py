"""How mends are judged."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from experiments.advice import ranking


@dataclass(frozen=True)
class Manifest:
    confidence: float = 0.95


@pytest.mark.parametrize(("rare", "intervals"), [(True, 6), (False, 3)])
def test_intervals_that_are_added_hold_together_too(
    rare: bool, intervals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of rare outages the interval of the sum is made of those of all Services."""
    asked = list[float]()

    def strict(manifest: Manifest, *_: Any) -> Any:
        asked.append(manifest.confidence)
        return SimpleNamespace(comparison=lambda *_: None)

    monkeypatch.setattr(ranking, "Findings", strict)
    monkeypatch.setattr(ranking, "compare", lambda family, confidence: {})
    monkeypatch.setattr(ranking, "_versus", lambda *_: None)
    yardstick = SimpleNamespace(
        services=["a", "b"],
        by_requests=frozenset(),
        weights={"a": 0.5, "b": 0.5},
        is_rare=lambda *_: rare,
        together=lambda *_: None,
    )
    findings = SimpleNamespace(manifest=Manifest(), tables={}, resolved=None, baseline="as-shipped")
    ranking._compared(["x", "y", "z"], cast("Any", findings), cast("Any", yardstick))
    assert asked == [pytest.approx(1 - 0.05 / intervals)]

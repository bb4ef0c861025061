"""Every failure mode and operation of the gallery can be made to strike, but for those that come at their own times."""

from pathlib import Path

import pytest

from experiments.attack.question import Question
from experiments.experiment import Experiment
from simulator.attack.follow import FIRST, Step, follow, surveyed

GALLERY = Path(__file__).resolve().parents[3] / "experiments" / "configs" / "gallery"
GIVEN = {"outageLog", "secretExpiry"}
"""The failure modes that come at times that are given."""
FOLLOWS = {"stuckTerminating"}
"""Those that follow from what else happens."""


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in GALLERY.glob("*.yaml")))
def test_what_the_gallery_shows_can_be_made_to_strike(name: str) -> None:
    for scenario in Experiment.from_yaml(GALLERY / f"{name}.yaml").scenarios():
        target, idle = surveyed(Question(scenario, scenario.services).target)
        (settled, *_) = follow(target, ()).moments
        assert not idle or name in GIVEN | FOLLOWS
        assert bool(settled.choices) is (name not in GIVEN)
        for choice in settled.choices:
            assert follow(target, [Step(FIRST, choice.action)]).possible, choice.action

"""What README.md shows can be pasted: every piece of YAML is an experiment, or stands below the first one."""

import re
from pathlib import Path

import pytest

from experiments import Experiment
from tests.sources import ROOT

README = (ROOT / "README.md").read_text("utf-8")
WHOLE, *FURTHER = re.findall(r"^```yaml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "shop.yaml").write_bytes((ROOT / "experiments" / "manifests" / "shop.yaml").read_bytes())
    return tmp_path


@pytest.mark.parametrize("further", ["", *FURTHER, "".join(FURTHER)], ids=lambda text: text.strip().partition(":")[0])
def test_what_the_readme_shows_can_be_pasted(folder: Path, further: str) -> None:
    (folder / "my-shop.yaml").write_text(WHOLE + further)
    experiment = Experiment.from_yaml(folder / "my-shop.yaml")
    assert experiment.warnings == ()
    assert len(experiment.policies) > 2


def test_precision_takes_the_place_of_replications_as_the_readme_says(folder: Path) -> None:
    [said] = re.findall(r"# or (precision: {.*?})", WHOLE)
    (folder / "my-shop.yaml").write_text(WHOLE.replace("replications: 200", said))
    assert Experiment.from_yaml(folder / "my-shop.yaml").precision is not None

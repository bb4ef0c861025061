"""A million mutated inputs: each is read, or refused with a place and a reason, in seconds and in bounded memory."""

from pathlib import Path

import pytest

from tests.fuzz import harness, worker
from tests.fuzz.target import CORPUS
from tests.sources import ROOT

MUTANTS = {
    "units": 529_500,
    "yaml": 200_000,
    "manifests": 150_000,
    "experiments": 50_000,
    "recordings": 20_000,
    "csv": 50_000,
    "folders": 500,
}
"""How many of each target; together a million, in about ten minutes on two cores."""
LEAST_VALID = {"units": 0.1, "yaml": 0.2, "manifests": 0.1, "experiments": 0.2, "recordings": 0.2, "csv": 0.2}
"""Shares that must be valid: what is refused at its first letter tells little about what comes after."""

TARGETS = sorted(path.stem for path in (Path(__file__).parent / "targets").glob("*.py"))


def test_every_target_has_its_share_of_the_mutants() -> None:
    assert sorted(MUTANTS) == TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_read_or_refused(name: str, tmp_path: Path) -> None:
    target = worker.load(harness.module_of(name))
    read = [target.attempt(data, tmp_path) for data in target.seeds(tmp_path)]
    assert any(read)


def test_the_corpus_of_experiments_is_valid(tmp_path: Path) -> None:
    target = worker.load(harness.module_of("experiments"))
    paths = sorted((CORPUS / "experiments").iterdir())
    assert [path.name for path in paths if not target.attempt(path.read_bytes(), tmp_path)] == []


@pytest.mark.fuzz
@pytest.mark.parametrize("name", TARGETS)
def test_no_mutant_does_more_than_be_refused(name: str) -> None:
    outcome = harness.run(name, MUTANTS[name], ROOT / "results" / "fuzz")
    print(f"\n{outcome}")
    assert outcome.findings == [], outcome.stories()
    assert outcome.valid + outcome.refused == MUTANTS[name]
    assert outcome.valid >= LEAST_VALID.get(name, 0.0) * MUTANTS[name]

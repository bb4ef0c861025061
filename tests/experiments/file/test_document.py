"""What is taken for an experiment file, and what for a manifest."""

import pytest

from experiments.file.document import is_experiment
from models.input.documents import parse_documents


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("{apiVersion: kubenines/v1, kind: Experiment}", True),
        ("{apiVersion: kubenines/v9, kind: Experimnt}", True),
        ("{apiVersion: kubenine/v1, kind: Experiment}", True),
        ("kind: Experiment", True),
        ("{apiVersion: argoproj.io/v1alpha1, kind: Experiment}", False),
        ("{apiVersion: apps/v1, kind: Deployment}", False),
        ("[kubenines/v1]", False),
    ],
)
def test_an_experiment_is_one_though_its_version_is_misspelt(text: str, meant: bool) -> None:
    [document] = parse_documents(text)
    assert is_experiment(document) is meant

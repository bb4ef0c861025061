"""A failure mode that no availability can feel is named before anything is run."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from experiments.experiment import Experiment
from experiments.file.only_requests import is_written_for_requests_only
from tests.sources import ROOT

FILE = """
apiVersion: kubenines/v1
kind: Experiment
metadata: {{name: path}}
spec:
  duration: 10d
  cluster: {{pools: [{{name: general, count: 2, allocatable: {{cpu: "4", memory: 16Gi}}}}]}}
  manifests: [api.yaml]
  services: [{{name: api}}]
  traffic: [{traffic}]
  failures:
  - {{name: dns, type: dnsOutage, timeToFailure: {{kind: fixed, value: 1d}}, timeToRepair: {{kind: fixed, value: 1h}}}}
  - {{name: oom, type: containerCrash, timeToFailure: {{kind: fixed, value: 1d}}}}
"""


@pytest.mark.parametrize(
    ("traffic", "where"),
    [
        ("", "no Service has traffic, so nothing sees it"),
        (
            "{service: api, rate: {kind: constant, value: 1}, clients: [{at: outside}]}",
            "all clients are outside of the cluster, so nothing sees it",
        ),
        ("{service: api, rate: {kind: constant, value: 1}}", "it shows in the requests of Services with traffic"),
    ],
)
def test_a_mode_that_only_requests_see_is_named(tmp_path: Path, traffic: str, where: str) -> None:
    shutil.copy(ROOT / "experiments" / "manifests" / "api.yaml", tmp_path)
    (tmp_path / "e.yaml").write_text(FILE.format(traffic=traffic))
    about = [one for one in Experiment.from_yaml(tmp_path / "e.yaml").warnings if "failure mode" in one]
    assert about == [f"failure mode 'dns' changes no availability by answering endpoints: {where}"]


@pytest.mark.parametrize(
    ("type_", "fields", "alone"),
    [
        ("greyFailure", {"detection": {"kind": "fixed", "value": "1h"}, "share": 0.25}, True),
        ("greyFailure", {"detection": {"kind": "fixed", "value": "1h"}}, False),
        ("networkPartition", {"timeToRepair": {"kind": "fixed", "value": "1h"}, "cutFrom": ["pods"]}, True),
        ("networkPartition", {"timeToRepair": {"kind": "fixed", "value": "1h"}}, False),
        ("dnsOutage", {"timeToRepair": {"kind": "fixed", "value": "1h"}}, True),
        ("containerCrash", {}, False),
        ("of a plugin that is not here", {}, False),
    ],
)
def test_what_a_mode_as_written_is_seen_by_goes_by_its_fields(type_: str, fields: dict[str, Any], alone: bool) -> None:
    written = {"name": "m", "type": type_, "timeToFailure": {"kind": "fixed", "value": "1d"}, **fields}
    assert is_written_for_requests_only(written) is alone

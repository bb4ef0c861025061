"""The benchmark of engines."""

import json

import pytest
from click.testing import CliRunner

from experiments.cli import cli

SMALL = ["bench", "engines", "--cells", "2", "--nodes", "2", "--pods", "2", "--years", "0.01", "--rounds", "1"]


@pytest.mark.slow
def test_every_engine_is_compared_with_one_process() -> None:
    rows = json.loads(CliRunner().invoke(cli, [*SMALL, "--format", "json"], catch_exceptions=False).stdout)
    assert [(row["engine"], row["workers"]) for row in rows] == [("local", 1), ("local", 2), ("dask", 1), ("dask", 2)]
    assert rows[0]["gain"] == 1.0
    assert all(row["cells_per_second"] > 0 for row in rows)

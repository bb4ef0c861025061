"""The benchmark of rare outages: the same systems by rare outages and by waiting for them."""

import json
import math

import pytest
from click.testing import CliRunner

from experiments.bench import nines as benching
from experiments.bench.nines import NinesBench, nines
from experiments.cli import cli
from experiments.rare import pilot


@pytest.fixture(scope="module")
def row() -> NinesBench:
    """Half a 95 % interval of four tenths, of the most frequent of the outages, from short replications."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pilot, "LOOKS", 6)
        patch.setattr(pilot, "PILOT", 6)
        patch.setattr(benching, "LIVES_PER_REPLICATION", 12)
        [row] = nines([1e-5], 0.4, 60.0)
    return row


def test_rare_and_plain_replications_find_the_same(row: NinesBench) -> None:
    assert row.measured is not None
    assert row.measured_half_width is not None
    errors = (row.unavailability * row.half_width / 2, row.measured * row.measured_half_width / 2)
    assert abs(row.unavailability - row.measured) < 4 * math.hypot(*errors)


def test_plain_replications_give_about_the_interval_that_was_asked_for(row: NinesBench) -> None:
    """Within a factor that a standard deviation of some twenty outages of unequal length can be off."""
    assert row.measured_half_width is not None
    assert 0.2 < row.measured_half_width < 0.8


def test_replicas_by_themselves_are_about_as_unavailable(row: NinesBench) -> None:
    """Both are lost with their node only, each on a node of its own at first: the control plane matters little here."""
    assert row.independent == pytest.approx(row.unavailability, rel=0.3)


def test_the_table_says_what_was_run_and_what_is_not_installed(
    row: NinesBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benching, "nines", lambda *given: [row])
    text = CliRunner().invoke(cli, ["bench", "nines", "--at", "1e-5"], catch_exceptions=False).stdout
    heading, line = text.splitlines()
    assert heading.split()[:4] == ["UNAVAILABILITY", "SYSTEM", "RARE", "PLAIN"]
    assert "1 of 2, 1.05 d" in line
    assert ("not installed" in line) is (row.repyability_s is None)
    told = CliRunner().invoke(cli, ["bench", "nines", "--format", "json"], catch_exceptions=False).stdout
    assert json.loads(told) == [vars(row)]


@pytest.mark.parametrize("wrong", [["--relative", "0%"], ["--relative", "x"], ["--at", "1e-3"]])
def test_what_makes_no_sense_is_refused(wrong: list[str]) -> None:
    assert CliRunner().invoke(cli, ["bench", "nines", *wrong]).exit_code == 2

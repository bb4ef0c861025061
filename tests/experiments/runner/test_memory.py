"""Memory is that of the tables and pictures, whatever the number of replications: the runs themselves are on disk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FEW, MANY = 500, 5000

MEASURED = """
import io, resource, sys
from pathlib import Path
from experiments.report import text
from experiments.runner import run as runner
from tests.experiments import fakes

if __name__ == "__main__":
    replications, *out = sys.argv[1:]
    plan = fakes.plan({"as-shipped": fakes.Unit(5e6, 1800.0), "better": fakes.Unit(1e7, 1800.0)})
    given = {"replications": int(replications), "out": Path(out[0]) if out else None}
    results = runner.run(plan, simulate=fakes.simulate, **given)
    assert results.plot.drawings
    text.show(results, io.StringIO())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(script: Path, replications: int, *out: Path) -> int:
    """The most memory that a run had, in the system's units."""
    command = [sys.executable, str(script), str(replications), *map(str, out)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return int(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
def test_ten_times_the_replications_take_hardly_more_memory(kept: bool, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(MEASURED)
    few, many = (peak(script, number, *([tmp_path / f"{number}"] if kept else [])) for number in (FEW, MANY))
    assert many < 1.2 * few

"""The table of recordings: every recording of the real control plane, acted out on the simulator and compared."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

from simulator.replay import replay

_DATA = Path(__file__).parents[2] / "tests" / "data"
_GROUPS = {
    "rollouts": "Rollouts, scaling and drains",
    "failures": "Failures and what follows",
    "objects": "Jobs, quotas, gates and volumes",
    "placements": "Placements",
}


def table() -> str:
    """For each recording what was done, and how many of the checks hold between it and the simulation."""
    spec = importlib.util.spec_from_file_location("compare_recording", _DATA / "compare_recording.py")
    assert spec is not None
    assert spec.loader is not None
    comparison = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(comparison)
    lines: list[str] = []
    for folder, title in _GROUPS.items():
        lines += [f"### {title}", "", "| recording | what was done | checks that hold |", "|---|---|---|"]
        for path in sorted((_DATA / "recordings" / folder).glob("*.json")):
            recorded = json.loads(path.read_text("utf-8"))
            checks = comparison.compare(recorded, replay(path))
            asked = [check for check in checks if check["ok"] or check["check"] not in recorded.get("real_vs_real", ())]
            holding = sum(bool(check["ok"]) for check in asked)
            lines.append(f"| `{path.stem}` | {recorded['about']} | {holding} of {len(asked)} |")
        lines.append("")
    return "\n".join(lines)


WRITERS: dict[str, Callable[..., str]] = {"recordings": table}

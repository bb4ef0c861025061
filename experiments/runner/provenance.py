"""Where results come from: inputs, versions, command line. What manifest.json says about a run before it starts."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from experiments.design.plan import Plan, Precision
from experiments.runner.engines import Engine
from experiments.store.files import digest, sha256
from experiments.store.manifest import Manifest
from models.input.documents import file_name


def describe(
    plan: Plan,
    keys: Mapping[str, str],
    resolved: Mapping[str, Any],
    replications: int,
    asked: int | None,
    engine: Engine,
) -> Manifest:
    """What is about to run; `asked` replications override the plan's number and precision."""
    design, first = plan.design, plan.scenarios[0]
    inputs = {file_name(path): sha256(path) for path in plan.inputs}
    return Manifest(
        name=plan.name,
        policies=[scenario.policy for scenario in plan.scenarios],
        services=first.measured,
        replications=replications,
        confidence=plan.confidence,
        duration=first.duration,
        warmup=first.warmup,
        seed=first.seed,
        scenarios=dict(keys),
        objectives=[objective.to_json() for objective in design.objectives],
        precision=None if asked else _precision(plan.precision),
        inputs=inputs,
        experiment_hash=digest(json.dumps(resolved, sort_keys=True) + json.dumps(sorted(inputs.values()))),
        source=str(plan.source_path or ""),
        options=_options(plan, resolved, asked),
        warnings=list(design.warnings),
        named=[one.to_json() for one in design.named],
        argv=list(sys.argv),
        engine=engine.name,
        workers=engine.workers,
        cores=os.cpu_count() or 1,
        versions=versions(),
        git=_git(plan.source_path),
        started=now(),
    )


def now() -> str:
    """The time, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _options(plan: Plan, resolved: Mapping[str, Any], asked: int | None) -> list[str]:
    """What the command line must say beside the experiment's file: settings, a choice of policies, replications."""
    ran = [scenario.policy for scenario in plan.scenarios]
    chosen = ran if len(ran) < len(resolved.get("spec", {}).get("policies", ran)) else []
    options = [word for setting in plan.settings for word in ("--set", str(setting))]
    options += [word for policy in chosen for word in ("--policy", policy)]
    return options + (["-n", str(asked)] if asked else [])


def _precision(precision: Precision | None) -> dict[str, Any] | None:
    if precision is None:
        return None
    return {name: getattr(precision, name) for name in ("relative", "confidence", "at_most", "method")}


def versions() -> dict[str, str]:
    """The versions of Python, of kubenines, and of what results depend on."""
    versions = {"python": platform.python_version()}
    for name in ("kubenines", "numpy", "scipy", "pandas", "pyarrow", "simpy"):
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


def _git(source: Path | None) -> dict[str, Any]:
    """The revision of the repository that holds the experiment, and whether it was changed; empty if there is none."""
    if source is None:
        return {}
    answers = []
    for question in (("rev-parse", "HEAD"), ("status", "--porcelain")):
        try:
            command = ["git", "-C", str(Path(source).resolve().parent), *question]
            answers.append(subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout)
        except (OSError, subprocess.SubprocessError):
            return {}
    return {"revision": answers[0].strip(), "dirty": bool(answers[1].strip())}

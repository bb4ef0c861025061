"""Mends as text to paste: policies for the experiment file, patches and objects for the manifests."""

from collections.abc import Iterator
from typing import Any

import yaml

from experiments.advice.advice import Advice
from experiments.advice.candidate import Candidate, Pair


def policies(advice: Advice, of: Candidate | Pair) -> list[dict[str, Any]]:
    """The policies that `spec.policies` needs for a mend, on top of the one that it mends; of a pair all three."""
    parts: list[Candidate | Pair] = [of.first, of.second, of] if isinstance(of, Pair) else [of]
    return [part.policy(advice.policy) for part in parts]


def as_policies(advice: Advice, of: Candidate | Pair) -> str:
    """These policies as items of a list, in YAML."""
    return _yaml(policies(advice, of))


def as_manifests(of: Candidate | Pair, control_plane: str = "kubernetes") -> str:
    """Patches of the manifests and new objects, in YAML: each with a comment that says what it is; "" if there is none.

    Under Kubernetes `kubectl` and kustomize take them.
    """
    return "---\n".join(_documents(of, control_plane))


def _documents(of: Candidate | Pair, control_plane: str) -> Iterator[str]:
    patch, new = "a strategic-merge patch: kubectl patch --patch-file, or kustomize", "new"
    if control_plane != "kubernetes":
        stand = f"which stand for what {control_plane} runs"
        patch = f"a change of the experiment's manifests (a strategic-merge patch), {stand}"
        new = f"a new object for the experiment's manifests, {stand}"
    for number, value in enumerate(of.manifests()):
        yield f"# {patch if number < len(of.changes) else new}\n{_yaml(value)}"


def _yaml(value: Any) -> str:
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


class _Plain(yaml.SafeDumper):
    """Writes what occurs twice twice, for people."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

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


def as_manifests(of: Candidate | Pair) -> str:
    """What `kubectl` and kustomize take, in YAML: each document with a comment that says how; "" if there is none."""
    return "---\n".join(_documents(of))


def _documents(of: Candidate | Pair) -> Iterator[str]:
    for part in (of.first, of.second) if isinstance(of, Pair) else (of,):
        changed = len(part.changes)
        for number, value in enumerate(part.manifests()):
            how = "a strategic-merge patch: kubectl patch --patch-file, or kustomize" if number < changed else "new"
            yield f"# {how}\n{_yaml(value)}"


def _yaml(value: Any) -> str:
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


class _Plain(yaml.SafeDumper):
    """Writes what occurs twice twice, for people."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

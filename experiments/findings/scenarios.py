"""Scenarios: what ran under each policy, read again from a result folder."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.input.documents import Document
from models.input.problems import InputError, Refusal

if TYPE_CHECKING:
    from experiments.design.scenario import Scenario


class Scenarios:
    """What ran in a result folder (None: in none), read once, when it is first asked for.

    `resolved`: at a point of a sweep, what ran there, as plain values; None: what the folder's resolved.yaml says.
    """

    def __init__(self, folder: Path | None, resolved: Any = None) -> None:
        self._folder, self._resolved = folder, resolved

    def of(self, policy: str) -> "Scenario":
        """What ran under a policy; KeyError if there is no such policy.

        `Refusal` without a folder, InputError if its files are not as they were.
        """
        return self._by_policy[policy]

    @cached_property
    def _by_policy(self) -> "Mapping[str, Scenario]":
        """From the experiment as resolved and the files that it names, which are in the folder too."""
        from experiments.file.document import load_experiment
        from experiments.file.resolve import resolve
        from experiments.file.source import read

        if self._folder is None:
            raise Refusal("what ran is kept in result folders only: run the experiment with `out=`, or -o")
        if self._resolved is not None:
            document = Document(str(self._folder), self._resolved)
        else:
            document, problems = load_experiment(self._folder / "resolved.yaml")
            if problems:
                raise InputError(problems)
        return {scenario.policy: scenario for scenario in resolve(read(document), str(self._folder)).scenarios}

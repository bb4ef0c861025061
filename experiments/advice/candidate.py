"""Candidates: mends of an application that may be tried. A file in experiments/advice/mends is all that one takes."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from experiments.advice.change import Change, as_manifests
from experiments.advice.situation import Situation
from models.discovery import import_files


@dataclass(frozen=True)
class Candidate:
    """A mend as it is tried, of one thing or of several: a policy beside the one that it mends."""

    mend: str
    """Name of the mend: "toleration"."""
    about: tuple[str, ...]
    """What it mends: "Deployment/web"."""
    words: str
    """What is changed."""
    because: str
    """What was seen that it may act on."""
    changes: tuple[Change, ...] = ()
    """Of objects that there are."""
    added: tuple[Mapping[str, Any], ...] = ()
    """Objects that are new."""
    fields: Mapping[str, list[Any]] = field(default_factory=dict)
    """Further items of lists of its policy, where no manifest says it."""
    elsewhere: str = ""
    """Where it is to be done if no manifest says it."""
    number: int = 1
    """Beyond 1 if other policies have its name."""

    @property
    def name(self) -> str:
        """What its policy is called."""
        plain = self.mend if len(self.about) > 1 else "-".join((self.mend, *self.about[0].split("/")[1:]))
        return _numbered(plain, self.number)

    def policy(self, extends: str) -> dict[str, Any]:
        """Its policy as a file has it, on top of another."""
        return {
            "name": self.name,
            "extends": [extends],
            **({"patches": [change.as_policy() for change in self.changes]} if self.changes else {}),
            **({"add": [dict(one) for one in self.added]} if self.added else {}),
            **self.fields,
        }

    def manifests(self) -> list[dict[str, Any]]:
        """For the manifests: strategic-merge patches of objects that there are, and whole objects that are new.

        Nodes are made by somebody else.
        """
        return _manifests(self)


@dataclass(frozen=True)
class Pair:
    """Two mends at once."""

    first: Candidate
    second: Candidate
    number: int = 1
    """Beyond 1 if other policies have its name."""

    @property
    def name(self) -> str:
        """What its policy is called."""
        return _numbered(f"{self.first.mend}-and-{self.second.mend}", self.number)

    @property
    def words(self) -> str:
        """What is changed."""
        return f"{self.first.words}; and {self.second.words}"

    @property
    def because(self) -> str:
        """Why both."""
        return "the best mend alone leaves most of it"

    @property
    def changes(self) -> tuple[Change, ...]:
        """Those of both, in their order."""
        return self.first.changes + self.second.changes

    @property
    def added(self) -> tuple[Mapping[str, Any], ...]:
        """The new objects of both."""
        return self.first.added + self.second.added

    @property
    def elsewhere(self) -> str:
        """Where they are to be done if no manifest says it."""
        return "; ".join(filter(None, (self.first.elsewhere, self.second.elsewhere)))

    def policy(self, extends: str) -> dict[str, Any]:
        """Its policy as a file has it: the two policies, one on top of the other."""
        assert extends
        return {"name": self.name, "extends": [self.first.name, self.second.name]}

    def manifests(self) -> list[dict[str, Any]]:
        """The patches of both, one on top of the other, and the objects of both."""
        return _manifests(self)


def _manifests(of: Candidate | Pair) -> list[dict[str, Any]]:
    return [*as_manifests(of.changes), *(dict(one) for one in of.added if one["kind"] != "Node")]


_LONGEST = 90
"""Characters of a name before its number: those of policies have 100 at most."""
_NAMED = 3
"""Of so many a sentence has the names."""
Proposals = Callable[[Situation], Iterator[Candidate]]


@dataclass(frozen=True)
class Mend:
    """A kind of mend: what it may propose."""

    name: str
    propose: Proposals

    @property
    def summary(self) -> str:
        """What it proposes and when, in a sentence."""
        return (inspect.getdoc(self.propose) or "").partition("\n")[0]


_MENDS: dict[str, Mend] = {}


def mend(name: str) -> Callable[[Proposals], Proposals]:
    """Decorator of a function that proposes candidates where they can act; its docstring says what and when."""

    def add(propose: Proposals) -> Proposals:
        if name in _MENDS:
            raise ValueError(f"there are two mends {name!r}")
        _MENDS[name] = Mend(name, propose)
        return propose

    return add


@cache
def mends() -> Mapping[str, Mend]:
    """All mends, by name; imports their files, once a process."""
    import_files("experiments.advice.mends")
    return dict(sorted(_MENDS.items()))


def candidates(situation: Situation) -> list[Candidate]:
    """All that the mends propose, in the order of their names; what lint alone asks for comes last.

    What one mend proposes for several workloads is one candidate: each of them alone would save a part that is harder
    to tell from luck. `--service` asks about one.
    """
    order = sorted(mends().values(), key=lambda of: (of.name == "lint", of.name))
    by_mend: dict[str, list[Candidate]] = {}
    for of in order:
        for candidate in of.propose(situation):
            by_mend.setdefault(candidate.mend, []).append(candidate)
    return [_together(own) for own in by_mend.values()]


def _together(own: list[Candidate]) -> Candidate:
    """Several candidates of one mend as one."""
    if len(own) == 1:
        return own[0]
    lists: dict[str, list[Any]] = {}
    for of in own:
        for name, items in of.fields.items():
            lists.setdefault(name, []).extend(items)
    return Candidate(
        own[0].mend,
        tuple(about for of in own for about in of.about),
        _grouped((of.words, of.about[0]) for of in own),
        _grouped((of.because, of.about[0]) for of in own),
        tuple(change for of in own for change in of.changes),
        tuple(one for of in own for one in of.added),
        lists,
        "; ".join(dict.fromkeys(filter(None, (of.elsewhere for of in own)))),
    )


def _grouped(said: Iterable[tuple[str, str]]) -> str:
    """What is said of several, once: "2 replicas instead of 1 (Deployment/web, Deployment/cart and 3 more)"."""
    about: dict[str, list[str]] = {}
    for words, of in said:
        about.setdefault(words, []).append(of)
    return "; ".join(
        f"{words} ({', '.join(of[:_NAMED])}{f' and {len(of) - _NAMED} more' if len(of) > _NAMED else ''})"
        for words, of in about.items()
    )


def _numbered(name: str, number: int) -> str:
    cut = name[:_LONGEST].rstrip("-._")
    return cut if number == 1 else f"{cut}-{number}"

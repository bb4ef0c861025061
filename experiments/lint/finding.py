"""Findings: what a rule found, where, what it does to availability, and what mends it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from experiments.lint.patch import Patch
from models.input.problems import Location, printable


class Severity(StrEnum):
    """How bad a finding is, the worst first."""

    ERROR = "error"
    """Something does not work as it is written: no endpoints, no eviction, no scaling, no pod."""
    WARNING = "warning"
    """It works until something happens that is to be expected: a crash, a drain, a rollout, load."""
    INFO = "info"
    """It may cost availability, or it may be meant so: the manifests alone cannot tell."""

    def is_at_least(self, other: "Severity") -> bool:
        """Whether it is as bad as another, or worse."""
        order = list(Severity)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True)
class Finding:
    """One smell, in one place."""

    rule: str
    severity: Severity
    location: Location
    object: str
    """The object that it is about: "Deployment/shop/web"."""
    message: str
    effect: str
    """What it does to availability."""
    mend: str
    """What to do about it."""
    patch: Patch | None = field(default=None, compare=False)
    """The mend as a change of the manifest; None if only people can decide it."""
    policies: tuple[str, ...] = ()
    """The policies of an experiment under which it holds; (): under all, or there is no experiment."""

    @property
    def order(self) -> tuple[Any, ...]:
        """By file and line: findings are listed in this order, whatever found them first."""
        return self.location, self.rule, self.object, self.message, self.policies

    @property
    def under(self) -> str:
        """The policies for people: " (under packed, spread)"; "" if it holds under all."""
        return f" (under {', '.join(self.policies)})" if self.policies else ""

    @property
    def told(self) -> str:
        """What is the matter with which object, and under which policies."""
        return f"{self.object}: {self.message}{self.under}"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "rule": self.rule,
            "severity": str(self.severity),
            "file": self.location.file,
            "line": self.location.line or None,
            "column": self.location.column or None,
            "object": printable(self.object),
            "message": printable(self.message),
            "effect": self.effect,
            "mend": self.mend,
            "patch": None if self.patch is None else self.patch.as_policy(),
            "policies": list(self.policies),
        }

"""What owners of objects do not want to hear of."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from experiments.lint.application import Application
from experiments.lint.finding import Severity
from experiments.lint.rule import Smell, rule, rules
from experiments.lint.suppression import IGNORE, ignored
from models.input.problems import did_you_mean


@rule(
    "ignores-nothing",
    Severity.WARNING,
    effect="a finding that was meant to be silenced is not, or one that nobody knows of will be",
)
def ignores_nothing(app: Application) -> Iterator[Smell]:
    """The annotation kubenines.io/lint-ignore of an object names a rule that there is not."""
    for manifest in app.objects:
        for pattern in ignored(manifest):
            if not any(fnmatchcase(name, pattern) for name in rules()):
                message = f"there is no rule {pattern!r}{did_you_mean(pattern, rules())}"
                mend = "name a rule that there is (kubenines lint --rules)"
                yield Smell(manifest, ("metadata", "annotations", IGNORE), message, mend)

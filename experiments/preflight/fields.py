"""What becomes of every field of some manifests, as a page: it acts, it cannot matter, or it is named."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from models.manifests.account import Account, Named, Written
from models.manifests.fields import Effect

_INTRODUCTION = """# What becomes of every field

Written by `kubenines validate --fields PATH...`. A field that is written in a manifest *acts* in the model, or *cannot
matter* for availability or placement (models/schemas/fields.yaml holds the reasons), or is *named* by every run, with
what the answer is for want of it. Values without effect (false, empty, the default) are left out. Pods are "Pod",
whatever makes them; a kind alone is one of which nothing is read. Objects that pods refer to and that are not among the
input are named too; a run takes them to be there unless `spec.references` is `strict`.
"""


def page(accounts: Mapping[str, Sequence[Account]], without_counterpart: Sequence[Named] = ()) -> str:
    """Markdown: a row per input and its accounts, and all fields and absent objects in tables.

    And what control planes beside Kubernetes have no counterpart for.
    """
    times: Counter[Written] = Counter()
    rows = []
    for name, parts in accounts.items():
        count = dict.fromkeys(("acts", "cannot matter", "is named"), 0)
        for account in parts:
            times += (written := account.fields())
            for one, number in written.items():
                count[one.fate] += number
        rows.append((name, *map(str, count.values())))
    found = sorted(times.items(), key=lambda item: (-item[1], item[0].field))
    named = [(one, n) for effect in Effect for one, n in found if one.effect is effect and not one.is_absent]
    absent = [(one, n) for one, n in found if one.is_absent]
    idle = [(one, n) for one, n in found if one.fate == "cannot matter"]
    acting = [(one, n) for one, n in found if one.fate == "acts"]
    return "\n".join(
        [
            _INTRODUCTION,
            *_table(("Input", "Times a field acts", "cannot matter", "is named"), rows),
            "\n## Named\n",
            *_table(
                ("Field", "Times", "The answer is", "For want of it"),
                ((_code(one), str(n), str(one.effect), one.sentence) for one, n in named),
            ),
            "\n## Referred to and not among the input\n",
            *_table(
                ("Object", "Times", "What is taken to hold"), ((_code(one), str(n), one.sentence) for one, n in absent)
            ),
            *_counterparts(without_counterpart),
            "\n## Cannot matter\n",
            *_table(("Field", "Times", "Reason"), ((_code(one), str(n), one.sentence) for one, n in idle)),
            "\n## Acts\n",
            *_table(("Field", "Times"), ((_code(one), str(n)) for one, n in acting)),
        ]
    )


def _counterparts(named: Sequence[Named]) -> list[str]:
    if not named:
        return []
    rows = ((f"`{one.field}`", str(one.first), one.why, str(one.effect), one.sentence) for one in named)
    heads = ("What", "Where", "Why", "The answer is", "For want of it")
    return ["\n## Without a counterpart\n", *_table(heads, rows)]


def _code(written: Written) -> str:
    return f"`{written.field}`"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines]

"""What becomes of every field of some manifests, as a page: it acts, it cannot matter, or it is named."""

from collections.abc import Iterable, Mapping, Sequence

from models.manifests.account import Account
from models.manifests.fields import Effect, Review

_INTRODUCTION = """# What becomes of every field

Written by `kubenines validate --fields PATH...`. A field that is written in a manifest *acts* in the model, or *cannot
matter* for availability or placement (models/schemas/fields.yaml holds the reasons), or is *named* by every run, with
what the answer is for want of it. Values without effect (false, empty, the default) are left out. Pods are "Pod",
whatever makes them; a kind alone is one of which nothing is read.
"""

_ORDER = [*Effect, None]


def page(accounts: Mapping[str, Sequence[Account]]) -> str:
    """Markdown: a row per input and its accounts, and all fields in three tables."""
    rows, reviews = [], dict[str, Review | None]()
    times: dict[str, int] = {}
    for name, parts in accounts.items():
        count = dict.fromkeys(("acts", "cannot matter", "named"), 0)
        for account in parts:
            for field, (review, written) in account.fields().items():
                reviews[field] = reviews.get(field) or review
                times[field] = times.get(field, 0) + written
                count[_fate(review)] += written
        rows.append((name, *map(str, count.values())))
    found = sorted(reviews, key=lambda field: (-times[field], field))
    named = [(field, review) for field in found if (review := reviews[field]) and review.effect]
    idle = [(field, review) for field in found if (review := reviews[field]) and not review.effect]
    named.sort(key=lambda item: _ORDER.index(item[1].effect))
    return "\n".join(
        [
            _INTRODUCTION,
            *_table(("Input", "Times a field acts", "cannot matter", "is named"), rows),
            "\n## Named\n",
            *_table(
                ("Field", "Times", "The answer is", "For want of it"),
                [(f"`{field}`", str(times[field]), str(r.effect), r.sentence) for field, r in named],
            ),
            "\n## Cannot matter\n",
            *_table(("Field", "Times", "Reason"), [(f"`{field}`", str(times[field]), r.sentence) for field, r in idle]),
            "\n## Acts\n",
            *_table(
                ("Field", "Times"), [(f"`{field}`", str(times[field])) for field in found if reviews[field] is None]
            ),
        ]
    )


def _fate(review: Review | None) -> str:
    if review is None:
        return "acts"
    return "named" if review.effect else "cannot matter"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines]

"""Names of columns: without what cannot be seen, each once, and as names of variables. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

#: Marks that are not shown: zero width, direction, soft hyphen, byte order.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")


def visible(column: str) -> str:
    """Return a name as people see it."""
    return " ".join(_INVISIBLE.sub("", column).split())


def snake_case(column: str) -> str:
    """Return a column's name as a variable's name: ``Amount Due (₹)`` is ``amount_due``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", visible(column).strip("\"'“”‘’"))
    return re.sub(r"[^\w]+|_+", "_", words.lower()).strip("_")[:100]


def shown(columns: Sequence[str]) -> list[str]:
    """Return the names by which columns are told apart: of two ``Phone`` the second is ``Phone (2)``."""
    return unique([visible(column) or f"Column {n}" for n, column in enumerate(columns, 1)], "{} ({})")


def unique(names: Sequence[str], shape: str, *, skip: Collection[int] = ()) -> list[str]:
    """Return the names with a number in those that are there already; places in ``skip`` take no name."""
    seen: set[str] = set()
    result = []
    wanted = {name for place, name in enumerate(names) if place not in skip}
    for place, name in enumerate(names):
        one, count = name, 1
        while one in seen or (count > 1 and one in wanted):
            count += 1
            one = shape.format(name, count)
        if place not in skip:
            seen.add(one)
        result.append(one)
    return result

"""Placeholders of statements as PostgreSQL has them: ``$1`` for ``%s`` and ``%(name)s``, worked out once a statement.

psycopg's own cursors do it as well, but remember it for statements of up to 4 KB only, and the one that ends calls is
twice as long. Its raw cursors take what is written here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg

Values = Sequence[Any] | Mapping[str, Any]

#: A doubled sign is one sign; a sign before anything else is refused.
_SIGN = re.compile(r"%(?:(?P<sign>%)|(?P<next>s)|\((?P<name>\w+)\)s|)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A statement with numbers, and the names of its values in that order: none where they come in their order."""

    text: str
    names: tuple[str, ...]

    def ordered(self, values: Values) -> Sequence[Any]:
        """Return the values by their numbers. Raises KeyError where one is not given."""
        return [values[name] for name in self.names] if isinstance(values, Mapping) else values


@lru_cache(maxsize=400)
def numbered(statement: str) -> Numbered:
    """Return a statement with numbers in place of ``%s``, or of ``%(name)s``: a name has one, wherever it stands.

    Raises ProgrammingError for a single % that is no placeholder, and where both kinds are mixed.
    """
    names: dict[str, int] = {}
    unnamed = 0

    def number(found: re.Match[str]) -> str:
        nonlocal unnamed
        if found["sign"]:
            return "%"
        if found["name"]:
            return f"${names.setdefault(found['name'], len(names) + 1)}"
        if not found["next"]:
            raise psycopg.ProgrammingError("write a per cent sign of a statement with values as %%")
        unnamed += 1
        return f"${unnamed}"

    text = _SIGN.sub(number, statement)
    if names and unnamed:
        raise psycopg.ProgrammingError("a statement has %s or names for its values, not both")
    return Numbered(text=text, names=tuple(names))

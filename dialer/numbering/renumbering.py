"""Old spellings of numbers and the new ones of the same lines, by the renumberings of ``renumberings.toml``. Pure."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("renumberings.toml")
#: No country code has more digits, and none of one or two digits begins one of three.
_CODE_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Renumbering:
    """Numbers that were written otherwise before ``since``. ``new`` "": the old digits do not tell the new ones.

    ``still``: an old spelling may be taken for a number today, and is that of the same line all the same.
    """

    country: str
    since: date
    source: str
    old: tuple[str, ...]
    new: str
    parts: Mapping[str, str]
    still: bool = False

    def newer(self, digits: str) -> str | None:
        """Return the new spelling of an old one (digits with country code), None for any other number."""
        for old in self.old:
            found = _pattern(old, self.parts).fullmatch(digits)
            if found is not None:
                return self.new.format(**found.groupdict())
        return None

    def older(self, digits: str) -> str | None:
        """Return the spelling that a number had before, None where it is no number of this renumbering."""
        found = _pattern(self.new, self.parts).fullmatch(digits) if self.new else None
        return self.old[0].format(**found.groupdict()) if found is not None else None


@lru_cache(maxsize=2048)
def _compiled(shape: str, parts: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    return re.compile(shape.format(**{name: f"(?P<{name}>{pattern})" for name, pattern in parts}), re.ASCII)


def _pattern(shape: str, parts: Mapping[str, str]) -> re.Pattern[str]:
    return _compiled(shape, tuple(parts.items()))


@lru_cache(maxsize=1)
def renumberings() -> tuple[Renumbering, ...]:
    """Return all that is known, in the order of the file."""
    return tuple(one for entry in tomllib.loads(DATA.read_text(encoding="utf-8"))["changes"] for one in _read(entry))


def _read(entry: Mapping[str, Any]) -> Iterator[Renumbering]:
    known = {name: entry[name] for name in ("country", "since", "source")} | {"still": entry.get("still", False)}
    if "prefixes" not in entry:
        old = (entry["old"], *entry.get("also", ()))
        yield Renumbering(**known, old=old, new=entry.get("new", ""), parts=entry["parts"])
        return
    for old_prefix, new_prefix in entry["prefixes"].items():
        parts = {"rest": entry["rest"]}
        yield Renumbering(**known, old=(old_prefix + "{rest}",), new=new_prefix + "{rest}", parts=parts)


@lru_cache(maxsize=1)
def _by_beginning() -> tuple[Mapping[str, list[Renumbering]], Mapping[str, list[Renumbering]]]:
    """Return the renumberings by the literal digits with which old and new spellings begin, three at most."""
    old, new = defaultdict(list), defaultdict(list)
    for one in renumberings():
        for shape in one.old:
            old[_beginning(shape)].append(one)
        if one.new:
            new[_beginning(one.new)].append(one)
    return old, new


def _beginning(shape: str) -> str:
    return shape.partition("{")[0][:_CODE_DIGITS]


def _that_may_match(table: Mapping[str, list[Renumbering]], digits: str) -> Iterator[Renumbering]:
    for length in range(1, _CODE_DIGITS + 1):
        yield from table.get(digits[:length], ())


def renumbered(digits: str) -> dict[str, Renumbering]:
    """Return what an old spelling (digits with country code) may be now; "" where its digits do not tell."""
    found = ((one.newer(digits), one) for one in _that_may_match(_by_beginning()[0], digits))
    return {new: one for new, one in found if new is not None}


def old_spellings(digits: str) -> dict[str, Renumbering]:
    """Return how a number (digits with country code) may have been written before."""
    found = ((one.older(digits), one) for one in _that_may_match(_by_beginning()[1], digits))
    return {old: one for old, one in found if old is not None}

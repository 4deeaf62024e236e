"""Finds phone numbers in what is shown to people, in any spelling, and masks them. Pure.

Not every run of digits is masked, as in logs: ids and counts stay. A number of a person has nine digits at least, with
its area or country; what cannot be one by its shape (UUIDs, instants, IP addresses) is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from dialer.logs.phone_numbers import kept
from dialer.numbering.masking import mask_for_people

#: The digits of a number, and those of one that is whole; both as they are compared.
Exempt = Collection[str]
_PLUS = r"(?:\+|%2B|&#43;|&#x2B;|\\u002b)"
_BETWEEN = r"(?:[ \t().\-/\u00a0\u2010-\u2015\u202f]|%20|&nbsp;){0,2}"
_NUMBER = re.compile(rf"(?<![\d#])(?P<plus>{_PLUS}[ (]?)?(?P<digits>\d(?:{_BETWEEN}\d){{8,17}})(?!\d)", re.IGNORECASE)
#: In attributes of HTML, where a run of digits is mostly something else: after a plus, or the whole value.
_IN_TAG = re.compile(
    rf"(?P<plus>{_PLUS})(?P<digits>\d{{8,15}})(?!\d)|(?<==\")(?P<whole>\d{{10,15}})(?=\")", re.IGNORECASE
)
#: Attributes whose value is read by people: on hover, or aloud.
_READ = re.compile(r"(?<=\stitle=\")[^\"]*|(?<=\saria-label=\")[^\"]*", re.IGNORECASE)
_PIECE = re.compile(r"(?P<raw><(script|style)\b.*?</\2\s*>)|(?P<tag><[^>]*>)", re.IGNORECASE | re.DOTALL)


def numbers_in(text: str, *, is_html: bool = False) -> set[str]:
    """Return the digits of all that would be masked."""
    found: set[str] = set()

    def note(digits: str, _: bool) -> None:
        found.add(digits)

    _walk(text, note, is_html=is_html)
    return found


def masked_text(text: str, *, exempt: Exempt = (), is_html: bool = False) -> str:
    """Return ``text`` with its numbers masked, but for those whose digits are in ``exempt``."""

    def mask(digits: str, has_plus: bool) -> str | None:
        return None if digits in exempt else mask_for_people(f"+{digits}" if has_plus else digits)

    return _walk(text, mask, is_html=is_html)


def masked_json(value: Any, *, exempt: Exempt = ()) -> Any:
    """Return a JSON value with the numbers in its texts and keys masked; numbers in its sense stay."""
    if isinstance(value, str):
        return masked_text(value, exempt=exempt)
    if isinstance(value, list):
        return [masked_json(one, exempt=exempt) for one in value]
    if isinstance(value, dict):
        return {masked_text(str(name), exempt=exempt): masked_json(one, exempt=exempt) for name, one in value.items()}
    return value


def _walk(text: str, each: Callable[[str, bool], str | None], *, is_html: bool) -> str:
    if not is_html:
        return _in_text(text, each)
    pieces: list[str] = []
    done = 0
    for piece in _PIECE.finditer(text):
        within = _IN_TAG.sub(lambda one: _replaced(one, each), piece[0])
        if piece["tag"]:
            within = _READ.sub(lambda said: _in_text(said[0], each), within)
        pieces += (_in_text(text[done : piece.start()], each), within)
        done = piece.end()
    return "".join((*pieces, _in_text(text[done:], each)))


def _in_text(text: str, each: Callable[[str, bool], str | None]) -> str:
    if not any(_NUMBER.finditer(text)):
        return text
    spared = list(_spared(text))

    def replace(found: re.Match[str]) -> str:
        start, end = found.span()
        return found[0] if any(a < end and start < b for a, b in spared) else _replaced(found, each)

    return _NUMBER.sub(replace, text)


def _spared(text: str) -> Iterator[tuple[int, int]]:
    for start, end in kept(text):
        # A small number by its name (count: 12345678) is no reason to spare a longer one.
        if not text[start:end].replace(",", "").replace(" ", "").isdecimal():
            yield start, end


def _replaced(found: re.Match[str], each: Callable[[str, bool], str | None]) -> str:
    groups = found.groupdict()
    given = groups.get("digits") or groups.get("whole") or ""
    digits = "".join(char for char in re.sub(r"%20|&nbsp;", "", given) if char.isdecimal())
    masked = each(digits, bool(groups.get("plus")))
    return found[0] if masked is None else masked

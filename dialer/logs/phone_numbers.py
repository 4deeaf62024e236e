"""Masks phone numbers in text, however they are spelled. Pure.

What could be a number is masked: nine digits or more wherever they stand, seven or eight where they are no part of a
word. What is left is what cannot be one, by its shape (UUIDs, instants, IP addresses) or, up to eight digits, by what
it is called (``id=12345678``): a person's number has nine digits at least, with its area or country.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from dialer.numbering.masking import mask

#: From this many digits on, a number is masked even where it touches letters.
ALWAYS_FROM_DIGITS = 9
# What people, spreadsheets, URLs, JSON and Python's repr put between the digits of a number.
_ESCAPES = (
    r"%(?:09|20|28|29|2B|2D|2E|2F|C2%A[0D]|E2%80%[89AB][0-9A-F]|E2%81%[9A][0-9A-F]|E3%80%80)"
    r"|\\{1,2}(?:x(?:a0|ad)|u(?:00a0|00ad|20[0-2][0-9a-f]|205f|206[0-9]|2212|3000|feff))"
)
_MARKS = (
    r"[ \t+().\-/\u00a0\u00ad\u1680\u2000-\u2015\u2028-\u202f\u205f-\u2069\u2212\u3000\ufe58\ufe63\ufeff\uff0b\uff0d]"
)
_BETWEEN = rf"(?:{_MARKS}|{_ESCAPES}|\\{{1,2}}t|&nbsp;){{0,3}}"
# As far as a name, a unit, or the rest of a UUID may be from a number.
_AROUND = 48
_NUMBER = re.compile(rf"\d(?:{_BETWEEN}\d){{6,}}", re.IGNORECASE)
_ESCAPE = re.compile(_ESCAPES, re.IGNORECASE)
_PLUS_BEFORE = re.compile(r"(?:\+|%2B|\\u002b|&#43;)[ (\u00a0\u200b-\u200f\u202a-\u202e]{0,2}\Z", re.IGNORECASE)
_DIGIT_BEFORE = re.compile(rf"[\d+]{_BETWEEN}\Z", re.IGNORECASE)
_DIGIT_AFTER = re.compile(rf"{_BETWEEN}\d", re.IGNORECASE)

_DATE = r"(?:19|20)(?<!\d..)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
# The last word of a name: account_id, received_at.
_INSTANT_NAMES = r"(?:timestamp|time|epoch|ts|created|expires|until|since|at)"
_SMALL_NAMES = (
    r"(?:ids?|pk|pid|port|line|rows?|count|total|bytes|size|length|limit|offset|seconds|ms|attempts|leads|contacts"
    r"|events)"
)
_CERTAIN = (
    r"[0-9a-f](?<![0-9a-z].)[0-9a-f]{7}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-z])",  # a UUID
    r"[0-9a-f](?<![0-9a-z].)[0-9a-f]{63}(?![0-9a-z])",  # a SHA-256
    rf"{_DATE}[T ]{_CLOCK}(?:Z| ?[+-]\d\d:?\d\d)?(?!\d)",
    r"(?:19|20)(?<!\w..)\d{6}T\d{4}(?:\d\d)?Z?(?!\w)",
    r"\d(?<!\d.)\d{0,2}:[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?(?!\d)",  # a time of day, or how long
    r"at 0x[0-9a-f]+",  # an object, as Python names it
    r"/(?<=[a-z_].)\d{1,8}(?=/(?!\d)|[?\"']|\Z)",  # an id in a path
)
_ALONE = (  # kept only where no more digits follow or precede
    _DATE,
    rf"(?:(?<=@)(?:{_OCTET}\.){{3}}{_OCTET}-\d{{1,5}}|(?:{_OCTET}\.){{3}}{_OCTET}(?::\d{{1,5}})?)",  # an IP address
    r"\d{1,3}\.\d{1,18}(?=\s?(?:s|ms|us|µs|sec|seconds|minutes)\b)",
    r"\d{7,8}(?=\s?(?:bytes|B|kB|ms|us|µs|ns|rows)\b)",
    rf"(?<![a-z]){_INSTANT_NAMES}[\"']?\s?[=:]\s?[\"']?1\d{{9}}(?:\d{{3}})?(?:\.\d{{1,9}})?",
    rf"(?<![a-z]){_SMALL_NAMES}[\"']?\s?[=:#]?\s?[\"'\[]?\d{{1,8}}(?:, ?\d{{1,8}})*",
)
_KEPT = re.compile(rf"(?P<certain>{'|'.join(_CERTAIN)})|{'|'.join(_ALONE)}", re.IGNORECASE)


def kept(text: str) -> Iterator[tuple[int, int]]:
    """Give where in `text` something stands that cannot be a phone number, though it has as many digits."""
    return _kept(text)


def mask_numbers(text: str) -> str:
    """Return `text` with every phone number in it reduced to its country code and last digits."""
    pieces: list[str] = []
    done = 0
    for start, end in _neighbourhoods(text):
        pieces += (text[done:start], _masked_here(text[start:end]))
        done = end
    return "".join((*pieces, text[done:])) if pieces else text


def _neighbourhoods(text: str) -> list[tuple[int, int]]:
    """Return where there could be numbers, with what stands around them: only there it is worth to look closer."""
    found: list[tuple[int, int]] = []
    for match in _NUMBER.finditer(text):
        start, end = max(0, match.start() - _AROUND), match.end() + _AROUND
        if found and start <= found[-1][1]:
            start = found.pop()[0]
        found.append((start, end))
    return found


def _masked_here(text: str) -> str:
    pieces: list[str] = []
    done = 0
    for start, end in _kept(text):
        pieces += (_NUMBER.sub(_masked, text[done:start]), text[start:end])
        done = end
    return "".join((*pieces, _NUMBER.sub(_masked, text[done:])))


def _kept(text: str) -> Iterator[tuple[int, int]]:
    for match in _KEPT.finditer(text):
        start, end = match.span()
        touches_digits = _DIGIT_BEFORE.search(text[max(0, start - 20) : start]) or _DIGIT_AFTER.match(text, end)
        if match["certain"] is not None or not touches_digits:
            yield start, end


def _masked(match: re.Match[str]) -> str:
    text, (start, end) = match.string, match.span()
    digits = "".join(str(unicodedata.decimal(each)) for each in _ESCAPE.sub("", match[0]) if each.isdecimal())
    if _PLUS_BEFORE.search(text[max(0, start - 10) : start]) is not None:
        return mask(f"+{digits}").removeprefix("+")
    is_part_of_word = text[max(0, start - 1) : start].isalnum() or text[end : end + 1].isalnum()
    return match[0] if is_part_of_word and len(digits) < ALWAYS_FROM_DIGITS else mask(digits)

"""Numbers of the countries that have calling rules here, spelled in the ways that people, files and programs do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from urllib.parse import quote, quote_plus

import phonenumbers
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

REGIONS = {"IN": "91", "GB": "44", "US": "1"}
#: A part of an IP address has no more digits than this, and no more value than a byte.
IP_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)")
SEPARATORS: tuple[str, ...] = ("", " ", "-", ".", "/", "  ", " - ", ") ", " (", "\t", "+")
SEPARATORS += ("\u00a0", "\u2011", "\u2013", "\u200b", "\u202f")
PREFIXES = ("", "0", "00{}", "+{}", "{}", "+{} ", "+{}-", "(+{}) ", "+{} (0) ")
ENCODINGS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: quote(text, safe=""),
    quote_plus,
    json.dumps,
    repr,
    lambda text: json.dumps(json.dumps(text)),
    lambda text: text.replace("\u00a0", "&nbsp;"),
)
SCRIPTS = ("0123456789", "०१२३४५६७८९", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩")


@cache
def _examples() -> list[tuple[str, str]]:
    """Return country code and example of every kind of number that each country has, of nine digits at least."""
    kinds = PhoneNumberType.values()
    found = [(region, phonenumbers.example_number_for_type(region, kind)) for region in REGIONS for kind in kinds]
    pairs = {(REGIONS[region], str(number.national_number)) for region, number in found if number is not None}
    return sorted(pair for pair in pairs if len(pair[1]) >= 9)


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a country code and a number without it."""
    code, example = draw(st.sampled_from(_examples()))
    return code, example[:-6] + f"{draw(st.integers(0, 999_999)):06}"


@st.composite
def groupings(draw: st.DrawFn, digits: str) -> str:
    """Draw a way to write digits in groups; none that is an IP address."""
    separator = draw(st.sampled_from(SEPARATORS))
    is_mixed = draw(st.booleans())
    pieces, left = [], digits
    while left:
        size = draw(st.integers(2, 5)) if separator or is_mixed else len(left)
        pieces += [left[:size], draw(st.sampled_from(SEPARATORS)) if is_mixed else separator]
        left = left[size:]
    grouped = "".join(pieces[:-1])
    return digits if IP_ADDRESS.fullmatch(grouped) else grouped


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a number's digits without its country code, and a spelling of it."""
    code, national = draw(numbers())
    grouped = draw(groupings(national))
    prefix = draw(st.sampled_from(PREFIXES)).format(code)
    script = draw(st.sampled_from(SCRIPTS))
    encode = draw(st.sampled_from(ENCODINGS))
    text = prefix + grouped
    if script == SCRIPTS[0] or encode is str:  # digits of other scripts are written as they are, not escaped
        text = encode(text.translate(str.maketrans(SCRIPTS[0], script)))
    else:
        text = encode(text)
    return national, text

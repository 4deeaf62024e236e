"""Texts for providers hold no control characters: by a line break in a name one provider placed a second call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

#: What stands for bytes that were no text in the encoding in which they were read.
LOST = "\ufffd"
_ODD = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{LOST}]")
_NAMES = {"\n": "a line break", "\r": "a line break", "\u2028": "a line break", "\u2029": "a line break", "\t": "a tab"}


def odd_character(value: Any) -> str | None:
    """Return the first control character of a text, or of the texts within a JSON value; None where there is none."""
    return next((found[0] for text in _texts(value) if (found := _ODD.search(text)) is not None), None)


def said_of(character: str) -> str:
    """Return why a text with this character is refused, as a sentence."""
    if character == LOST:
        return (
            "This has bytes that are no text in the encoding in which the file was read: write it again and save the "
            "file as UTF-8, or say its encoding (encoding)."
        )
    name = _NAMES.get(character, f"the control character U+{ord(character):04X}")
    return f"This has {name} in it, by which a provider may read another value: take it out."


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in (*value.keys(), *value.values()):
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)

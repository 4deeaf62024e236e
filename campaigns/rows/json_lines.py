"""JSON Lines: an object a line. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from campaigns.rows.delimited import MOST_CHARACTERS, Fault
from campaigns.rows.problems import ImportProblem
from campaigns.rows.read_as import ReadAs

_MARK = b"\xef\xbb\xbf"


def is_json_lines(start: bytes) -> bool:
    """Return whether a file that starts so holds JSON. Raises ImportProblem for an array as a whole."""
    head = start.removeprefix(_MARK).lstrip()
    if head.startswith(b"[") and head[1:].lstrip().startswith(b"{"):
        raise ImportProblem(
            "This is one JSON array: write one object a line (JSON Lines), or send it as rows (application/json)."
        )
    return head.startswith(b"{")


def json_lines(pieces: Iterable[bytes], *, read_as: ReadAs) -> Iterator[tuple[int, Mapping[str, Any] | Fault]]:
    """Give each line's object with the line's number, or why it is none."""
    for number, line in enumerate(byte_lines(pieces), 1):
        read_as.lines += 1
        text = line.removeprefix(_MARK).strip() if number == 1 else line.strip()
        if not text:
            read_as.blank_lines += 1
            continue
        yield number, object_of(text, number)


def object_of(text: bytes, number: int) -> Mapping[str, Any] | Fault:
    """Return a line's object, or why it is none."""
    if len(text) > MOST_CHARACTERS:
        return Fault("TOO_LONG", f"Line {number} of the file is longer than {MOST_CHARACTERS:,} bytes.")
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = _with_large_numbers(text)
    if not isinstance(found, dict):
        return Fault("NOT_JSON", f"Line {number} of the file is no whole JSON object in UTF-8.")
    return found


def _with_large_numbers(text: bytes) -> Any:
    """Return what orjson refuses for the size of its integers, None for what is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def byte_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give the lines of a file. Of one that is too long its beginning is given, which is too long as well."""
    held, is_passing = b"", False
    for piece in pieces:
        first, *others = piece.split(b"\n")
        held = held if is_passing else held + first
        if not others:
            is_passing = is_passing or len(held) > MOST_CHARACTERS
            continue
        yield held
        yield from others[:-1]
        held, is_passing = others[-1], False
    if held:
        yield held

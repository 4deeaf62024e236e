"""Mends the text of a damaged JSON object, token by token, in one pass and without recursion.

A quote ends a string only where JSON goes on after it (``:``, ``,``, a bracket, the end, or the next key where a comma
is missing); others belong to the words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Deeper than any result is nested.
DEEPEST = 200

_TOKEN = re.compile(
    r"""
    (?P<string> "(?P<words>(?:[^"\\]++|\\.|"(?!\s*+(?:[:,}\]]|\Z|"\w{1,60}"\s*+:)))*+)(?P<end>")?+
              | '(?P<others>(?:[^'\\]++|\\.|'(?!\s*+(?:[:,}\]]|\Z)))*+)(?P<stop>')?+ )
  | (?P<mark>[{}\[\]:,])
  | (?P<comment>//[^\n]*+|/\*.*?(?:\*/|\Z))
  | (?P<word>[^\s{}\[\]:,"']++)
  | (?P<rest>\s++|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"""\\(u[0-9a-fA-F]{4}|["\\/bfnrt])|\\|\"""")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False}
_NOTHING = {"null", "none", "nil", "undefined", "nan", "infinity", "-infinity"}

ObjectOf = Callable[[Sequence[tuple[str, Any]]], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """An object, and whether its end was missing."""

    value: dict[str, Any]
    is_cut: bool


@dataclass(slots=True)
class _Open:
    """A bracket that is not closed yet. ``key``: whose value comes next; ``has_colon``: its colon was seen."""

    is_list: bool
    items: list[Any] = field(default_factory=list)
    pairs: list[tuple[str, Any]] = field(default_factory=list)
    key: str | None = None
    has_colon: bool = False

    def put(self, value: Any) -> None:
        """Take a value, or a key where one is due."""
        if self.is_list:
            self.items.append(value)
        elif self.key is None:
            self.key = value if isinstance(value, str) else str(value)
        elif self.has_colon:
            self.pairs.append((self.key, value))
            self.key, self.has_colon = None, False

    def end_of_value(self) -> None:
        """A comma or a bracket: a key without a value says nothing."""
        if self.key is not None and self.has_colon:
            self.pairs.append((self.key, None))
        self.key, self.has_colon = None, False


def mend(text: str, *, object_of: ObjectOf) -> Mended | None:
    """Return the object that ``text`` begins with; None where it has no whole key. ``object_of`` makes objects."""
    stack: list[_Open] = []
    for token in _TOKEN.finditer(text):
        mark = token["mark"]
        if mark in ("{", "["):
            if len(stack) >= DEEPEST or not _may_open(stack):
                break
            stack.append(_Open(is_list=mark == "["))
        elif mark in ("}", "]"):
            if stack[-1].is_list != (mark == "]"):
                break  # brackets that do not fit: what comes after is not to be believed
            whole = _closed(stack.pop(), object_of)
            if not stack:
                return Mended(value=whole, is_cut=False)
            stack[-1].put(whole)
        elif not _take(stack[-1], token, is_last=token.end() >= len(text)):
            break
    found = _cut(stack, object_of)
    return Mended(value=found, is_cut=True) if found else None


def _may_open(stack: Sequence[_Open]) -> bool:
    return not stack or stack[-1].is_list or stack[-1].has_colon


def _take(top: _Open, token: re.Match[str], *, is_last: bool) -> bool:
    """Let the innermost bracket take a token; return whether the token was whole."""
    if token["string"] is not None:
        if token["end"] is None and token["stop"] is None:
            return False
        top.put(_words(token["words"] if token["words"] is not None else token["others"] or ""))
    elif token["mark"] == ":":
        top.has_colon = top.key is not None
    elif token["mark"] == ",":
        top.end_of_value()
    elif token["word"] is not None:
        if is_last:
            return False
        top.put(_word(token["word"]) if top.is_list or top.has_colon else token["word"])
    return True


def _closed(top: _Open, object_of: ObjectOf) -> Any:
    top.end_of_value()
    return top.items if top.is_list else object_of(top.pairs)


def _cut(stack: list[_Open], object_of: ObjectOf) -> dict[str, Any]:
    """Return what is whole of brackets that were never closed. Of a list, an element that is not whole is left out."""
    while len(stack) > 1:
        top = stack.pop()
        below = stack[-1]
        if top.is_list or not below.is_list:
            below.put(top.items if top.is_list else object_of(top.pairs))
    return object_of(stack[0].pairs) if stack else {}


def _words(inside: str) -> str:
    """Return the words of a string, with its escapes read; what is no escape stands for itself."""
    if "\\" not in inside:
        return inside
    spelt = _ESCAPE.sub(lambda found: found[0] if found[1] else "\\" + found[0], inside)
    text: str = json.loads(f'"{spelt}"', strict=False)
    return text


def whole(digits: str) -> int | float:
    """Return a whole number, as far as 64 bits hold it; ids can be as long."""
    found = int(digits) if len(digits) <= 20 else None
    return found if found is not None and -(2**63) <= found < 2**64 else float(digits)


def _word(word: str) -> Any:
    """Return a bare word as the value that it is; one that is no JSON is its own text."""
    if _NUMBER.fullmatch(word):
        return whole(word) if word.lstrip("-").isdigit() else float(word)
    if word.lower() in _NOTHING:
        return None
    return _WORDS.get(word.lower(), word)

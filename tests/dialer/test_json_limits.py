"""How deep JSON is nested, against a reader that follows it level by level."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dialer.json_limits import MOST_DEPTH, has_too_many_values, is_too_deep

TEXTS = st.text(st.sampled_from('[]{}",\\ a\n€'), max_size=12)
VALUES = st.recursive(
    st.none() | TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3)
)


def depth_of(value: Any) -> int:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max((depth_of(one) for one in inside), default=0)


@given(VALUES, st.integers(0, 6), st.booleans(), st.booleans())
def test_the_depth_is_that_of_the_value(value: Any, most: int, ascii_only: bool, indented: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1 if indented else None)
    assert is_too_deep(text, most_depth=most) is (depth_of(value) > most)
    assert is_too_deep(text.encode(), most_depth=most) is (depth_of(value) > most)


@given(st.text(st.sampled_from('[]{}",\\:1a'), max_size=40))
def test_what_is_let_through_is_never_read_deeper_whether_it_is_json_or_not(text: str) -> None:
    if not is_too_deep(text, most_depth=3):
        deepest = level = 0
        quoted = escaped = False
        for character in text:
            if quoted:
                quoted, escaped = (character != '"' or escaped), character == "\\" and not escaped
            elif character == '"':
                quoted = True
            elif character in "[{":
                level += 1
                deepest = max(deepest, level)
            elif character in "]}":
                level -= 1
                if level < 0:  # no reader goes beyond this
                    break
        # Of broken text a reader ends where it breaks: within the brackets that are open by then.
        assert deepest <= 3 or level < 0 or _broken(text)


def _broken(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return True
    return False


def test_a_million_brackets_are_judged_without_following_them() -> None:
    for text in (b"[" * 1_000_000, b'{"a":' * 200_000, b"[" * 5000 + b"]" * 5000, b"[[]," * 200_000, b'"' + b"[" * 99):
        assert is_too_deep(text) is True or text.startswith(b'"')
    assert is_too_deep(b"[" * MOST_DEPTH + b"]" * MOST_DEPTH) is False
    assert is_too_deep(b"[" + b"[[]]," * 100_000 + b"1]") is False
    assert has_too_many_values(b"[" + b"[]," * 100_000 + b"1]") is True
    assert has_too_many_values(json.dumps({"transcript": [{"who": "bot", "text": "yes, no"}] * 5000}).encode()) is False

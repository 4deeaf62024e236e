"""What may stand in the values that a provider is sent; ``Placement`` and ``DialerNumber`` hold every value to it.

Platforms write our values into protocols of lines: on the public server of one, a line break in a contact's name set
the field after it and placed a second call to another number. So no control character leaves, whatever the provider,
and whatever it promises to escape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Unicode's control characters (Cc), and the two line ends that are none of them.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NUMBER = re.compile(r"\+?[0-9]{3,20}")


def has_controls(text: str) -> bool:
    """Return whether a control character or a line end is in ``text``."""
    return _CONTROLS.search(text) is not None


def one_line(text: str) -> str:
    """Return ``text`` with a blank for each run of control characters; without any it is returned as it is."""
    return _CONTROLS.sub(" ", text).strip() if has_controls(text) else text


def plain(value: Any) -> Any:
    """Return ``value`` with no control character in it, in names and values however deep they are nested."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Mapping):
        return {plain(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return value


def checked_number(number: str, *, name: str) -> str:
    """Return ``number``, digits with or without a plus. Raises ValueError naming the field for anything else.

    What is left of a number from which something was cut is another number, so nothing is cut.
    """
    if not _NUMBER.fullmatch(number):
        raise ValueError(f"{name}: no phone number")
    return number


def checked_address(value: str, *, name: str) -> str:
    """Return an agent's name or extension. Raises ValueError naming the field where a control character is in it."""
    if has_controls(value):
        raise ValueError(f"{name}: holds a control character")
    return value

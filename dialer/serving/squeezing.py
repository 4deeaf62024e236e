"""Pages without what is sent each time and seen never: the indentation of templates, and the theme's lists of classes.

Of the form of a campaign both together are half. The classes that stand in every input, label and entry of the menu
get short names, which ``dialer/static/dialer/admin.css`` defines alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from unfold.widgets import BASE_INPUT_CLASSES

#: By the classes as the theme writes them.
SHORT_NAMES: dict[bytes, bytes] = {
    " ".join(BASE_INPUT_CLASSES).encode(): b"d-ui",
    b"lg:min-w-56 lg:w-56 lg:h-[38px] lg:flex lg:items-center lg:self-start lg:leading-[38px] lg:*:m-0": b"d-uh",
    b"block font-semibold mb-2 text-font-important-light text-sm dark:text-font-important-dark": b"d-ul",
    b"flex h-[38px] items-center -mx-3 px-3 rounded-default hover:text-primary-600 dark:hover:text-primary-500": (
        b"d-un"
    ),
    b"material-symbols-outlined md-18 mr-3 w-[18px]": b"material-symbols-outlined d-um",
}
#: What is shown or run as it stands.
_APART = re.compile(rb"(<(?:textarea|pre|script)\b.*?</(?:textarea|pre|script)\s*>)", re.DOTALL | re.IGNORECASE)
#: Line breaks beside tags, with the space around them: one blank is left, which keeps words apart.
_AFTER, _BEFORE = re.compile(rb">[ \t\r]*\n\s*"), re.compile(rb"\n\s*<")


class SqueezesPages:
    """Middleware: makes pages shorter, and shows the same."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer; what is no page, or streams, goes through as it is."""
        response = self._get_response(request)
        if not response.streaming and response.get("Content-Type", "").startswith("text/html"):
            response.content = squeezed(response.content)
        return response


def squeezed(page: bytes) -> bytes:
    """Return a page without the space that is not seen, its longest lists of classes by their short names. Pure."""
    for long, short in SHORT_NAMES.items():
        page = page.replace(long, short)
    pieces = _APART.split(page)
    pieces[::2] = [_BEFORE.sub(b" <", _AFTER.sub(b"> ", piece)) for piece in pieces[::2]]
    return b"".join(pieces)
